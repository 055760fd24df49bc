namespace Alignment.Tokenization;

/// <summary>What a folder's template writes around messages, seen from a few conversations that it was given.</summary>
internal sealed record TemplatePieces
{
    private const string Mark = "qXzq";

    /// <summary>What stands between the opening of the assistant's turn and the answer.</summary>
    public string Start { get; private init; } = "";

    /// <summary>What follows the answer that ends a conversation.</summary>
    public string Tail { get; private init; } = "";

    /// <summary>Prompts as it writes them.</summary>
    public IReadOnlyList<string> Prompts { get; private init; } = [];

    /// <summary>Turns before an answer and what follows one; a thought that the template opens or writes before an answer is not among them.</summary>
    public IReadOnlyList<string> Turns { get; private init; } = [];

    /// <summary>Gives the template a question and its answer, and longer conversations where it takes them.</summary>
    /// <exception cref="InvalidDataException">It does not write a question and its answer.</exception>
    public static TemplatePieces Of(FolderTemplate template)
    {
        Message[] question = [new(Role.User, "a")];
        WrittenAnswer answer = template.Answers(question, Mark)[0];
        int at = answer.Whole.LastIndexOf(Mark, StringComparison.Ordinal);
        if (at < answer.Start)
            throw new InvalidDataException($"{template.Name} does not write the text of the assistant's turn");
        string tail = answer.Whole[(at + Mark.Length)..];
        TemplateProbe[] prompts = [.. TemplateProbe.All.Where(probe => probe.IsPrompt)];
        return new()
        {
            Start = answer.Whole[answer.Start..at],
            Tail = tail,
            Prompts = [answer.Opened, .. prompts.Select(probe => probe.Write(template).Text).OfType<string>()],
            Turns = [.. prompts.Select(probe => History(probe, template)), tail],
        };
    }

    // what stands there with a generation prompt and without one
    private static string History(TemplateProbe probe, FolderTemplate template) =>
        probe.Write(template).Text is { } opened && (probe with { IsPrompt = false }).Write(template).Text is { } closed ? opened[..opened.AsSpan().CommonPrefixLength(closed)] : "";
}
