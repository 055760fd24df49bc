namespace Alignment.Tokenization;

/// <summary>How a conversation is written as one text: by a template known by name, or by the one that a model folder brings.</summary>
internal interface IChatTemplate
{
    /// <summary>Its name in messages.</summary>
    string Name { get; }

    /// <summary>Tells it apart from every template that may write other texts.</summary>
    string Identity { get; }

    /// <summary>The Jinja text that writes the same; folders of models that were trained with the template carry it.</summary>
    string Jinja { get; }

    /// <summary>What the assistant writes before its text.</summary>
    string ResponseStart { get; }

    /// <summary>What the assistant writes after its text, before the token that ends the response.</summary>
    string ResponseEnd { get; }

    /// <summary>It writes turns of this role.</summary>
    bool Has(Role role);

    /// <summary>The piece stands somewhere in what it writes around messages.</summary>
    bool Writes(string piece);

    /// <summary>The conversation as text, and where the messages' own texts stand in it.</summary>
    /// <param name="turns">Any order of roles.</param>
    /// <param name="addGenerationPrompt">Ends with the opening of the assistant's turn.</param>
    /// <exception cref="InvalidDataException">The template refuses the conversation.</exception>
    WrittenConversation Write(IReadOnlyList<Message> turns, bool addGenerationPrompt);
}

/// <summary>A conversation as one text.</summary>
/// <param name="Text">All of it.</param>
/// <param name="Messages">From where to where the messages' own texts stand, in their order.</param>
internal sealed record WrittenConversation(string Text, IReadOnlyList<(int From, int To)> Messages)
{
    /// <summary>The character is of a message, not of the template.</summary>
    public bool IsMessage(int at) => Messages.Any(message => at >= message.From && at < message.To);

    /// <summary>A part of it.</summary>
    public WrittenConversation Part(int from, int to) => new(Text[from..to], [.. Messages.Where(message => message.To > from && message.From < to)
        .Select(message => (Math.Max(message.From, from) - from, Math.Min(message.To, to) - from))]);
}

/// <summary>What a recipe gives a folder's chat template beside the messages.</summary>
internal sealed record TemplateSettings
{
    /// <summary>Variables as the text of a JSON object, such as {"enable_thinking":false}; they stand above those of the folder.</summary>
    public string Variables { get; init; } = "{}";

    /// <summary>What strftime_now takes for the time; null: a template that asks for it fails.</summary>
    public DateTime? Date { get; init; }

    /// <summary>Something is given.</summary>
    public bool AreGiven => this != new TemplateSettings();

    /// <summary>For the log: "enable_thinking false, the date 2026-03-05".</summary>
    public override string ToString() => string.Join(", ",
        new[] { Variables == "{}" ? null : Variables, Date is { } date ? FormattableString.Invariant($"the date {date:s}") : null }.OfType<string>());
}
