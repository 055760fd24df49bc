namespace Alignment.Tokenization;

/// <summary>A conversation that templates are compared by.</summary>
/// <param name="What">In words.</param>
/// <param name="Turns">Its turns.</param>
/// <param name="IsPrompt">It ends with the opening of the assistant's turn.</param>
internal sealed record TemplateProbe(string What, IReadOnlyList<Message> Turns, bool IsPrompt)
{
    private static readonly Message s_system = new(Role.System, "Be brief."), s_user = new(Role.User, "What is it?"), s_assistant = new(Role.Assistant, "It is this."),
        s_more = new(Role.User, "And now?\nTell me."), s_wide = new(Role.User, " Why? \n"), s_tool = new(Role.Tool, "42");

    /// <summary>All of them, the simplest first.</summary>
    public static IReadOnlyList<TemplateProbe> All { get; } =
    [
        new("a prompt of one turn", [s_user], IsPrompt: true),
        new("a question and its answer", [s_user, s_assistant], IsPrompt: false),
        new("a prompt with a system turn", [s_system, s_user], IsPrompt: true),
        new("a prompt of several turns", [s_user, s_assistant, s_more], IsPrompt: true),
        new("a conversation of several turns with a system turn", [s_system, s_user, s_assistant, s_more, s_assistant], IsPrompt: false),
        new("a prompt with white space around its text", [s_wide], IsPrompt: true),
        new("a prompt that ends with a tool's turn", [s_user, s_assistant, s_tool], IsPrompt: true),
    ];

    /// <summary>The conversation as a template writes it, or why it does not.</summary>
    public (string? Text, string? Refusal) Write(IChatTemplate template)
    {
        if (Turns.FirstOrDefault(turn => !template.Has(turn.Role)) is { } turn)
            return (null, $"{template.Name} writes no {turn.Role.ToString().ToLowerInvariant()} turn");
        try
        {
            return (template.Write(Turns, IsPrompt).Text, null);
        }
        catch (InvalidDataException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>The first difference between what two templates write; null where they write the same.</summary>
    public static string? Difference(IChatTemplate one, IChatTemplate other)
    {
        foreach (TemplateProbe probe in All)
        {
            ((string? first, string? firstRefusal), (string? second, string? secondRefusal)) = (probe.Write(one), probe.Write(other));
            (first, second) = (Begun(first, one), Begun(second, other));
            if (first == second)
                continue;
            if (first == null || second == null)
                return $"{probe.What}: {firstRefusal ?? secondRefusal}, {(first == null ? other.Name : one.Name)} writes it";
            int same = first.AsSpan().CommonPrefixLength(second);
            return FormattableString.Invariant($"{probe.What}, character {same}: {one.Name} writes \"{Shown(first, same)}\", {other.Name} \"{Shown(second, same)}\"");
        }

        return null;
    }

    private const string Begin = "[BOS]";

    // a named template leaves the token that begins all to the tokenizer
    private static string? Begun(string? text, IChatTemplate template) => text == null ? null : template is ChatTemplate { UsesBos: true } ? Begin + text
        : template is FolderTemplate { BeginToken: { } begin } && text.StartsWith(begin, StringComparison.Ordinal) ? Begin + text[begin.Length..] : text;

    private static string Shown(string text, int at)
    {
        const int Before = 8, After = 24;
        string shown = text[Math.Max(0, at - Before)..Math.Min(text.Length, at + After)];
        return shown.Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
