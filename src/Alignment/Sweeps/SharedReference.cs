using Alignment.Models;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>The reference log-probs of a sweep's training pairs: one process computes them, the others wait and read them.</summary>
internal static class SharedReference
{
    /// <summary>Stored, or computed now.</summary>
    /// <param name="sweep">The sweep's folder.</param>
    /// <param name="start">The model preference runs start from.</param>
    /// <param name="weights">The name of its weights.</param>
    /// <param name="data">With the training pairs.</param>
    /// <param name="speed">Of the pass.</param>
    /// <param name="log">Gets a line where another process computes them.</param>
    /// <param name="begin">Called before they are computed.</param>
    /// <param name="cancel">Stops the pass.</param>
    public static ReferenceLogProbs Of(string sweep, Decoder start, string weights, SweepData data, SpeedSettings speed, Action<string> log, Action begin, CancellationToken cancel)
    {
        using RunLock held = RunLock.Take(Path.Combine(sweep, "locks", "reference.lock"), TimeProvider.System,
            owner => log($"waiting for the reference pass: {owner} runs it"), cancel);
        return ReferencePass.Run(start, data.PreferenceRows, Path.Combine(sweep, "reference", weights), speed, begin, cancel);
    }
}
