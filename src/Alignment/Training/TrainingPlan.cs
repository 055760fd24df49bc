using Alignment.Files;

namespace Alignment.Training;

/// <summary>
/// Which rows each optimiser step sees and how large the step is: functions of settings and step alone, so a run can go on from any step.
/// </summary>
/// <param name="rows">Rows of the data.</param>
/// <param name="batchSize">Rows of a step, ≥ 1; the last step of an epoch takes what is left.</param>
internal sealed class TrainingPlan(int rows, int batchSize)
{
    private readonly long _stepsPerEpoch = (rows + batchSize - 1) / batchSize;
    private (int Epoch, int[][] Batches) _current = (-1, []);

    /// <summary>Passes over the data, ≥ 1.</summary>
    public required int Epochs { get; init; }

    /// <summary>Decides the order of the rows.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The batches of a 0-based epoch: every row once.</summary>
    public required Func<int, int[][]> Batches { private get; init; }

    /// <summary>The learning rate of a 0-based step, of so many steps in all.</summary>
    public required Func<long, long, double> LearningRate { private get; init; }

    /// <summary>Gradients of a larger L2 norm are scaled down to it.</summary>
    public required double MaxGradientNorm { get; init; }

    /// <summary>All steps, unless the goal ends training earlier.</summary>
    public long Steps => _stepsPerEpoch * Epochs;

    /// <summary>Shuffled rows in batches of one size.</summary>
    public static TrainingPlan Shuffled(int rows, TrainingSettings settings) => new(rows, settings.BatchSize)
    {
        Epochs = settings.Epochs,
        Seed = settings.Seed,
        Batches = epoch => [.. Order(rows, settings.Seed, epoch).Chunk(settings.BatchSize)],
        LearningRate = (step, steps) => settings.LearningRate * settings.Schedule.Share(step, steps),
        MaxGradientNorm = settings.MaxGradientNorm,
    };

    /// <summary>The order in which a 0-based epoch visits its rows: a permutation of 0 … rows − 1.</summary>
    public static int[] Order(int rows, ulong seed, int epoch)
    {
        int[] order = [.. Enumerable.Range(0, rows)];
        new SeededRandom(seed, FormattableString.Invariant($"order/training/{epoch}")).Shuffle<int>(order);
        return order;
    }

    /// <summary>Rows of a 0-based step.</summary>
    public int[] Rows(long step)
    {
        int epoch = (int)(step / _stepsPerEpoch);
        if (_current.Epoch != epoch)
            _current = (epoch, Batches(epoch));
        return _current.Batches[step % _stepsPerEpoch];
    }

    /// <summary>The learning rate of a 0-based step.</summary>
    public double Rate(long step) => LearningRate(step, Steps);

    /// <summary>Passes over the data after a number of steps.</summary>
    public double EpochsAfter(long steps) => steps / (double)_stepsPerEpoch;

    /// <summary>Whether an epoch is over after a number of steps.</summary>
    public bool EndsEpoch(long steps) => steps % _stepsPerEpoch == 0;
}
