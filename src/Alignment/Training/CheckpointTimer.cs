namespace Alignment.Training;

/// <summary>
/// When the next checkpoint is due: after the time that was asked for, else after a minute or, where that is longer, 34 times as long as the last one took to
/// write, so that writing takes less than 3 % of a run. Of the first one that time is not known; it is taken for its bytes at a gigabyte a second.
/// </summary>
/// <param name="clock">Measures both.</param>
/// <param name="speed">What was asked for.</param>
/// <param name="bytes">Of a checkpoint.</param>
internal sealed class CheckpointTimer(TimeProvider clock, SpeedSettings speed, long bytes)
{
    private const double BytesPerSecond = 1e9, Times = 34;
    private static readonly TimeSpan s_least = TimeSpan.FromMinutes(1);

    private long _savedAt = clock.GetTimestamp();
    private long? _savedStep;
    private TimeSpan _cost = TimeSpan.FromSeconds(bytes / BytesPerSecond);

    private TimeSpan Every => speed.CheckpointEvery ?? (_cost * Times > s_least ? _cost * Times : s_least);

    /// <summary>Whether one is to be written now.</summary>
    public bool Due(long step) => step > 0 && step != _savedStep
        && (clock.GetElapsedTime(_savedAt) >= Every || step % speed.CheckpointEverySteps == 0);

    /// <summary>Writes one and takes its time.</summary>
    public void Save(long step, Action write)
    {
        long began = clock.GetTimestamp();
        write();
        (_savedAt, _savedStep, _cost) = (clock.GetTimestamp(), step, clock.GetElapsedTime(began));
    }
}
