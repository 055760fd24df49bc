using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Turns before a row's prompt that stand in a member of their own: LLaMA-Factory's <c>history</c>, a list of pairs of what the user said and what was answered,
/// or a list of messages. Passed over, the row would be learnt as another conversation than it is.
/// </summary>
internal static class EarlierTurns
{
    /// <summary>The member's name.</summary>
    public const string Name = "history";

    private const string Wanted = "wanted a list of pairs of texts (what the user said and what was answered) or of messages; take it out where it is no part of the conversation";

    /// <summary>The prompt's turns after those before them; as they are where the row has none, or where its prompt stands in that member.</summary>
    /// <exception cref="RowFault">They are none, or the prompt is more than one turn, so that they may stand in both.</exception>
    public static IReadOnlyList<Message> Before(IReadOnlyList<Message> prompt, JsonObjectReader row, string? name)
    {
        if (name == Name || Of(row) is not { Count: > 0 } earlier)
            return prompt;
        int system = prompt[0].Role == Role.System ? 1 : 0;
        return prompt.Count == system + 1 ? [.. prompt.Take(system), .. earlier, prompt[^1]]
            : throw new RowFault(Name, $"\"{Name}\" beside a prompt of {prompt.Count} turns: one of them is wanted, as it may hold the same turns; take the other out");
    }

    /// <summary>The row has a member for them, other than its prompt's.</summary>
    public static bool Are(JsonObjectReader row, string? prompt) => prompt is not (null or Name) && row.Has(Name);

    /// <summary>What is said of the layout.</summary>
    public static string Told(bool areThere) => areThere ? $" after {Name}" : "";

    /// <summary>Refuses a row that has any where they are not read.</summary>
    /// <exception cref="RowFault">It has.</exception>
    public static void Refuse(JsonObjectReader row)
    {
        if (row.Has(Name) && !RowVariables.IsEmpty(row.Member(Name)))
            throw new RowFault(Name, $"\"{Name}\" is read in rows of pairs and in unpaired ones, before a prompt that is a member of its own; take it out where it is no part of the conversation");
    }

    private static List<Message> Of(JsonObjectReader row)
    {
        if (!row.Has(Name) || RowVariables.IsEmpty(row.Member(Name)))
            return [];
        JsonMember history = row.Member(Name);
        if (history.IsText && history.Read(JsonKind.Text).AsSpan().TrimStart() is ['[', ..])
            history = JsonTexts.Open(history, Name, isJson: true);
        List<JsonMember> items = history.IsList ? history.Items() : throw new RowFault("wrong type", $"\"{Name}\" is no list, {Wanted}");
        List<Message> turns = items[0].IsList ? [.. items.Index().SelectMany(pair => Two(pair.Item, $"{Name}[{pair.Index}]"))] : RowMessages.Read(history, Name);
        Role[] order = [Role.User, Role.Assistant];
        return turns.Index().All(turn => turn.Item.Role == order[turn.Index % 2] && turn.Item.Text.Length > 0) && turns.Count % 2 == 0 ? turns
            : throw new RowFault("wrong role", $"\"{Name}\": the user's and the assistant's turns by turns are wanted, none empty, the assistant's last");
    }

    private static IEnumerable<Message> Two(JsonMember pair, string place) => pair.IsList && pair.Items() is [{ IsText: true } asked, { IsText: true } answered]
        ? [new(Role.User, asked.Read(JsonKind.Text).Trim()), new(Role.Assistant, answered.Read(JsonKind.Text).Trim())]
        : throw new RowFault("wrong type", $"\"{place}\" is no pair of texts, {Wanted}");
}
