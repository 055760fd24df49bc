using static TorchSharp.torch;

namespace Alignment.Kernels;

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
