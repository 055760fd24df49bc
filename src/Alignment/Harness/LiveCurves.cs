using Alignment.Reports.Page;

namespace Alignment.Harness;

/// <summary>Keeps curves.html of a store up to date while a sweep runs.</summary>
internal sealed class LiveCurves : IDisposable
{
    private readonly CurvesPage _page;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private volatile string _standing = "The sweep begins.";

    /// <summary>Begins.</summary>
    /// <param name="folder">The store.</param>
    public LiveCurves(string folder)
    {
        _page = new(folder);
        _timer = new(_ => Write(runs: true), null, TimeSpan.Zero, TimeSpan.FromSeconds(CurvesPage.Seconds));
    }

    /// <summary>Hears a line of the sweep's log: those that say where it stands as a whole begin with "run".</summary>
    public void Hear(string line)
    {
        if (line.StartsWith("run ", StringComparison.Ordinal))
            _standing = line;
    }

    /// <summary>Writes the page a last time: it loads itself no more.</summary>
    public void Dispose()
    {
        using ManualResetEvent quiet = new(false);
        _timer.Dispose(quiet);
        quiet.WaitOne(); // a version that is still being written would come after the last one
        _standing = "The sweep has ended.";
        Write(runs: false);
    }

    // a page that cannot be written stops nothing: the disk may be full for a moment
    private void Write(bool runs)
    {
        lock (_lock)
            try
            {
                _page.Write(_standing, runs);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
    }
}
