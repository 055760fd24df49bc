namespace VerifyTests;

/// <summary>Where a snapshot is and what it is called; the part of Verify's settings that these tests use.</summary>
public sealed class VerifySettings
{
    internal string? Directory { get; private set; }

    internal string? FileName { get; private set; }

    internal string? ParametersText { get; private set; }

    internal StringCompare? Comparer { get; private set; }

    public void UseDirectory(string directory) => Directory = directory;

    public void UseFileName(string fileName) => FileName = fileName;

    public void UseTextForParameters(string text) => ParametersText = text;

    public void UseStringComparer(StringCompare compare) => Comparer = compare;
}

/// <summary>Whether a received text that is not the verified one is still as good.</summary>
public delegate Task<CompareResult> StringCompare(string received, string verified, IReadOnlyDictionary<string, object> context);

/// <summary>What a comparer found.</summary>
/// <param name="IsEqual">The received text is as good as the verified one.</param>
/// <param name="Message">Else what is different.</param>
public readonly record struct CompareResult(bool IsEqual, string? Message)
{
    public static CompareResult Equal { get; } = new(true, null);

    public static CompareResult NotEqual(string? message = null) => new(false, message);
}
