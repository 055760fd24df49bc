namespace Alignment.Data;

/// <summary>What every format demands of a row.</summary>
internal static class Rows
{
    /// <summary>A response without white space at its ends.</summary>
    /// <exception cref="RowFault">Nothing is left.</exception>
    public static string Response(string text, string name) =>
        text.Trim() is { Length: > 0 } response ? response : throw new RowFault("empty response", $"\"{name}\"");

    /// <summary>A prompt without white space at its ends.</summary>
    /// <exception cref="RowFault">Nothing is left.</exception>
    public static string Prompt(string text) => text.Trim() is { Length: > 0 } prompt ? prompt : throw new RowFault("empty prompt", "\"prompt\"");
}
