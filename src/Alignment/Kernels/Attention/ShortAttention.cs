using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>
/// Attention within the spans of a packed batch whose spans are all short. A library call per span would cost more than its arithmetic; here one loop
/// over groups of spans (those that share a prompt) and key heads does all, each with a scratch memory of its own. CPU, float32. Results do not depend
/// on the number of threads. <see cref="PackedAttention.Plain"/> is the readable twin.
/// </summary>
internal static unsafe class ShortAttention
{
    /// <summary>Most tokens that a token sees: the matrix products of a library win beyond (bench/README.md).</summary>
    public const long MostKeys = 512;

    /// <summary>Whether these spans are served.</summary>
    /// <param name="spans">Of the whole batch.</param>
    /// <param name="like">Gives dtype and device.</param>
    public static bool Serves(IReadOnlyList<PackedSpan> spans, Tensor like) => Simd.Serves(like) && spans.All(span => span.Keys <= MostKeys);

    /// <summary>The mix of values [1, heads, tokens, headWidth] and the log-normalisers [heads, tokens]; the tensors belong to the caller's scope.</summary>
    public static (Tensor Output, Tensor Normalisers) Forward(QueryKeyValue inputs, PackedMasks masks)
    {
        using var scope = NewDisposeScope();
        var shape = AttentionShape.Of(inputs);
        Tensor output = Room(inputs.Query), normalisers = empty(shape.Heads, shape.Tokens);
        (AttentionView query, AttentionView key, AttentionView value, AttentionView mixed) =
            (AttentionView.Of(inputs.Query), AttentionView.Of(inputs.Key), AttentionView.Of(inputs.Value), AttentionView.Of(output));
        Strided normaliser = new(AtenDispatcher.Floats(normalisers), (nint)shape.Tokens);
        ForEach(masks, shape, (scratch, span, keyHead) =>
        {
            scratch.Take(key[keyHead], value[keyHead], span);
            for (int head = shape.FirstQueryHead(keyHead); head < shape.FirstQueryHead(keyHead + 1); head++)
                scratch.Forward(query[head], mixed[head], normaliser.From(head), span);
        });
        return (output.MoveToOuterDisposeScope(), normalisers.MoveToOuterDisposeScope());
    }

    /// <summary>The gradients of query, key and value; the tensors belong to the caller's scope.</summary>
    /// <param name="inputs">As in <see cref="Forward"/>.</param>
    /// <param name="output">What it gave.</param>
    /// <param name="gradient">[1, heads, tokens, headWidth].</param>
    /// <param name="masks">As in <see cref="Forward"/>.</param>
    public static QueryKeyValue Backward(QueryKeyValue inputs, (Tensor Mixed, Tensor Normalisers) output, Tensor gradient, PackedMasks masks)
    {
        using var scope = NewDisposeScope();
        var shape = AttentionShape.Of(inputs);
        var result = new QueryKeyValue(Room(inputs.Query), Room(inputs.Key), Room(inputs.Value));
        (AttentionView query, AttentionView key, AttentionView value) =
            (AttentionView.Of(inputs.Query), AttentionView.Of(inputs.Key), AttentionView.Of(inputs.Value));
        (AttentionView mixed, AttentionView outer) = (AttentionView.Of(output.Mixed), AttentionView.Of(gradient));
        (AttentionView queryGradient, AttentionView keyGradient, AttentionView valueGradient) =
            (AttentionView.Of(result.Query), AttentionView.Of(result.Key), AttentionView.Of(result.Value));
        Strided normaliser = new(AtenDispatcher.Floats(output.Normalisers), (nint)shape.Tokens);
        ForEach(masks, shape, (scratch, span, keyHead) =>
        {
            scratch.Take(key[keyHead], value[keyHead], span);
            scratch.BeginBackward(span);
            for (int head = shape.FirstQueryHead(keyHead); head < shape.FirstQueryHead(keyHead + 1); head++)
                scratch.Backward(new(query[head], mixed[head], outer[head], normaliser.From(head)), queryGradient[head], span);
            scratch.PutGradients(keyGradient[keyHead], valueGradient[keyHead], span);
        });
        return new(result.Query.MoveToOuterDisposeScope(), result.Key.MoveToOuterDisposeScope(), result.Value.MoveToOuterDisposeScope());
    }

    // laid out as projections read and write it: [1, tokens, heads, headWidth]
    private static Tensor Room(Tensor like) => empty(like.size(0), like.size(2), like.size(1), like.size(3)).transpose(1, 2);

    // spans of a group in order: the first holds the prompt, to whose gradient the others add
    private static void ForEach(PackedMasks masks, AttentionShape shape, Action<ShortAttentionScratch, PackedSpan, int> body)
    {
        IReadOnlyList<PackedSpan[]> groups = masks.Groups;
        long most = masks.Spans.Max(span => span.Keys);
        ParallelRows.For(groups.Count * shape.KeyHeads, 1, (begin, end) =>
        {
            using var scratch = new ShortAttentionScratch((int)most, (int)shape.HeadWidth, (masks.Window, masks.Cap));
            for (long item = begin; item < end; item++)
                foreach (PackedSpan span in groups[(int)(item % groups.Count)])
                    body(scratch, span, (int)(item / groups.Count));
        });
    }
}

/// <summary>The autograd node of <see cref="ShortAttention"/>: query, key, value and masks in, the mix of values out.</summary>
internal sealed class ShortAttentionFunction : GuardedFunction<ShortAttentionFunction>
{
    protected override ForwardPass Forward(object[] inputs)
    {
        (Tensor mixed, Tensor normalisers) = ShortAttention.Forward(QueryKeyValue.First(inputs), (PackedMasks)inputs[3]);
        return new(mixed, mixed, normalisers);
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        (Tensor query, Tensor key, Tensor value) =
            ShortAttention.Backward(QueryKeyValue.First(inputs), (kept[0], kept[1]), gradient, (PackedMasks)inputs[3]);
        return [query, key, value];
    }
}
