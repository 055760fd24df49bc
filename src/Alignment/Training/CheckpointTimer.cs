namespace Alignment.Training;

/// <summary>When the next checkpoint is due.</summary>
internal sealed class CheckpointTimer(TimeProvider clock, SpeedSettings speed)
{
    private long _savedAt = clock.GetTimestamp();
    private long? _savedStep;

    public bool Due(long step) => step > 0 && step != _savedStep
        && (clock.GetElapsedTime(_savedAt) >= speed.CheckpointEvery || step % speed.CheckpointEverySteps == 0);

    public void Saved(long step) => (_savedAt, _savedStep) = (clock.GetTimestamp(), step);
}
