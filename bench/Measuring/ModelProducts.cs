using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Bench.Measuring;

/// <summary>The matrix products of a model's passes and nothing else, through the library that the model takes: how fast the machine could do that work.</summary>
internal sealed class ModelProducts : IDisposable
{
    private readonly Tensor[] _weights; // of all layers, [outputs, inputs]
    private readonly Tensor? _head;

    /// <summary>Random weights.</summary>
    /// <param name="layer">The products of a layer.</param>
    /// <param name="layers">How many there are.</param>
    /// <param name="head">That of the head, or null.</param>
    public ModelProducts(IReadOnlyList<(long Inputs, long Outputs)> layer, int layers, (long Inputs, long Outputs)? head)
    {
        _weights = [.. Enumerable.Range(0, layers).SelectMany(_ => layer).Select(Weight)];
        _head = head is { } size ? Weight(size) : null;

        static Tensor Weight((long Inputs, long Outputs) size) => randn(size.Outputs, size.Inputs, device: BenchDevice.Current);
    }

    /// <summary>One pass of so many tokens, of which the head sees some.</summary>
    public double Forward((long Tokens, long Scored) rows)
    {
        using IDisposable noGrad = no_grad();
        foreach (Tensor weight in _weights)
            One(rows.Tokens, weight);
        return _head is null ? 0 : One(rows.Scored, _head);
    }

    /// <summary>As <see cref="Forward"/>, and the products of both gradients.</summary>
    public double Both((long Tokens, long Scored) rows)
    {
        using IDisposable noGrad = no_grad();
        foreach (Tensor weight in _weights)
            Three(rows.Tokens, weight);
        return _head is null ? 0 : Three(rows.Scored, _head);
    }

    /// <summary>A token of each row.</summary>
    public double Token(long rows)
    {
        using IDisposable noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (Tensor weight in _weights)
            Linear.Of(empty(rows, 1, weight.shape[1], device: BenchDevice.Current), weight).Dispose();
        return _head is null ? 0 : BenchDevice.Finish(Linear.Of(empty(rows, 1, _head.shape[1], device: BenchDevice.Current).fill_(1), _head));
    }

    public void Dispose()
    {
        foreach (Tensor weight in _weights)
            weight.Dispose();
        _head?.Dispose();
    }

    private static double One(long rows, Tensor weight)
    {
        using var scope = NewDisposeScope();
        return BenchDevice.Finish(Product(Rows(rows, weight.shape[1]), weight));
    }

    private static double Three(long rows, Tensor weight)
    {
        using var scope = NewDisposeScope();
        Tensor inputs = Rows(rows, weight.shape[1]), outputs = Product(inputs, weight);
        Product(outputs, weight.t()).Dispose();
        // the narrower factor on the left, as in Linear
        return BenchDevice.Finish(outputs.shape[1] <= inputs.shape[1] ? Product(outputs.t(), inputs.t()) : Product(inputs.t(), outputs.t()));
    }

    private static Tensor Rows(long rows, long width) => ones(rows, width, device: BenchDevice.Current);

    private static Tensor Product(Tensor rows, Tensor columns) => OneDnn.Serves(rows) ? OneDnn.Product(rows, columns) : rows.mm(columns.t());
}
