namespace Alignment.Tokenization;

/// <summary>
/// Finds the messages' own texts in a conversation that a Jinja template has written: it is written again with a sign on both sides of each text's words,
/// and without these signs it must be the same. White space around the words is the template's affair.
/// </summary>
internal static class MessagePlaces
{
    // no characters: Unicode keeps these code points for use inside programs
    private const char Open = '\uFDD0', Close = '\uFDD1';

    /// <summary>From where to where each stands.</summary>
    /// <param name="text">The conversation as it was written.</param>
    /// <param name="turns">Its turns.</param>
    /// <param name="write">Writes turns in the same way.</param>
    /// <exception cref="InvalidDataException">The texts cannot be told from what the template writes.</exception>
    public static IReadOnlyList<(int From, int To)> In(string text, IReadOnlyList<Message> turns, Func<IReadOnlyList<Message>, string> write)
    {
        string marked = write([.. turns.Select(turn => turn with { Text = Marked(turn.Text) })]);
        List<(int From, int To)> places = [];
        int at = 0, from = 0;
        foreach (char character in marked)
        {
            if (character == Open)
                from = at;
            else if (character == Close)
                places.Add((from, at));
            else if (at < text.Length && text[at] == character)
                at++;
            else
                throw Unclear();
        }

        return at == text.Length ? places : throw Unclear();
    }

    private static string Marked(string text)
    {
        string words = text.Trim();
        int at = text.IndexOf(words, StringComparison.Ordinal);
        return words.Length == 0 ? text : $"{text[..at]}{Open}{words}{Close}{text[(at + words.Length)..]}";
    }

    private static InvalidDataException Unclear() => new("the template looks into the messages' texts, so that markers in them cannot be told from its own: "
        + "\"markersInText\" in the recipe's data refuses such rows or takes markers as tokens");
}
