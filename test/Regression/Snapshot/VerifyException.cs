namespace VerifyTests;

/// <summary>A snapshot is new or differs; the message shows where.</summary>
public sealed class VerifyException(string message) : Exception(message);
