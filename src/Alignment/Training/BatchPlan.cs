using Alignment.Data;

namespace Alignment.Training;

/// <summary>Which rows each optimiser step sees: a function of seed and step alone, so a run can go on from any step.</summary>
/// <param name="rows">Rows of the data.</param>
/// <param name="settings">Epochs, batch size and seed.</param>
internal sealed class BatchPlan(int rows, TrainingSettings settings)
{
    private const string Stream = "training";
    private readonly long _stepsPerEpoch = (rows + settings.BatchSize - 1) / settings.BatchSize;
    private (int Epoch, int[] Order) _current = (-1, []);

    public long Steps => _stepsPerEpoch * settings.Epochs;

    /// <summary>Rows of a 0-based step.</summary>
    public ArraySegment<int> Rows(long step)
    {
        int epoch = (int)(step / _stepsPerEpoch);
        if (_current.Epoch != epoch)
            _current = (epoch, EpochOrder.Of(rows, settings.Seed, Stream, epoch));
        int first = (int)(step % _stepsPerEpoch) * settings.BatchSize;
        return new(_current.Order, first, Math.Min(settings.BatchSize, rows - first));
    }

    /// <summary>Passes over the data after a number of steps.</summary>
    public double Epochs(long steps) => steps / (double)_stepsPerEpoch;
}
