using System.Text.Json;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Battles of two models as Chatbot Arena publishes them (Zheng et al. 2023): two conversations, or a prompt and two responses, and who won. A
/// conversation whose models said different things before the last turn has no common prompt: such rows are left out.
/// </summary>
internal static class ArenaReader
{
    /// <summary>Why a row is left out.</summary>
    public const string TurnsDiffer = "conversations differ before their last turn";

    private const string FlagA = "winner_model_a", FlagB = "winner_model_b", FlagTie = "winner_tie";

    private static readonly JsonKind<string> s_winner = JsonKind.OneOf("model_a, model_b, tie or both_bad",
        ["model_a", "model_b", "a", "b", "A", "B", "tie", "tie (bothbad)", "tie (both bad)", "both_bad", "bothbad"]);

    private static readonly JsonKind<bool> s_flag = new("0 or 1", false, static (JsonElement value, out bool read) =>
    {
        bool isNumber = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number is 0 or 1;
        read = value.ValueKind == JsonValueKind.True || (isNumber && value.GetDouble() == 1);
        return isNumber || value.ValueKind is JsonValueKind.True or JsonValueKind.False;
    });

    /// <summary>The names that the members have.</summary>
    public static IReadOnlyList<string[]> Layouts { get; } =
        [["conversation_a", "conversation_b", "winner"], ["prompt", "response_a", "response_b", "winner"], ["prompt", "response_a", "response_b", FlagA, FlagB]];

    /// <summary>The row has the members.</summary>
    public static bool IsOne(JsonObjectReader row) => Layouts.Any(names => names.All(row.Has));

    /// <exception cref="RowFault">The row is malformed or a text is empty.</exception>
    public static ReadRow Read(JsonObjectReader row, string source)
    {
        string winner = Winner(row);
        if (winner.StartsWith("tie", StringComparison.Ordinal))
            return ReadRow.Without(winner);
        bool whole = row.Has("conversation_a");
        (string nameA, string nameB) = whole ? ("conversation_a", "conversation_b") : ("response_a", "response_b");
        (List<Message> a, List<Message> b) = whole ? (Conversation(row, nameA), Conversation(row, nameB)) : (Turns(row, nameA), Turns(row, nameB));
        if (!a.SkipLast(1).SequenceEqual(b.SkipLast(1)))
            return ReadRow.Without(TurnsDiffer);
        string[] responses = [Rows.Response(a, nameA), Rows.Response(b, nameB)];
        int better = winner == "a" ? 0 : 1;
        return new(new PreferencePair(source, Rows.Prompt(a[..^1], whole ? "the turns before the response" : "prompt"), responses[better], responses[1 - better]));
    }

    private static string Winner(JsonObjectReader row)
    {
        if (!row.Has(FlagA))
            return row.Get("winner", s_winner).ToLowerInvariant() switch { "model_a" or "a" => "a", "model_b" or "b" => "b", "tie" => "tie", _ => "tie (both bad)" };
        return (row.Get(FlagA, s_flag), row.Get(FlagB, s_flag), row.Get(FlagTie, s_flag, false)) switch
        {
            (true, false, false) => "a",
            (false, true, false) => "b",
            (false, false, _) => "tie",
            _ => throw new RowFault("labels contradict", $"more than one of {FlagA}, {FlagB} and {FlagTie} is 1"),
        };
    }

    private static List<Message> Conversation(JsonObjectReader row, string name) =>
        RowMessages.Read(JsonTexts.Open(row.Member(name), name, isJson: true), name);

    // one prompt and one response, or as texts of JSON the prompts and the responses of every turn
    private static List<Message> Turns(JsonObjectReader row, string response)
    {
        IReadOnlyList<string>? prompts = Texts(row, "prompt"), responses = Texts(row, response);
        if (prompts == null || responses == null)
        {
            IReadOnlyList<Message> before = PlainPairReader.Prompt(row);
            return [.. before, new(Role.Assistant, PlainPairReader.Response(row.Member(response), response, before))];
        }

        return prompts.Count == responses.Count ? [.. prompts.Zip(responses).SelectMany(turn => new Message[] { new(Role.User, turn.First.Trim()), new(Role.Assistant, turn.Second.Trim()) })]
            : throw new RowFault("prompts differ", $"\"prompt\" has {prompts.Count} turns, \"{response}\" {responses.Count}");
    }

    // a list of texts, or a text that holds one; only the file of flags has its texts so
    private static IReadOnlyList<string>? Texts(JsonObjectReader row, string name)
    {
        JsonMember member = row.Member(name);
        if (member.IsText && row.Has(FlagA) && member.Read(JsonKind.Text).TrimStart().StartsWith('['))
            member = JsonRow.Open(member.Read(JsonKind.Text), name);
        return member.IsList && member.Items() is var items && items.All(item => item.IsText || item.IsNull) ? [.. items.Select(item => item.IsNull ? "" : item.Read(JsonKind.Text))] : null;
    }
}
