using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>Turns pairs into ids within limits and counts what was cut.</summary>
internal sealed class PairTokenizer
{
    private readonly ModelTokenizer _tokenizer;
    private readonly LengthLimits _limits;

    /// <summary>A tokenizer of pairs that has seen none yet.</summary>
    /// <exception cref="ArgumentException">The limits leave no room for a response.</exception>
    public PairTokenizer(ModelTokenizer tokenizer, LengthLimits limits)
    {
        if (limits.MaxPrompt < 1 || limits.MaxTotal <= limits.MaxPrompt)
            throw new ArgumentException($"max prompt must be ≥ 1 and below max total, were {limits.MaxPrompt} and {limits.MaxTotal}", nameof(limits));
        (_tokenizer, _limits) = (tokenizer, limits);
    }

    /// <summary>What was cut so far.</summary>
    public TruncationReport Report { get; private set; } = new();

    /// <summary>The ids of a pair; a response over the limit is cut at its end and then has no EOS.</summary>
    /// <exception cref="InvalidDataException">The prompt is over its limit and <see cref="LongPrompt.Refuse"/> was asked for.</exception>
    public TokenizedPair Tokenize(PreferencePair pair)
    {
        int[] prompt = _tokenizer.EncodePrompt(pair.Prompt);
        bool promptCut = prompt.Length > _limits.MaxPrompt;
        if (promptCut)
            prompt = CutPrompt(prompt, pair.Source);
        int room = _limits.MaxTotal - prompt.Length;
        (int[] chosen, bool chosenCut) = CutResponse(_tokenizer.EncodeResponse(pair.Chosen), room);
        (int[] rejected, bool rejectedCut) = CutResponse(_tokenizer.EncodeResponse(pair.Rejected), room);
        Report = new()
        {
            Pairs = Report.Pairs + 1,
            PromptsCut = Report.PromptsCut + (promptCut ? 1 : 0),
            ChosenCut = Report.ChosenCut + (chosenCut ? 1 : 0),
            RejectedCut = Report.RejectedCut + (rejectedCut ? 1 : 0),
        };
        return new(pair.Source, prompt, chosen, rejected, chosenCut, rejectedCut);
    }

    /// <summary>All pairs, in order.</summary>
    public IReadOnlyList<TokenizedPair> TokenizeAll(IEnumerable<PreferencePair> pairs) => [.. pairs.Select(Tokenize)];

    private int[] CutPrompt(int[] prompt, string source)
    {
        if (_limits.OnLongPrompt == LongPrompt.Refuse)
            throw new InvalidDataException($"{source}: the prompt has {prompt.Length} tokens, the limit is {_limits.MaxPrompt}; "
                + "raise the limit, leave the row out, or let long prompts keep their end");
        int[] end = prompt[^_limits.MaxPrompt..];
        if (_tokenizer.Bos is int bos)
            end[0] = bos;
        return end;
    }

    private static (int[] Ids, bool Cut) CutResponse(int[] ids, int room) => ids.Length > room ? (ids[..room], true) : (ids, false);
}
