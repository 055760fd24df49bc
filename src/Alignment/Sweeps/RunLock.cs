using Alignment.Distributed;

namespace Alignment.Sweeps;

/// <summary>
/// A lock on a part of a store. It has two halves, and who has both has it: a file lock, which ends with its process however that ends, and a
/// <see cref="Lease"/> for file systems that do not share locks between machines. A second process that wants the same part waits.
/// </summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>A process ends with this code where it was stopped and can go on.</summary>
    public const int TryAgain = RankExit.TryAgain;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(200);
    private readonly FileStream _file;
    private readonly Lease _lease;

    private RunLock(FileStream file, Lease lease) => (_file, _lease) = (file, lease);

    /// <summary>Takes the lock, waiting for another process if there is one.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="clock">Gives the time that is written beside the lock, and tells how long another process has been silent.</param>
    /// <param name="waiting">Called once with the owner's name where the lock is held.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static RunLock Take(string path, TimeProvider clock, Action<string> waiting, CancellationToken cancel)
    {
        var watch = new LeaseWatch(clock);
        for (bool told = false; ; cancel.WaitHandle.WaitOne(s_retry))
        {
            cancel.ThrowIfCancellationRequested();
            if (TryTake(path, clock, watch) is { } held)
                return held;
            if (!told)
                waiting(Lease.Holder(path, watch) ?? "another process");
            told = true;
        }
    }

    /// <summary>Takes the lock, or gives null where another process holds it.</summary>
    public static RunLock? TryTake(string path, TimeProvider clock) => TryTake(path, clock, new(clock));

    private static RunLock? TryTake(string path, TimeProvider clock, LeaseWatch watch)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileStream file;
        try
        {
            file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }

        try
        {
            if (Lease.TryTake(path, clock, watch, End) is { } lease)
                return new RunLock(file, lease);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    // two processes must not write into one folder, and this one may be anywhere in its work
    private static void End(string why)
    {
        Console.Error.WriteLine(why);
        Environment.Exit(TryAgain);
    }

    /// <summary>Who holds a lock, or null; of a process elsewhere that has died this is known after a while.</summary>
    public static string? Holder(string path, TimeProvider clock) => Lease.Holder(path, new(clock));

    /// <summary>Gives back the locks of processes that are gone.</summary>
    /// <param name="folder">Holds locks.</param>
    /// <param name="clock">As in <see cref="TryTake(string, TimeProvider)"/>.</param>
    /// <returns>The files of the locks that are free now.</returns>
    public static IReadOnlyList<string> FreeDead(string folder, TimeProvider clock) => [.. LeaseFile.Locks(folder).Where(path =>
    {
        using RunLock? held = TryTake(path, clock);
        return held != null;
    })];

    /// <summary>Makes sure, before a result is put into place, that no other process has taken the work over.</summary>
    public void Require() => _lease.Beat();

    /// <summary>Gives the lock back. The file stays: deleting a lock file that another process is opening would split the lock in two.</summary>
    public void Dispose()
    {
        _lease.Dispose();
        _file.Dispose();
    }
}
