using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>
/// Where the spans of a packed batch lie for an <see cref="IVariableLengthOperator"/>. It wants the keys of each sequence one behind another: where spans
/// share prompts, keys are gathered, those of a prompt once for each span that sees it. Shared by all layers.
/// </summary>
/// <param name="Operator">What computes.</param>
/// <param name="QueryStarts">[spans + 1] int32: the first query of each span, and their number.</param>
/// <param name="KeyStarts">[spans + 1] int32: the same of the gathered keys.</param>
/// <param name="Gathered">What is gathered; null where no prompt is shared.</param>
internal sealed record PackedLayout(IVariableLengthOperator Operator, Tensor QueryStarts, Tensor KeyStarts, GatheredKeys? Gathered)
{
    /// <summary>Queries of the longest span.</summary>
    public required long MostQueries { get; init; }

    /// <summary>Keys of the longest span, its prompt's included.</summary>
    public required long MostKeys { get; init; }

    /// <summary>Keys a token sees, itself included; null for all.</summary>
    public long? Window { get; init; }

    /// <summary>The tensors in it, in order.</summary>
    public IEnumerable<Tensor> Tensors => [QueryStarts, KeyStarts, .. Gathered?.Tensors ?? []];

    /// <summary>The layout of these spans; its tensors belong to the scope of the call.</summary>
    public static PackedLayout Of(IVariableLengthOperator by, IReadOnlyList<PackedSpan> spans, long? window, Device device) =>
        new(by, Starts(spans.Select(span => span.Length), device), Starts(spans.Select(span => span.Keys), device),
            spans.Any(span => span.PromptLength > 0) ? GatheredKeys.Of(spans, device) : null)
        {
            MostQueries = spans.Max(span => span.Length),
            MostKeys = spans.Max(span => span.Keys),
            Window = window < spans.Max(span => span.Keys) ? window : null,
        };

    /// <summary>The same layout with other tensors of the same contents.</summary>
    public PackedLayout With(Queue<Tensor> tensors) => this with { QueryStarts = tensors.Dequeue(), KeyStarts = tensors.Dequeue(), Gathered = Gathered?.With(tensors) };

    private static Tensor Starts(IEnumerable<long> lengths, Device device)
    {
        int start = 0;
        return tensor([0, .. lengths.Select(length => start += (int)length)], ScalarType.Int32, device);
    }
}

/// <summary>The keys of each span one behind another, and how their gradients come together again, in an order that never changes.</summary>
/// <param name="Tokens">[keys] int64: the token that each gathered key is of.</param>
/// <param name="Own">[tokens] int64: where the key stands that a token has in its own span.</param>
/// <param name="Shared">The keys of prompts in later spans: of each prompt at most once in each part, so that no sum depends on chance.</param>
internal sealed record GatheredKeys(Tensor Tokens, Tensor Own, IReadOnlyList<SharedKeys> Shared)
{
    /// <summary>The tensors in it, in order.</summary>
    public IEnumerable<Tensor> Tensors => [Tokens, Own, .. Shared.SelectMany(part => new[] { part.Places, part.Tokens })];

    public static GatheredKeys Of(IReadOnlyList<PackedSpan> spans, Device device)
    {
        List<long> tokens = [], own = [];
        List<(List<long> Places, List<long> Tokens)> shared = [];
        Dictionary<long, int> sharers = [];
        foreach (PackedSpan span in spans)
        {
            if (span.PromptLength > 0)
            {
                int part = sharers[span.PromptStart] = sharers.GetValueOrDefault(span.PromptStart, -1) + 1;
                if (part == shared.Count)
                    shared.Add(([], []));
                shared[part].Places.AddRange(Range(tokens.Count, span.PromptLength));
                shared[part].Tokens.AddRange(Range(span.PromptStart, span.PromptLength));
                tokens.AddRange(Range(span.PromptStart, span.PromptLength));
            }
            own.AddRange(Range(tokens.Count, span.Length));
            tokens.AddRange(Range(span.Start, span.Length));
        }
        return new(Place(tokens), Place(own), [.. shared.Select(part => new SharedKeys(Place(part.Places), Place(part.Tokens)))]);

        Tensor Place(List<long> values) => tensor(values.ToArray(), device: device);
    }

    /// <summary>[tokens, …] → [keys, …].</summary>
    public Tensor Gather(Tensor rows) => rows.index_select(0, Tokens);

    /// <summary>Gradients of gathered keys [keys, …] → those of the tokens' keys [tokens, …]; narrow types are added in float32.</summary>
    public Tensor Spread(Tensor gradients)
    {
        using var scope = NewDisposeScope();
        ScalarType wide = gradients.element_size() < sizeof(float) ? ScalarType.Float32 : gradients.dtype;
        Tensor spread = gradients.index_select(0, Own).to(wide);
        foreach (SharedKeys part in Shared)
            spread.index_add_(0, part.Tokens, gradients.index_select(0, part.Places).to(wide), 1);
        return spread.to(gradients.dtype).MoveToOuterDisposeScope();
    }

    public GatheredKeys With(Queue<Tensor> tensors) =>
        new(tensors.Dequeue(), tensors.Dequeue(), [.. Shared.Select(_ => new SharedKeys(tensors.Dequeue(), tensors.Dequeue()))]);

    private static IEnumerable<long> Range(long first, long count)
    {
        for (long i = 0; i < count; i++)
            yield return first + i;
    }
}

/// <summary>Gathered keys of prompts.</summary>
/// <param name="Places">[shared] int64, among the gathered keys.</param>
/// <param name="Tokens">[shared] int64: the tokens of the prompts, each at most once.</param>
internal sealed record SharedKeys(Tensor Places, Tensor Tokens);
