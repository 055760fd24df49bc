namespace VerifyTests;

/// <summary>Where a snapshot is and what it is called; the part of Verify's settings that these tests use.</summary>
public sealed class VerifySettings
{
    internal string? Directory { get; private set; }

    internal string? FileName { get; private set; }

    internal string? ParametersText { get; private set; }

    public void UseDirectory(string directory) => Directory = directory;

    public void UseFileName(string fileName) => FileName = fileName;

    public void UseTextForParameters(string text) => ParametersText = text;
}
