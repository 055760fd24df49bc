using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Rows of a prompt, one response and whether it is desirable (TRL's unpaired preferences, LLaMA-Factory's data for KTO): texts or messages, or one
/// conversation that ends in the response.
/// </summary>
internal static class LabelledReader
{
    private const string OfTurns = "; \"columns\" in the recipe that name no prompt take the turns before the response";

    /// <exception cref="RowFault">The row is malformed or a text is empty.</exception>
    public static PreferencePair Read(JsonObjectReader row, string source, LabelledColumns columns)
    {
        bool isDesirable = columns.IsDesirable(row);
        string name = columns.Completion;
        JsonMember completion = JsonTexts.Open(row.Member(name), name, columns.IsJson);
        if (columns.Prompt == null)
        {
            EarlierTurns.Refuse(row);
            List<Message> turns = RowMessages.Read(completion, name);
            string answer = Rows.Response(turns, name);
            IReadOnlyList<Message> before = Rows.Prompt(turns[..^1], $"the turns of {name} before the response");
            return PreferencePair.Labelled(source, SystemTurn.Before(before, row, columns.System), answer, isDesirable);
        }

        IReadOnlyList<Message> prompt = SystemTurn.Before(
            EarlierTurns.Before(PlainPairReader.Prompt(row, columns.Prompt, columns.Input, columns.IsJson), row, columns.Prompt), row, columns.System);
        return PreferencePair.Labelled(source, prompt, PlainPairReader.Response(completion, name, prompt, OfTurns), isDesirable);
    }
}
