using System.Diagnostics;

namespace Alignment.Mutants;

/// <summary>
/// Ends this process where a mutant makes its tests run on: a mutant that loops uses its own processor time, however busy the machine is, so that is what is limited.
/// One that waits for ever uses next to none.
/// </summary>
internal sealed class Watch
{
    private const long MostBytes = 6L << 30;
    private const double Waiting = 10, Busy = 20; // seconds that a test may wait, and how many times as long as alone it takes on a busy machine

    private readonly Lock _lock = new();
    private readonly Outcomes _outcomes;
    private (int Number, string Test, TimeSpan Processor, TimeSpan Most, long Since)? _running;

    public Watch(Outcomes outcomes)
    {
        _outcomes = outcomes;
        new Thread(Look) { IsBackground = true }.Start();
    }

    /// <summary>From now on the tests of one mutant run, which take <paramref name="seconds"/> without it while coverage is captured, which slows them.</summary>
    public void Start(int number, string test, double seconds)
    {
        lock (_lock)
            _running = (number, test, Environment.CpuUsage.TotalTime, TimeSpan.FromSeconds(2 + (3 * seconds)), Stopwatch.GetTimestamp());
    }

    public void Stop()
    {
        lock (_lock)
            _running = null;
    }

    private void Look()
    {
        while (true)
        {
            Thread.Sleep(100);
            lock (_lock)
                if (_running is { } run && Environment.CpuUsage.TotalTime - run.Processor is var used && (used > run.Most || Environment.WorkingSet > MostBytes
                    || Stopwatch.GetElapsedTime(run.Since).TotalSeconds > Waiting + Busy * used.TotalSeconds))
                {
                    _outcomes.Add(new(run.Number, "Timeout", run.Test));
                    Process.GetCurrentProcess().Kill();
                }
        }
    }
}
