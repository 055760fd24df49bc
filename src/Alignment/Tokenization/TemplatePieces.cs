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

    /// <summary>Conversations that end with an answer, as it writes them.</summary>
    public IReadOnlyList<string> Answered { get; private init; } = [];

    /// <summary>Gives the template a question and its answer, and longer conversations where it takes them.</summary>
    /// <exception cref="InvalidDataException">It does not write a question and its answer.</exception>
    public static TemplatePieces Of(FolderTemplate template)
    {
        Message[] question = [new(Role.User, "a")];
        WrittenAnswer answer = template.Answers(question, Mark)[0];
        int at = answer.Whole.LastIndexOf(Mark, StringComparison.Ordinal);
        if (at < answer.Start)
            throw new InvalidDataException($"{template.Name} does not write the text of the assistant's turn");
        return new()
        {
            Start = answer.Whole[answer.Start..at],
            Tail = answer.Whole[(at + Mark.Length)..],
            Prompts = [answer.Opened, .. Written(TemplateProbe.All.Where(probe => probe.IsPrompt))],
            Answered = [answer.Whole, .. Written(TemplateProbe.All.Where(probe => !probe.IsPrompt))],
        };

        IEnumerable<string> Written(IEnumerable<TemplateProbe> probes) => probes.Select(probe => probe.Write(template).Text).OfType<string>();
    }
}
