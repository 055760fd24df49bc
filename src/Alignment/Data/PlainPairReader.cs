using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// Rows of a prompt and two responses, each text or messages. A response given as messages may repeat the prompt before its last one; without a
/// prompt, what both responses begin with is the prompt.
/// </summary>
internal static class PlainPairReader
{
    private const string OfBoth = "; \"columns\" in the recipe that name no prompt, or \"format\": \"ultrafeedback\", take the turns that both responses begin with";

    /// <exception cref="RowFault">The row is malformed or a text is empty.</exception>
    public static PreferencePair Read(JsonObjectReader row, string source, PairColumns columns)
    {
        if (columns.Prompt == null)
            return ImplicitPrompt.Read(row, source, columns);
        JsonMember chosen = JsonTexts.Open(row.Member(columns.Chosen), columns.Chosen, columns.AreJson), rejected = JsonTexts.Open(row.Member(columns.Rejected), columns.Rejected, columns.AreJson);
        if (columns.AreConversations && chosen.IsList && rejected.IsList && row.Member(columns.Prompt).IsText && !JsonTexts.Are(row, columns.Prompt)
            && RowMessages.Read(chosen, columns.Chosen).Count > 1)
            return Conversation(row, source, columns);
        IReadOnlyList<Message> prompt = SystemTurn.Before(EarlierTurns.Before(Prompt(row, columns.Prompt, columns.Input, columns.AreJson), row, columns.Prompt), row, columns.System);
        return new(source, prompt, Response(chosen, columns.Chosen, prompt), Response(rejected, columns.Rejected, prompt));
    }

    /// <summary>The turns of a row's prompt: one of the user's for text, or messages that end with the user's or a tool's.</summary>
    public static IReadOnlyList<Message> Prompt(JsonObjectReader row, string name = "prompt", string? input = null, bool isJson = false)
    {
        JsonMember prompt = row.Member(name);
        if (isJson && JsonTexts.Are(row, name))
            prompt = JsonTexts.Open(prompt, name, isJson);
        if (prompt.IsObject && prompt.Object("messages") is var inner && inner.Has("messages"))
            return Rows.Prompt(RowMessages.Read(inner.Member("messages"), $"{name}.messages"), name);
        if (prompt.IsList || prompt.IsObject)
            return Rows.Prompt(RowMessages.Read(prompt, name), name);
        string more = input == null ? "" : row.Get(input, JsonKind.Text, "").Trim(), text = prompt.Read(JsonKind.Text).Trim();
        return Rows.Prompt([new(Role.User, more.Length == 0 ? text : $"{text}\n\n{more}")], name);
    }

    // of several turns the prompt's text is one; which one, data sets do not agree on
    private static PreferencePair Conversation(JsonObjectReader row, string source, PairColumns columns)
    {
        PreferencePair pair = ImplicitPrompt.Read(row, source, columns);
        string text = row.Get(columns.Prompt!, JsonKind.Text).Trim();
        return pair.Prompt.Any(turn => turn.Role == Role.User && turn.Text == text) ? pair
            : throw new RowFault("prompts differ", $"\"{columns.Prompt}\" is no turn of the user's in \"{columns.Chosen}\"; \"columns\" in the recipe that name no prompt pass it over");
    }

    /// <summary>A response as text, or the last of messages, before which the prompt may be repeated.</summary>
    /// <param name="response">The member.</param>
    /// <param name="name">Its name.</param>
    /// <param name="prompt">The turns before it.</param>
    /// <param name="advice">What a recipe may say where the list goes on after the prompt for several turns.</param>
    public static string Response(JsonMember response, string name, IReadOnlyList<Message> prompt, string advice = OfBoth)
    {
        if (!response.IsList && !response.IsObject)
            return Rows.Response(response.Read(JsonKind.Text), name);
        List<Message> turns = RowMessages.Read(response, name);
        string text = Rows.Response(turns, name);
        Message[] before = [.. turns.SkipLast(1)];
        // messages may leave out a system turn that a column of its own holds
        if (before.Length > 0 && !before.SequenceEqual(prompt) && !(prompt[0].Role == Role.System && before.SequenceEqual(prompt.Skip(1))))
            throw new RowFault("prompts differ", $"\"{name}\" has {before.Length} turns before its response that are not those of the prompt"
                + (before.Take(prompt.Count).SequenceEqual(prompt) ? advice : ""));
        return text;
    }
}

/// <summary>Rows whose prompt stands at the beginning of both responses (TRL's implicit prompt).</summary>
internal static class ImplicitPrompt
{
    /// <exception cref="RowFault">The row is malformed, or the responses begin with nothing in common or go on for several turns.</exception>
    public static PreferencePair Read(JsonObjectReader row, string source, PairColumns columns)
    {
        EarlierTurns.Refuse(row);
        JsonMember chosen = JsonTexts.Open(row.Member(columns.Chosen), columns.Chosen, columns.AreJson), rejected = JsonTexts.Open(row.Member(columns.Rejected), columns.Rejected, columns.AreJson);
        (IReadOnlyList<Message> prompt, string better, string worse) = chosen.IsList && rejected.IsList
            ? Turns(RowMessages.Read(chosen, columns.Chosen), RowMessages.Read(rejected, columns.Rejected), columns)
            : Texts(chosen.Read(JsonKind.Text).Trim(), rejected.Read(JsonKind.Text).Trim(), columns);
        return new(source, SystemTurn.Before(prompt, row, columns.System), better, worse);
    }

    private static (IReadOnlyList<Message>, string, string) Turns(List<Message> chosen, List<Message> rejected, PairColumns columns)
    {
        (string better, string worse) = (Rows.Response(chosen, columns.Chosen), Rows.Response(rejected, columns.Rejected));
        int common = chosen.Zip(rejected).TakeWhile(turns => turns.First == turns.Second).Count();
        // two equal responses leave no difference to find
        common = Math.Min(common, Math.Min(chosen.Count, rejected.Count) - 1);
        return common == chosen.Count - 1 && common == rejected.Count - 1
            ? (Rows.Prompt(chosen[..common], "the turns that both responses begin with"), better, worse)
            : throw new RowFault("prompts differ", $"the responses begin with {common} common turns and go on for {chosen.Count - common} and "
                + $"{rejected.Count - common}; one turn of the assistant's is wanted");
    }

    // whole words: the responses may begin alike
    private static (IReadOnlyList<Message>, string, string) Texts(string chosen, string rejected, PairColumns columns)
    {
        int common = chosen.Zip(rejected).TakeWhile(letters => letters.First == letters.Second).Count();
        while (common > 0 && !char.IsWhiteSpace(chosen[common - 1]))
            common--;
        if (common == 0)
            throw new RowFault("prompts differ", $"\"{columns.Chosen}\" and \"{columns.Rejected}\" begin with no common word, and the row has no prompt");
        return ([new(Role.User, chosen[..common].Trim())], Rows.Response(chosen[common..], columns.Chosen), Rows.Response(rejected[common..], columns.Rejected));
    }
}
