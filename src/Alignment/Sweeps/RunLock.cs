using System.Globalization;

namespace Alignment.Sweeps;

/// <summary>
/// A file lock that ends with its process, however that ends. A second process that wants the same run waits; the file beside the lock says
/// who holds it and since when.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private const string Owner = ".owner";
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(200);
    private readonly FileStream _file;
    private readonly string _owner;

    private RunLock(FileStream file, string owner) => (_file, _owner) = (file, owner);

    /// <summary>Takes the lock, waiting for another process if there is one.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="clock">Gives the time that is written beside the lock.</param>
    /// <param name="waiting">Called once with the owner's name where the lock is held.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static RunLock Take(string path, TimeProvider clock, Action<string> waiting, CancellationToken cancel)
    {
        for (bool told = false; ; cancel.WaitHandle.WaitOne(s_retry))
        {
            cancel.ThrowIfCancellationRequested();
            if (TryTake(path, clock) is { } held)
                return held;
            if (!told)
                waiting(File.Exists(path + Owner) ? File.ReadAllText(path + Owner) : "another process");
            told = true;
        }
    }

    /// <summary>Takes the lock, or gives null where another process holds it.</summary>
    public static RunLock? TryTake(string path, TimeProvider clock)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            string since = clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            File.WriteAllText(path + Owner, $"process {Environment.ProcessId} on {Environment.MachineName} since {since}");
            return new RunLock(file, path + Owner);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Deletes the names of owners that are gone.</summary>
    /// <param name="folder">Holds locks.</param>
    /// <returns>The files that are gone now.</returns>
    public static IReadOnlyList<string> RemoveOwners(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, "*" + Owner).ToList().Where(owner => DeleteOrphan(owner, owner[..^Owner.Length]))];

    private static bool DeleteOrphan(string owner, string path)
    {
        try
        {
            using var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.Delete(owner);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Gives the lock back. The files stay: deleting a lock file that another process is opening would split the lock in two.</summary>
    public void Dispose()
    {
        File.Delete(_owner);
        _file.Dispose();
    }
}
