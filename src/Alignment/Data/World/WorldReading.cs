using System.Text.RegularExpressions;

namespace Alignment.Data.World;

/// <summary>A response taken apart: lower case, single spaces, one entry per sentence.</summary>
/// <param name="Sentences">The sentences with their full stop; a cut last sentence has none.</param>
/// <param name="Finished">There is a sentence and the last one has its full stop.</param>
/// <param name="Characters">Length of the text after trimming and joining of white space.</param>
public sealed partial record WorldReading(IReadOnlyList<string> Sentences, bool Finished, int Characters)
{
    /// <summary>Reads any text.</summary>
    public static WorldReading Of(string response)
    {
        string text = WhiteSpace().Replace(response.ToLowerInvariant(), " ").Trim();
        string[] sentences = [.. Sentence().Matches(text).Select(match => match.Value.Trim()).Where(sentence => sentence.Length > 0)];
        return new(sentences, sentences.Length > 0 && text.EndsWith('.'), text.Length);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@"[^.]*\.|[^.]+$")]
    private static partial Regex Sentence();
}
