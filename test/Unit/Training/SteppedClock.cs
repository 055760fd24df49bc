namespace Alignment.Tests.Unit.Training;

/// <summary>A clock that moves when it is told to; its timer, of which it knows the last one, ticks when it is told to.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private SteppedTimer? _timer;

    public TimeSpan Now { get; set; }

    /// <summary>As the timer was asked for.</summary>
    public TimeSpan Every => _timer!.Every;

    /// <inheritdoc cref="Every"/>
    public TimeSpan After => _timer!.After;

    /// <summary>The timer has not been ended.</summary>
    public bool Ticking => _timer is { IsOver: false };

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _timer = new(() => callback(state), dueTime, period);

    /// <summary>Calls who waits for the timer, also where it has been ended: as one whose call was on its way.</summary>
    public void Tick() => _timer!.Call();

    private sealed record SteppedTimer(Action Call, TimeSpan After, TimeSpan Every) : ITimer
    {
        public bool IsOver { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => IsOver = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
