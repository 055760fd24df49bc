namespace Alignment.Sweeps;

/// <summary>
/// Who works on something, told by files alone, for shared file systems on which a lock of one machine is not seen by another. To take a turn is to
/// create LOCK.N.lease, which succeeds for one process only; its holder counts on in it every <see cref="BeatEvery"/>. One that has not counted on for
/// <see cref="StaleAfter"/>, as the waiting process's own clock measures it, is over, and the next turn is free: clocks of two machines are not compared.
/// </summary>
internal sealed class Lease : IDisposable
{
    /// <summary>Time between two beats of a holder.</summary>
    public static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(10);

    /// <summary>A holder elsewhere that a waiting process has not seen beat for so long is gone.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(2);

    private readonly string _path, _file;
    private readonly int _turn;
    private readonly LeaseOwner _owner;
    private readonly Action<string> _lost;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private long _beat;
    private bool _isOver;

    private Lease(string path, int turn, LeaseOwner owner, TimeProvider clock, Action<string> lost)
    {
        (_path, _file, _turn, _owner, _lost) = (path, LeaseFile.Of(path, turn), turn, owner, lost);
        _timer = clock.CreateTimer(_ => Beat(), null, BeatEvery, BeatEvery);
    }

    /// <summary>Takes the next turn, or gives null where a process has the last one.</summary>
    /// <param name="path">The lock's file; leases stand beside it.</param>
    /// <param name="clock">Gives the time that is written into the file, and the beats.</param>
    /// <param name="watch">What was seen of the holder until now.</param>
    /// <param name="lost">Told once if another process has taken the turn after this one while it was still held.</param>
    public static Lease? TryTake(string path, TimeProvider clock, LeaseWatch watch, Action<string> lost)
    {
        IReadOnlyList<LeaseFile> before = LeaseFile.All(path);
        if (before.Count > 0 && !watch.IsOver(before[^1]))
            return null;
        int turn = Math.Max(before.Count > 0 ? before[^1].Turn : 0, LeaseFile.Ended(path)) + 1;
        var owner = LeaseOwner.This(clock);
        string mine = LeaseFile.Of(path, turn);
        try
        {
            using var file = new StreamWriter(new FileStream(mine, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite));
            file.Write(LeaseFile.Content(0, owner));
        }
        catch (IOException) when (File.Exists(mine) || IsPast(path, turn)) // who took it may have given it back since
        {
            return null;
        }

        // what was seen before may be old by now: this turn may have been taken and given back since
        if (IsPast(path, turn))
        {
            File.Delete(mine);
            return null;
        }

        foreach (LeaseFile over in before)
            File.Delete(over.Path);
        return new(path, turn, owner, clock, lost);
    }

    /// <summary>Who holds a lock's lease, and has not been found to be gone; null: nobody.</summary>
    public static string? Holder(string path, LeaseWatch watch) =>
        LeaseFile.All(path) is [.., var last] && !watch.IsOver(last) ? last.Owner?.Text ?? "another process" : null;

    /// <summary>Shows the others that this process lives.</summary>
    /// <returns>Whether the turn is still this process's.</returns>
    public bool Beat()
    {
        lock (_gate)
        {
            if (_isOver)
                return false;
            try
            {
                if (!IsPast(_path, _turn))
                {
                    using var file = new StreamWriter(new FileStream(_file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite));
                    file.Write(LeaseFile.Content(++_beat, _owner));
                    return true;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) // the disk does not answer: the next beat tries again
            {
                return true;
            }

            _isOver = true;
        }

        _timer.Dispose();
        _lost($"{Path.GetFileName(_path)}: this process has not shown for {StaleAfter.TotalMinutes} minutes that it lives, and another one has taken its work over");
        return false;
    }

    private static bool IsPast(string path, int turn) => LeaseFile.All(path).Any(other => other.Turn > turn) || LeaseFile.Ended(path) >= turn;

    /// <summary>Gives the turn back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _isOver = true;
            if (File.Exists(_file))
                LeaseFile.End(_path, _turn);
            File.Delete(_file);
        }

        _timer.Dispose();
    }
}

/// <summary>What one process has seen of a lease's holder, and for how long nothing has changed.</summary>
internal sealed class LeaseWatch(TimeProvider clock)
{
    // no two clocks are a day apart, and no process is silent for one
    private static readonly TimeSpan s_forgotten = TimeSpan.FromDays(1);
    private LeaseFile? _seen;
    private long _since;

    /// <summary>The holder is gone: it was a process of this machine that is there no more, or has not beaten for too long.</summary>
    public bool IsOver(LeaseFile lease)
    {
        if (lease.Owner?.IsGone == true || (File.Exists(lease.Path) && clock.GetUtcNow() - File.GetLastWriteTimeUtc(lease.Path) > s_forgotten))
            return true;
        if (_seen == lease)
            return clock.GetElapsedTime(_since) >= Lease.StaleAfter;
        (_seen, _since) = (lease, clock.GetTimestamp());
        return false;
    }
}
