using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class CheckpointTimerTests
{
    private readonly SteppedClock _clock = new();

    [Test]
    public void A_minute_passes_where_writing_takes_no_time()
    {
        CheckpointTimer timer = Timer(new());
        Assert.That(DueAfter(timer), Is.EqualTo(60));
        timer.Save(5, () => { });
        Assert.That(DueAfter(timer), Is.EqualTo(60));
    }

    [Test]
    public void The_first_waits_for_its_bytes_and_the_next_for_the_time_it_took()
    {
        CheckpointTimer timer = Timer(new(), bytes: 5_000_000_000);
        Assert.That(DueAfter(timer), Is.EqualTo(170), "34 times 5 s");
        timer.Save(5, () => Pass(20));
        Assert.That(DueAfter(timer), Is.EqualTo(680), "34 times 20 s");
    }

    [TestCase(0.3), TestCase(7), TestCase(300)]
    public void Writing_takes_less_than_3_per_cent_of_the_time(double seconds)
    {
        CheckpointTimer timer = Timer(new());
        double written = 0;
        for (int i = 0; i < 1000; i++)
        {
            Pass(DueAfter(timer));
            timer.Save(i + 1, () => Pass(seconds));
            written += seconds;
        }
        Assert.That(written / _clock.Now.TotalSeconds, Is.LessThan(0.03));
    }

    [Test]
    public void The_time_that_is_asked_for_is_kept_whatever_writing_takes()
    {
        CheckpointTimer timer = Timer(new() { CheckpointEvery = TimeSpan.FromSeconds(10) }, bytes: 5_000_000_000);
        Assert.That(DueAfter(timer), Is.EqualTo(10));
        timer.Save(5, () => Pass(20));
        Assert.That(DueAfter(timer), Is.EqualTo(10));
    }

    [Test]
    public void Nothing_is_written_before_the_first_step_or_twice_for_one()
    {
        CheckpointTimer timer = Timer(new() { CheckpointEverySteps = 2 });
        Assert.That(new[] { timer.Due(0), timer.Due(1), timer.Due(2) }, Is.EqualTo(new[] { false, false, true }));
        timer.Save(2, () => { });
        Assert.That(timer.Due(2), Is.False);
    }

    private CheckpointTimer Timer(SpeedSettings speed, long bytes = 0) => new(_clock, speed, bytes);

    private void Pass(double seconds) => _clock.Now += TimeSpan.FromSeconds(seconds);

    // whole seconds until one is due; the clock stands as before
    private int DueAfter(CheckpointTimer timer)
    {
        TimeSpan now = _clock.Now;
        int seconds = 0;
        for (; !timer.Due(1_000_001); seconds++)
            Pass(1);
        _clock.Now = now;
        return seconds;
    }
}
