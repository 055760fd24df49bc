using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>Memory of a tensor [1, heads, tokens, headWidth], head by head.</summary>
internal readonly unsafe struct AttentionView(float* at, nint head, nint token)
{
    /// <summary>[tokens, headWidth] of a head.</summary>
    public Strided this[int index] => new(at + index * head, token);
}

/// <summary>Opens tensors to a kernel, and holds the copies of those whose rows are not contiguous.</summary>
internal sealed unsafe class AttentionViews : IDisposable
{
    private readonly DisposeScope _copies = NewDisposeScope();

    public AttentionView Of(Tensor tensor)
    {
        Tensor rows = tensor.stride(3) == 1 ? tensor : tensor.contiguous();
        return new(AtenDispatcher.Floats(rows), (nint)rows.stride(1), (nint)rows.stride(2));
    }

    public void Dispose() => _copies.Dispose();
}
