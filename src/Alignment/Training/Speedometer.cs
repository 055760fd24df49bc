namespace Alignment.Training;

/// <summary>Counts steps, tokens and time of a run.</summary>
internal sealed class Speedometer(TimeProvider clock, CheckpointState start)
{
    private readonly long _startedAt = clock.GetTimestamp();
    private long _lastAt = clock.GetTimestamp();

    /// <summary>Of the last step.</summary>
    public double TokensPerSecond { get; private set; }

    /// <summary>The state after one more step of <paramref name="tokens"/> real tokens.</summary>
    public CheckpointState After(CheckpointState state, long tokens)
    {
        long now = clock.GetTimestamp();
        TokensPerSecond = tokens / Math.Max(clock.GetElapsedTime(_lastAt, now).TotalSeconds, 1e-9);
        _lastAt = now;
        double seconds = start.Seconds + clock.GetElapsedTime(_startedAt, now).TotalSeconds;
        return state with { Step = state.Step + 1, Tokens = state.Tokens + tokens, Seconds = seconds };
    }

    public TimeSpan TimeLeft(CheckpointState state) =>
        clock.GetElapsedTime(_startedAt) * ((state.Steps - state.Step) / (double)Math.Max(1, state.Step - start.Step));
}
