using Alignment.Checkpoints;
using Alignment.Checkpoints.Safetensors;
using Alignment.Distributed;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>Which weights of a run are averaged: those after so many steps, evenly spaced over its last part; the last step is one of them.</summary>
/// <param name="Checkpoints">How many, ≥ 2.</param>
/// <param name="Over">The last part as a share of all steps, in (0, 1].</param>
internal sealed record WeightAverage(int Checkpoints, double Over)
{
    // a share of a tenth of thirty steps is three of them, whatever its last bit
    private const double Rounding = 1e-9;

    /// <summary>The name of its file, without the extension.</summary>
    public string Part => FormattableString.Invariant($"average-{Checkpoints}-{Over}");

    /// <summary>Steps of the last part of so many.</summary>
    public long LastOf(long steps) => (long)Math.Floor(steps * Over + Rounding);

    /// <summary>The steps, counted from 1, after which the weights count; none where the last part has fewer than <see cref="Checkpoints"/>.</summary>
    public IReadOnlyList<long> StepsOf(long steps)
    {
        long last = LastOf(steps);
        return last < Checkpoints ? [] : [.. Enumerable.Range(1, Checkpoints).Select(i => steps - (Checkpoints - i) * last / Checkpoints)];
    }
}

/// <summary>
/// Means of a run's weights over its last checkpoints, taken while it trains and without any effect on it (Izmailov et al. 2018, arXiv 1803.05407; of a run's
/// last checkpoints with a falling learning rate: Kaddour 2022, arXiv 2209.14981). Each is one running mean, m ← m + (w − m)/n, in float32 in the host's memory,
/// of the weights that the optimiser steps (the masters of bfloat16 ones); on several ranks each holds its pieces. Of adapters A and B are averaged apart.
/// </summary>
internal sealed class WeightAverages : IDisposable
{
    private readonly Func<IReadOnlyDictionary<string, Tensor>> _weights;
    private readonly (WeightAverage Asked, IReadOnlyList<long> Steps, Dictionary<string, Tensor> Means)[] _averages;

    /// <summary>Before the first step.</summary>
    /// <param name="asked">Which.</param>
    /// <param name="steps">All steps of the run.</param>
    /// <param name="weights">Float32 weights as they are now, by their name in a checkpoint; the same ones each time.</param>
    /// <exception cref="ArgumentException">The run's last part has fewer steps than are averaged.</exception>
    public WeightAverages(IReadOnlyList<WeightAverage> asked, long steps, Func<IReadOnlyDictionary<string, Tensor>> weights)
    {
        _weights = weights;
        if (asked.FirstOrDefault(average => average.StepsOf(steps).Count == 0) is { } few)
            throw new ArgumentException(FormattableString.Invariant($"{few.Checkpoints} checkpoints cannot be averaged over {few.LastOf(steps)} of {steps} steps"), nameof(asked));
        _averages = [.. asked.Distinct().Select(average => (average, average.StepsOf(steps), weights().ToDictionary(weight => weight.Key, weight => Nothing(weight.Value))))];
    }

    /// <summary>What all means take in the host's memory.</summary>
    public long Bytes => _averages.Sum(average => average.Means.Values.Sum(TensorMemory.Bytes));

    /// <summary>Told after each optimiser step.</summary>
    /// <param name="step">How many there were.</param>
    public void EndStep(long step)
    {
        foreach ((_, IReadOnlyList<long> steps, Dictionary<string, Tensor> means) in _averages)
            if (steps.Contains(step))
                Add(means, 1 + steps.Count(earlier => earlier < step));
    }

    /// <summary>The live means as a checkpoint holds them; how many weights are in them follows from the step.</summary>
    public IReadOnlyDictionary<string, Tensor> State() =>
        _averages.SelectMany(average => average.Means.Select(mean => KeyValuePair.Create($"{average.Asked.Part}.{mean.Key}", mean.Value))).ToDictionary();

    /// <summary>After the last step: leaves each mean in a file of its own, on several ranks each its pieces.</summary>
    public void Write(string folder, ICollectives ranks)
    {
        if (_averages.Length == 0)
            return;
        if (ranks.Rank == 0) // of an earlier try with other ranks
            foreach (string old in _averages.SelectMany(average => Directory.GetFiles(folder, $"{average.Asked.Part}.*safetensors")))
                File.Delete(old);
        ranks.Barrier();
        foreach ((WeightAverage asked, _, Dictionary<string, Tensor> means) in _averages.Where(average => average.Means.Count > 0))
            SafetensorsWriter.Write(Path.Combine(folder, CheckpointPieces.FileName(asked.Part, ranks.Rank, ranks.Ranks)), means);
        ranks.Barrier();
    }

    /// <summary>Gives weights a mean that <see cref="Write"/> has left, rounded to their type.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="average">One that was asked for.</param>
    /// <param name="weights">The model's trained ones by name.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or of another model.</exception>
    public static void Give(string folder, WeightAverage average, IReadOnlyDictionary<string, Tensor> weights)
    {
        using IDisposable noGrad = no_grad();
        using var pieces = new CheckpointPieces(folder, average.Part);
        foreach ((string name, Tensor weight) in weights)
        {
            using var scope = NewDisposeScope();
            Tensor mean = empty(weight.shape, ScalarType.Float32);
            pieces.Fill(name, mean);
            weight.copy_(mean);
        }
    }

    /// <summary>Frees the means.</summary>
    public void Dispose()
    {
        foreach (Tensor mean in _averages.SelectMany(average => average.Means.Values))
            mean.Dispose();
    }

    private void Add(Dictionary<string, Tensor> means, int count)
    {
        using IDisposable noGrad = no_grad();
        foreach ((string name, Tensor weight) in _weights())
        {
            using var scope = NewDisposeScope();
            means[name].add_(weight.detach().cpu() - means[name], 1.0 / count);
        }
    }

    private static Tensor Nothing(Tensor like)
    {
        using var scope = NewDisposeScope();
        return zeros(like.shape, ScalarType.Float32).DetachFromDisposeScope();
    }
}
