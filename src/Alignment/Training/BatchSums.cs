using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>A loss summed over rows, to be divided by <see cref="IPolicyGoal.Divisor"/>, and what is logged beside it.</summary>
/// <param name="Sum">Scalar, carries the gradient.</param>
/// <param name="Logged">Name → [rows], detached; logged as means over the batch, in this order.</param>
internal sealed record SummedLoss(Tensor Sum, IReadOnlyList<KeyValuePair<string, Tensor>> Logged);

/// <summary>What a batch adds up over its micro-batches, in double precision.</summary>
internal sealed class BatchSums
{
    private readonly List<KeyValuePair<string, double>> _logged = [];
    private int _rows;

    /// <summary>The summed loss over the batch's divisor.</summary>
    public double Loss { get; private set; }

    /// <summary>Means over the rows, in the goal's order.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Means => [.. _logged.Select(item => KeyValuePair.Create(item.Key, item.Value / _rows))];

    /// <summary>Adds the loss of some rows.</summary>
    /// <exception cref="NotFiniteNumberException">The loss so far is NaN or infinite.</exception>
    public void Add(SummedLoss loss, double divisor, int rows)
    {
        using var scope = NewDisposeScope();
        Loss += loss.Sum.detach().to(ScalarType.Float64).cpu().item<double>() / divisor;
        if (!double.IsFinite(Loss))
            throw new NotFiniteNumberException(Loss);
        _rows += rows;
        double[] sums = loss.Logged.Count == 0 ? []
            : stack(loss.Logged.Select(item => item.Value.to(ScalarType.Float64).sum())).cpu().data<double>().ToArray(); // one copy to the host
        for (int i = 0; i < sums.Length; i++)
        {
            if (i == _logged.Count)
                _logged.Add(new(loss.Logged[i].Key, 0));
            _logged[i] = new(_logged[i].Key, _logged[i].Value + sums[i]);
        }
    }
}
