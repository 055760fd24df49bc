using System.Text.Json;
using System.Text.RegularExpressions;
using Alignment.Files;
using Alignment.Tokenization.Templates;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization;

/// <summary>The chat template that a model folder brings, run as transformers runs it: its own text decides how every conversation is written.</summary>
internal sealed record FolderTemplate : IChatTemplate
{
    private readonly TemplateSource _source;
    private readonly TemplateSettings _settings;
    private readonly JinjaTemplate _program;
    private readonly IReadOnlyDictionary<string, Value> _variables;

    private FolderTemplate(TemplateSource source, IReadOnlyDictionary<string, string> special, TemplateSettings settings)
    {
        (_source, _settings) = (source, settings);
        Dictionary<string, Value> variables = new() { ["tools"] = NoneValue.None, ["documents"] = NoneValue.None };
        foreach ((string name, string text) in special)
            variables[name] = new TextValue(text);
        foreach ((string name, Value value) in JsonValues.Members(JsonDocument.Parse(settings.Variables).RootElement))
            variables[name] = value;
        (_program, _variables) = (JinjaTemplate.Parse(source.Text, source.File), variables);
        BeginToken = variables.GetValueOrDefault("bos_token") is TextValue { Text.Length: > 0 } begin ? begin.Text : null;
        EndToken = variables.GetValueOrDefault("eos_token") is TextValue { Text.Length: > 0 } end ? end.Text : null;
        IEnumerable<string> tokens = special.OrderBy(token => token.Key, StringComparer.Ordinal).Select(token => $"{token.Key} {token.Value}");
        Identity = $"{Name} {Fingerprint.Of(string.Join('\0', [source.Text, settings.Variables, $"{settings.Date:s}", .. tokens]), 16)}";
    }

    /// <summary>Reads a folder's template; null where it has none.</summary>
    /// <exception cref="InvalidDataException">It is no template that can be run: the message names the file, the line and the fault.</exception>
    public static FolderTemplate? Read(string folder, TemplateSettings settings)
    {
        bool tools = JsonDocument.Parse(settings.Variables).RootElement.TryGetProperty("tools", out JsonElement given) && given.ValueKind != JsonValueKind.Null;
        if (TemplateSource.Read(folder, tools) is not { } source)
            return null;
        try
        {
            RequireRead(source, settings);
            FolderTemplate template = new(source, SpecialTokens.Read(folder), settings);
            return template with { Pieces = TemplatePieces.Of(template) };
        }
        catch (Exception e) when (e is TemplateException or InvalidDataException)
        {
            throw new InvalidDataException($"{folder}: {e.Message}", e);
        }
    }

    /// <summary>What it writes around messages, seen from conversations that it was given.</summary>
    public TemplatePieces Pieces { get; private init; } = new();

    /// <summary>The token that ends a response; null until a vocabulary has told which.</summary>
    public string? ResponseEndToken { get; init; }

    /// <summary>The tokens that are found as text; null until a vocabulary has told them.</summary>
    public AddedTokens? Tokens { private get; init; }

    /// <summary>Messages are looked for in what is written, which takes a second rendering.</summary>
    public bool LocatesMessages { get; init; }

    /// <summary>What its variable bos_token stands for; null: nothing.</summary>
    public string? BeginToken { get; }

    /// <summary>What its variable eos_token stands for; null: nothing.</summary>
    public string? EndToken { get; }

    /// <inheritdoc/>
    public string Name => _source.File;

    /// <inheritdoc/>
    public string Identity { get; }

    /// <summary>The text with what the recipe gave as its defaults.</summary>
    public string Jinja => TemplateJinja.WithDefaults(_source.Text, _settings);

    /// <inheritdoc/>
    public string ResponseStart => Pieces.Start;

    /// <inheritdoc/>
    public string ResponseEnd => ResponseEndToken is { } end && Pieces.Tail.IndexOf(end, StringComparison.Ordinal) is var at and >= 0 ? Pieces.Tail[..at] : Pieces.Tail;

    /// <summary>It says itself, for each conversation, which roles it takes.</summary>
    public bool Has(Role role) => true;

    /// <inheritdoc/>
    public bool Writes(string piece) => Pieces.Turns.Any(written => written.Contains(piece, StringComparison.Ordinal));

    /// <summary>It is the text that a template known by name has.</summary>
    public bool Is(ChatTemplate known) => _source.Text == known.Jinja;

