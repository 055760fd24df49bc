using System.Text;

namespace Alignment.Tokenization;

/// <summary>A template known by name: each turn stands between an opening for its role and an end.</summary>
internal sealed record ChatTemplate : IChatTemplate
{
    /// <summary>Plain text as HH-RLHF writes it (Bai et al. 2022): "\n\nHuman: …\n\nAssistant:", and the response after a space.</summary>
    public static ChatTemplate PlainHh { get; } = new()
    {
        Name = "plain-hh",
        System = "\n\nSystem: ",
        Tool = "\n\nTool: ",
        User = "\n\nHuman: ",
        Assistant = "\n\nAssistant:",
        ResponseStart = " ",
        EndTokens = ["</s>", "<|endoftext|>", "<eos>"],
        UsesBos = true,
    };

    /// <summary>Phi-3 (microsoft/Phi-3-*-instruct): a turn ends in &lt;|end|&gt;.</summary>
    public static ChatTemplate Phi3 { get; } = new()
    {
        Name = "phi-3",
        System = "<|system|>\n",
        User = "<|user|>\n",
        Assistant = "<|assistant|>\n",
        TurnEnd = "<|end|>\n",
        ConversationEnd = "<|endoftext|>",
        EndTokens = ["<|end|>"],
    };

    /// <summary>ChatML (Qwen2 and others): a turn ends in &lt;|im_end|&gt;.</summary>
    public static ChatTemplate ChatMl { get; } = new()
    {
        Name = "chatml",
        System = "<|im_start|>system\n",
        Tool = "<|im_start|>tool\n",
        User = "<|im_start|>user\n",
        Assistant = "<|im_start|>assistant\n",
        TurnEnd = "<|im_end|>\n",
        EndTokens = ["<|im_end|>"],
    };

    /// <summary>
    /// Llama-2-chat (Touvron et al. 2023, arXiv 2307.09288): the system turn stands inside the first user turn. No marker tells it, so it is chosen
    /// by name. A conversation of several turns holds &lt;s&gt; in its text, which is one token only with a tokenizer.json that lists it.
    /// </summary>
    public static ChatTemplate Llama2 { get; } = new()
    {
        Name = "llama-2",
        System = "[INST] <<SYS>>\n",
        SystemEnd = "\n<</SYS>>\n\n",
        User = "[INST] ",
        UserAfterSystem = "",
        UserAfterAssistant = "<s>[INST] ",
        UserEnd = " [/INST]",
        Assistant = "",
        ResponseStart = " ",
        ResponseEnd = " ",
        TurnEnd = "</s>",
        EndTokens = ["</s>"],
        UsesBos = true,
    };

    /// <summary>
    /// Mistral-Instruct v0.1: no system turn, nothing between the end of the user's turn and the response. No marker tells it, so it is chosen by name or
    /// by the folder's own template.
    /// </summary>
    public static ChatTemplate Mistral { get; } = new()
    {
        Name = "mistral",
        System = null,
        User = "[INST] ",
        UserEnd = " [/INST]",
        Assistant = "",
        TurnEnd = "</s>",
        EndTokens = ["</s>"],
        UsesBos = true,
    };

    /// <summary>Zephyr (Tunstall et al. 2023, arXiv 2310.16944): what looks like markers is text to its tokenizer.</summary>
    public static ChatTemplate Zephyr { get; } = new()
    {
        Name = "zephyr",
        System = "<|system|>\n",
        User = "<|user|>\n",
        Assistant = "<|assistant|>\n",
        TurnEnd = "</s>\n",
        EndTokens = ["</s>"],
        MarksAreText = true,
    };

    /// <summary>Llama-3-Instruct: a turn ends in &lt;|eot_id|&gt;.</summary>
    public static ChatTemplate Llama3 { get; } = new()
    {
        Name = "llama-3",
        System = "<|start_header_id|>system<|end_header_id|>\n\n",
        Tool = "<|start_header_id|>tool<|end_header_id|>\n\n",
        User = "<|start_header_id|>user<|end_header_id|>\n\n",
        Assistant = "<|start_header_id|>assistant<|end_header_id|>\n\n",
        TurnEnd = "<|eot_id|>",
        EndTokens = ["<|eot_id|>"],
        UsesBos = true,
    };

    /// <summary>OpenAssistant's pythia models and reward models: &lt;|prompter|&gt;…&lt;|endoftext|&gt;&lt;|assistant|&gt;.</summary>
    public static ChatTemplate OpenAssistant { get; } = new()
    {
        Name = "open-assistant",
        System = "<|system|>",
        User = "<|prompter|>",
        Assistant = "<|assistant|>",
        TurnEnd = "<|endoftext|>",
        EndTokens = ["<|endoftext|>"],
    };

    /// <summary>Every template known here; <see cref="PlainHh"/>, which needs no marker, is the last.</summary>
    public static IReadOnlyList<ChatTemplate> Known { get; } = [Phi3, ChatMl, Llama2, Mistral, Zephyr, Llama3, OpenAssistant, PlainHh];

    /// <summary>Its name in recipes and messages.</summary>
    public required string Name { get; init; }

    /// <inheritdoc/>
    public string Identity => Name;

    /// <inheritdoc/>
    public string Jinja => TemplateJinja.Of(this);

    /// <summary>Opens a system turn; null: the template writes none, and such turns leave no trace.</summary>
    public required string? System { get; init; }

    /// <summary>Opens a turn with what a function answered; null: the template writes none, and such turns leave no trace.</summary>
    public string? Tool { get; init; }

