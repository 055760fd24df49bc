using System.Diagnostics;
using System.Globalization;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>Turns progress into lines: the first, the last, and one every few seconds between them.</summary>
internal sealed class ProgressLines(string title, double seconds, Action<string> log) : IProgress<TrainingProgress>
{
    private readonly Stopwatch _sinceLast = new();

    public void Report(TrainingProgress at)
    {
        if (Due(at.Step == at.Steps))
            log(string.Create(CultureInfo.InvariantCulture,
                $"{title}: step {at.Step}/{at.Steps}, loss {at.Loss:F4}, {at.TokensPerSecond:F0} tokens/s, {at.TimeLeft.TotalSeconds:F0} s left"));
    }

    public void Responses(int done, int all)
    {
        if (Due(done == all))
            log(string.Create(CultureInfo.InvariantCulture, $"{title}: {done}/{all} responses"));
    }

    public void Stored(int done, int all) => log(string.Create(CultureInfo.InvariantCulture, $"{title}: {done} of {all} responses are stored"));

    private bool Due(bool last)
    {
        if (!last && _sinceLast.IsRunning && _sinceLast.Elapsed.TotalSeconds < seconds)
            return false;
        _sinceLast.Restart();
        return true;
    }
}
