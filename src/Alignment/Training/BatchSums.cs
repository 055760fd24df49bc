using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>A loss summed over rows, to be divided by <see cref="IPolicyGoal.Divisor"/>, and what is logged beside it.</summary>
/// <param name="Sum">Scalar, carries the gradient.</param>
/// <param name="Logged">Name → [rows], detached; logged as means over the batch, in this order.</param>
internal sealed record SummedLoss(Tensor Sum, IReadOnlyList<KeyValuePair<string, Tensor>> Logged);

/// <summary>What one micro-batch adds to its batch's sums, in double precision.</summary>
/// <param name="Loss">The summed loss over the batch's divisor.</param>
/// <param name="Rows">Rows of the micro-batch.</param>
/// <param name="Logged">Sums over the rows, in the goal's order.</param>
internal sealed record PartSums(double Loss, int Rows, IReadOnlyList<KeyValuePair<string, double>> Logged)
{
    /// <summary>Of the loss of some rows.</summary>
    public static PartSums Of(SummedLoss loss, double divisor, int rows)
    {
        using var scope = NewDisposeScope();
        double sum = loss.Sum.detach().to(ScalarType.Float64).cpu().item<double>() / divisor;
        double[] sums = loss.Logged.Count == 0 ? []
            : stack(loss.Logged.Select(item => item.Value.to(ScalarType.Float64).sum())).cpu().data<double>().ToArray(); // one copy to the host
        return new(sum, rows, [.. loss.Logged.Zip(sums, (item, value) => KeyValuePair.Create(item.Key, value))]);
    }

    /// <summary>Of <see cref="Numbers"/> of another rank.</summary>
    /// <param name="numbers">Its numbers.</param>
    /// <param name="own">Gives the names; null where this rank had no rows, and numbers them.</param>
    public static PartSums Of(double[] numbers, PartSums? own) => new(numbers[0], (int)numbers[1],
        [.. numbers[2..].Select((value, i) => KeyValuePair.Create(own?.Logged[i].Key ?? FormattableString.Invariant($"{i}"), value))]);

    /// <summary>Loss, rows, sums.</summary>
    public double[] Numbers() => [Loss, Rows, .. Logged.Select(item => item.Value)];
}

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
    public void Add(SummedLoss loss, double divisor, int rows) => Add(PartSums.Of(loss, divisor, rows));

    /// <summary>Adds the sums of some rows.</summary>
    /// <exception cref="NotFiniteNumberException">The loss so far is NaN or infinite.</exception>
    public void Add(PartSums part)
    {
        Loss += part.Loss;
        if (!double.IsFinite(Loss))
            throw new NotFiniteNumberException(Loss);
        _rows += part.Rows;
        for (int i = 0; i < part.Logged.Count; i++)
        {
            if (i == _logged.Count)
                _logged.Add(new(part.Logged[i].Key, 0));
            _logged[i] = new(_logged[i].Key, _logged[i].Value + part.Logged[i].Value);
        }
    }
}
