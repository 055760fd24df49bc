using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>Turns pairs into ids within limits and counts what was cut or left out.</summary>
internal sealed class PairTokenizer
{
    private readonly ModelTokenizer _tokenizer;
    private readonly LengthLimits _limits;
    private readonly List<string> _dropped = [];

    /// <summary>A tokenizer of pairs that has seen none yet.</summary>
    /// <exception cref="ArgumentException">The limits leave no room for a response.</exception>
    public PairTokenizer(ModelTokenizer tokenizer, LengthLimits limits)
    {
        if (limits.MaxPrompt < 1 || limits.MaxTotal <= limits.MaxPrompt)
            throw new ArgumentException($"max prompt must be ≥ 1 and below max total, were {limits.MaxPrompt} and {limits.MaxTotal}", nameof(limits));
        (_tokenizer, _limits) = (tokenizer, limits);
    }

    /// <summary>What was cut and left out so far.</summary>
    public TruncationReport Report { get; private set; } = new();

    /// <summary>The first pairs that were left out, with their lengths.</summary>
    public IReadOnlyList<string> Dropped => _dropped;

    /// <summary>The ids of a pair, null where the limits leave it out; a response over the limit is cut at its end and then has no EOS.</summary>
    /// <exception cref="InvalidDataException">It is over a limit, and <see cref="LongRow.Refuse"/> was asked for; or the template refuses it.</exception>
    public TokenizedPair? Tokenize(PreferencePair pair) => Limited(Encode(pair));

    private TokenizedPair? Limited(Encoded encoded)
    {
        if (encoded.Fault is { } fault)
            throw new InvalidDataException($"{encoded.Pair.Source}: {fault.Message}", fault);
        (PreferencePair pair, (int[] whole, int[] chosen, int[] rejected)) = (encoded.Pair, encoded.Ids!);
        if (Limited(pair, whole) is not { Tokens: var prompt })
            return null;
        int room = _limits.MaxTotal - prompt.Length;
        int longest = Math.Max(chosen.Length, rejected.Length);
        if (longest > room && Leaves(_limits.OnLongPair, $"{pair.Source}: prompt and response have {prompt.Length + longest} tokens, maxTotal is {_limits.MaxTotal}"))
        {
            Report = Report with { PairsDropped = Report.PairsDropped + 1 };
            return null;
        }

        var tokens = new TokenizedPair(pair.Source, prompt, Beginning(chosen, room), Beginning(rejected, room), chosen.Length > room, rejected.Length > room);
        Report = Report with
        {
            Pairs = Report.Pairs + 1,
            AreLabelled = Report.AreLabelled || pair.IsLabelled,
            ChosenCut = Report.ChosenCut + (tokens.ChosenCut ? 1 : 0),
            RejectedCut = Report.RejectedCut + (tokens.RejectedCut ? 1 : 0),
        };
        return tokens;
    }

    /// <summary>All pairs that are kept, in order. Text becomes ids on all processors, a few thousand pairs ahead at most.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="kept">Gets those that are kept; null: nobody asks.</param>
    /// <exception cref="InvalidDataException">As in <see cref="Tokenize"/>: of the first pair of those.</exception>
    public IReadOnlyList<TokenizedPair> TokenizeAll(IEnumerable<PreferencePair> pairs, List<PreferencePair>? kept = null) =>
        TokenizedPairs.Of(pairs.AsParallel().AsOrdered().Select(Encode).AsSequential().Select(encoded =>
        {
            TokenizedPair? tokens = Limited(encoded);
            if (tokens != null)
                kept?.Add(encoded.Pair);
            return tokens;
        }).OfType<TokenizedPair>());

    /// <summary>The ids of a pair, or of a labelled response, before anything is cut.</summary>
    /// <exception cref="InvalidDataException">A folder's template refuses it.</exception>
    public static EncodedPair Ids(ModelTokenizer tokenizer, PreferencePair pair)
    {
        if (!pair.IsLabelled)
            return tokenizer.EncodePair(pair.Prompt, pair.Chosen, pair.Rejected);
        (int[] prompt, int[] response) = tokenizer.EncodeWithResponse(pair.Prompt, pair.Response);
        return pair.IsDesirable ? new(prompt, response, []) : new(prompt, [], response);
    }

    // a fault waits until those of the pairs before have been told
    private Encoded Encode(PreferencePair pair)
    {
        try
        {
            return new(pair, Ids(_tokenizer, pair), null);
        }
        catch (InvalidDataException e)
        {
            return new(pair, null, e);
        }
    }

    /// <summary>The ids of a pair's prompt, cut to its limit; null where the limits leave the pair out.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Tokenize"/>.</exception>
    public TokenizedPrompt? TokenizePrompt(PreferencePair pair) => Limited(pair, _tokenizer.EncodePrompt(pair.Prompt));

    private TokenizedPrompt? Limited(PreferencePair pair, int[] prompt)
    {
        if (prompt.Length <= _limits.MaxPrompt)
            return new(prompt, Cut: false);
        if (Leaves(_limits.OnLongPrompt, $"{pair.Source}: the prompt has {prompt.Length} tokens, maxPrompt is {_limits.MaxPrompt}"))
        {
            Report = Report with { PromptsDropped = Report.PromptsDropped + 1 };
            return null;
        }

        Report = Report with { PromptsCut = Report.PromptsCut + 1 };
        int[] end = prompt[^_limits.MaxPrompt..];
        if (_tokenizer.Bos is int bos)
            end[0] = bos;
        return new(end, Cut: true);
    }

    private bool Leaves(LongRow rule, string what)
    {
        if (rule == LongRow.Refuse)
            throw new InvalidDataException($"{what}; raise the limit, or let the recipe's lengths cut or drop such rows");
        if (rule == LongRow.Drop && _dropped.Count < ReadReport.NamedFaults)
            _dropped.Add(what);
        return rule == LongRow.Drop;
    }

    private static int[] Beginning(int[] ids, int room) => ids.Length > room ? ids[..room] : ids;

    private sealed record Encoded(PreferencePair Pair, EncodedPair? Ids, InvalidDataException? Fault);
}
