using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>The chunk of logits of one log-prob pass, and its products; its tensors belong to the scope it is made in.</summary>
internal sealed class LogitBuffer
{
    private readonly Tensor _columns;
    private readonly Tensor? _product; // preallocated; oneDNN gives its own
    private readonly Tensor? _wide;

    /// <summary>Holds up to <paramref name="elements"/> logits, and at least one row.</summary>
    public LogitBuffer(Tensor rows, Tensor head, long elements)
    {
        Chunk = Math.Clamp(elements / head.shape[0], 1, Math.Max(1, rows.shape[0]));
        Wide = Raised(rows);
        _columns = head.t();
        if (OneDnn.Serves(rows))
            return;
        _product = empty(Chunk, head.shape[0], rows.dtype, rows.device);
        _wide = rows.dtype == Wide ? null : empty(Chunk, head.shape[0], Wide, rows.device);
    }

    /// <summary>Rows per chunk.</summary>
    public long Chunk { get; }

    /// <summary>The dtype the log-softmax is computed in.</summary>
    public ScalarType Wide { get; }

    /// <summary>float64 for float64 rows, else float32.</summary>
    public static ScalarType Raised(Tensor rows) => rows.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>Logits of [count, width] rows, raised to <see cref="Wide"/>: [count, vocabulary], overwritten by the next call.</summary>
    public Tensor Fill(Tensor rows)
    {
        if (_product is null)
            return OneDnn.Product(rows, _columns.t());
        Tensor product = _product.narrow(0, 0, rows.shape[0]);
        product.addmm_(rows, _columns, 0, 1);
        return _wide is null ? product : _wide.narrow(0, 0, rows.shape[0]).copy_(product);
    }

    /// <summary>
    /// The gradients of a chunk's rows and its share of the head's: <paramref name="rowGradient"/> is overwritten, <paramref name="headGradient"/>
    /// added to.
    /// </summary>
    /// <param name="slopes">[count, vocabulary]: the gradient of the chunk's logits.</param>
    /// <param name="rows">[count, width].</param>
    /// <param name="rowGradient">[count, width].</param>
    /// <param name="headGradient">[vocabulary, width].</param>
    public void Spread(Tensor slopes, Tensor rows, Tensor rowGradient, Tensor headGradient)
    {
        if (_product is null)
        {
            rowGradient.copy_(OneDnn.Product(slopes, _columns));
            headGradient.add_(OneDnn.Product(rows.t(), slopes.t()).t());
            return;
        }
        Tensor narrow = _wide is null ? slopes : _product.narrow(0, 0, slopes.shape[0]).copy_(slopes);
        rowGradient.addmm_(narrow, _columns.t(), 0, 1);
        headGradient.addmm_(narrow.t(), rows, 1, 1);
    }
}