    /// <inheritdoc/>
    public WrittenConversation Write(IReadOnlyList<Message> turns, bool addGenerationPrompt)
    {
        string text = Render(turns, addGenerationPrompt).Text;
        return new(text, Places(turns, addGenerationPrompt, text));
    }

    /// <summary>A prompt and responses to it.</summary>
    /// <exception cref="InvalidDataException">The template refuses them, or does not tell where the answer starts; the message says which.</exception>
    public IReadOnlyList<WrittenAnswer> Answers(IReadOnlyList<Message> turns, params IReadOnlyList<string> responses)
    {
        string opened = Render(turns, addGenerationPrompt: true).Text;
        WrittenAnswer[] answers = [.. responses.Select(response => WrittenAnswer.Of(this, turns, opened, response))];
        int start = answers.Min(answer => answer.Start);
        return [.. answers.Select(answer => answer.From(start))];
    }

    /// <summary>What it does with a prompt and responses to it.</summary>
    public WrittenRow Row(IReadOnlyList<Message> turns, params IReadOnlyList<string> responses)
    {
        try
        {
            IReadOnlyList<WrittenAnswer> answers = Answers(turns, responses);
            return answers.Select(answer => answer.Before).Distinct().Count() > 1 ? new($"{Name} writes the turns before the answer otherwise for each response")
                : new(null) { IsCut = answers.Any(answer => answer.IsCut), IsRewritten = answers.Any(answer => answer.IsRewritten) };
        }
        catch (InvalidDataException e)
        {
            return new(e.Message);
        }
    }

    /// <summary>A conversation as the template writes it, and where its generation blocks begin.</summary>
    /// <exception cref="InvalidDataException">The template refuses it.</exception>
    internal (string Text, IReadOnlyList<int> Generated) Render(IReadOnlyList<Message> turns, bool addGenerationPrompt)
    {
        Dictionary<string, Value> variables = new(_variables)
        {
            ["messages"] = new ListValue([.. turns.Select(Turn)]),
            ["add_generation_prompt"] = addGenerationPrompt ? BoolValue.True : BoolValue.False,
        };
        try
        {
            return _program.Write(variables, _settings.Date);
        }
        catch (TemplateException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>The place, or where the token or character begins that it would cut in two.</summary>
    internal int TokenStart(string text, int at)
    {
        for (int from = 0, start; from < at && Tokens?.Next(text, from) is ({ } token, var found); from = start + token.Sought.Length)
            if ((start = found) < at && start + token.Sought.Length > at)
                return start;
        return at < text.Length && char.IsLowSurrogate(text[at]) ? at - 1 : at;
    }

    /// <summary>Where the messages stand in a text that was written.</summary>
    internal IReadOnlyList<(int From, int To)> Places(IReadOnlyList<Message> turns, bool addGenerationPrompt, string text) =>
        LocatesMessages ? MessagePlaces.In(text, turns, marked => Render(marked, addGenerationPrompt).Text) : [];

    // a name that the template does not have would change nothing, without a word
    private static void RequireRead(TemplateSource source, TemplateSettings settings)
    {
        foreach (JsonProperty variable in JsonDocument.Parse(settings.Variables).RootElement.EnumerateObject())
            if (!Regex.IsMatch(source.Text, $@"\b{Regex.Escape(variable.Name)}\b"))
                throw new InvalidDataException($"{source.File} does not read templateVariables.{variable.Name}: correct the name or leave it out");
        if (settings.Date is not null && !source.Text.Contains("strftime_now", StringComparison.Ordinal))
            throw new InvalidDataException($"{source.File} asks for no date: leave templateDate out");
    }

    private static DictValue Turn(Message message) => new(new()
    {
        [new TextValue("role")] = new TextValue(message.Role.ToString().ToLowerInvariant()),
        [new TextValue("content")] = new TextValue(message.Text),
    });
}

/// <summary>What a folder's template does with a prompt and responses to it.</summary>
/// <param name="Refusal">Why it does not write them; null where it does.</param>
internal sealed record WrittenRow(string? Refusal)
{
    /// <summary>A conversation does not begin with the generation prompt.</summary>
    public bool IsCut { get; init; }

    /// <summary>The template writes other words than a response's.</summary>
    public bool IsRewritten { get; init; }
}