    /// <summary>Opens a user turn.</summary>
    public required string User { get; init; }

    /// <summary>Opens an assistant turn; generation starts right after it.</summary>
    public required string Assistant { get; init; }

    /// <summary>What the assistant writes before its text: a space or nothing.</summary>
    public string ResponseStart { get; init; } = "";

    /// <summary>What the assistant writes after its text, before the end of its turn: a space or nothing.</summary>
    public string ResponseEnd { get; init; } = "";

    /// <summary>Ends an assistant turn, and every other that has no end of its own.</summary>
    public string TurnEnd { get; init; } = "";

    /// <summary>Ends a system turn; null: <see cref="TurnEnd"/>.</summary>
    public string? SystemEnd { get; init; }

    /// <summary>Ends a user turn; null: <see cref="TurnEnd"/>.</summary>
    public string? UserEnd { get; init; }

    /// <summary>Opens a user turn that follows a system turn; null: <see cref="User"/>.</summary>
    public string? UserAfterSystem { get; init; }

    /// <summary>Opens a user turn that follows an assistant turn; null: <see cref="User"/>.</summary>
    public string? UserAfterAssistant { get; init; }

    /// <summary>Ends a conversation that is not to be continued.</summary>
    public string ConversationEnd { get; init; } = "";

    /// <summary>Tokens that may end a response; the first one that the vocabulary has is used.</summary>
    public required IReadOnlyList<string> EndTokens { get; init; }

    /// <summary>What stands between bars is no token of its own: the tokenizer takes it for text.</summary>
    public bool MarksAreText { get; init; }

    /// <summary>It is of use only to a tokenizer that has its markers as tokens.</summary>
    public bool NeedsMarkers => !MarksAreText && Writes("<|");

    /// <summary>The conversation begins with the BOS token where the vocabulary has one.</summary>
    public bool UsesBos { get; init; }

    /// <summary>The conversation as text, without BOS.</summary>
    /// <param name="turns">Any order of roles.</param>
    /// <param name="addGenerationPrompt">Ends with the opening of the assistant's turn instead of <see cref="ConversationEnd"/>.</param>
    public string Render(IReadOnlyList<Message> turns, bool addGenerationPrompt) => Write(turns, addGenerationPrompt).Text;

    /// <summary>As <see cref="Render"/>, and where the messages' own texts stand in it.</summary>
    public WrittenConversation Write(IReadOnlyList<Message> turns, bool addGenerationPrompt)
    {
        StringBuilder text = new();
        List<(int From, int To)> messages = [];
        Role? before = null;
        foreach (Message turn in turns.Where(turn => Has(turn.Role)))
        {
            text.Append(Opening(turn.Role, before));
            messages.Add((text.Length, text.Length + turn.Text.Length));
            text.Append(turn.Text).Append(End(turn.Role));
            before = turn.Role;
        }

        return new(text.Append(addGenerationPrompt ? Assistant : ConversationEnd).ToString(), messages);
    }

    /// <summary>The text is a prompt that a template has already written, its opening of the assistant's turn included.</summary>
    public static ChatTemplate? ThatWrote(string text) => Known.FirstOrDefault(template =>
        text.Contains(template.User.Trim(), StringComparison.Ordinal)
        && text.AsSpan().TrimEnd().EndsWith(template.BeforeResponse.AsSpan().Trim(), StringComparison.Ordinal));

    /// <summary>It writes turns of this role.</summary>
    public bool Has(Role role) => role switch
    {
        Role.System => System != null,
        Role.Tool => Tool != null,
        _ => true,
    };

    /// <summary>What stands between the last turn of a prompt and the response.</summary>
    public string BeforeResponse => (UserEnd ?? TurnEnd) + Assistant;

    /// <summary>The piece stands somewhere in what the template writes.</summary>
    public bool Writes(string piece) => Pieces.Any(written => written.Contains(piece, StringComparison.Ordinal));

    /// <summary>All that the template writes around messages.</summary>
    public IEnumerable<string> Pieces => new[]
    {
        System, SystemEnd, UserAfterSystem, User, UserAfterAssistant, UserEnd, Tool, Assistant + ResponseStart, ResponseEnd + TurnEnd, ConversationEnd,
    }.OfType<string>().Where(piece => piece.Length > 0).Distinct();

    /// <summary>The template whose markers the vocabulary has.</summary>
    /// <param name="isMarker">Says whether a text is an added token.</param>
    public static ChatTemplate For(Func<string, bool> isMarker) =>
        isMarker("<|user|>") && isMarker("<|end|>") && isMarker("<|assistant|>") ? Phi3
        : isMarker("<|im_start|>") && isMarker("<|im_end|>") ? ChatMl
        : isMarker("<|start_header_id|>") && isMarker("<|eot_id|>") ? Llama3
        : isMarker("<|prompter|>") && isMarker("<|assistant|>") ? OpenAssistant
        : PlainHh;

    private string Opening(Role role, Role? before) => (role, before) switch
    {
        (Role.System, _) => System!,
        (Role.Tool, _) => Tool!,
        (Role.User, Role.System) => UserAfterSystem ?? User,
        (Role.User, Role.Assistant) => UserAfterAssistant ?? User,
        (Role.User, _) => User,
        _ => Assistant + ResponseStart,
    };

    private string End(Role role) => role switch
    {
        Role.System => SystemEnd ?? TurnEnd,
        Role.User => UserEnd ?? TurnEnd,
        Role.Tool => TurnEnd,
        _ => ResponseEnd + TurnEnd,
    };
}
