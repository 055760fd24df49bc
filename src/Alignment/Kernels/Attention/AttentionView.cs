using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>Sizes of an attention call.</summary>
internal readonly record struct AttentionShape(long Heads, long KeyHeads, long Tokens, long HeadWidth)
{
    public static AttentionShape Of(QueryKeyValue inputs) =>
        new(inputs.Query.size(1), inputs.Key.size(1), inputs.Query.size(2), inputs.Query.size(3));

    /// <summary>The first of the query heads that read a key head; they end where those of the next one begin.</summary>
    public int FirstQueryHead(int keyHead) => keyHead * (int)(Heads / KeyHeads);
}

/// <summary>Memory of a tensor [1, heads, tokens, headWidth], head by head.</summary>
internal readonly unsafe struct AttentionView
{
    private readonly float* _at;
    private readonly nint _head, _token;

    private AttentionView(Tensor rows)
    {
        _at = AtenDispatcher.Floats(rows);
        (_head, _token) = ((nint)rows.stride(1), (nint)rows.stride(2));
    }

    /// <summary>[tokens, headWidth] of a head.</summary>
    public Strided this[int head] => new(_at + head * _head, _token);

    /// <summary>Opens a tensor; where the rows of its heads are not contiguous, a copy of it that belongs to the caller's scope.</summary>
    public static AttentionView Of(Tensor tensor) => new(tensor.stride(3) == 1 ? tensor : tensor.contiguous());
}
