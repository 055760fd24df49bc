using System.Runtime.InteropServices;

namespace Alignment.Bench.Comparing;

/// <summary>A revision in a folder of its own beside the working tree; gone when it is disposed or the process is asked to end.</summary>
internal sealed class Worktree : IDisposable
{
    private readonly string _repository;
    private readonly PosixSignalRegistration[] _signals;

    private Worktree(string repository, string folder, string commit)
    {
        (_repository, Folder, Commit) = (repository, folder, commit);
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, _ => Remove(_repository, Folder)))];
    }

    /// <summary>Where the revision's files are.</summary>
    public string Folder { get; }

    /// <summary>Its commit.</summary>
    public string Commit { get; }

    /// <summary>Checks out a revision; what a killed process left in the folder is removed first.</summary>
    /// <param name="repository">A working tree of the repository.</param>
    /// <param name="revision">Anything that git takes for a commit.</param>
    /// <param name="folder">Made, and removed at the end.</param>
    /// <exception cref="InvalidOperationException">There is no such revision, or git cannot check it out.</exception>
    public static Worktree Open(string repository, string revision, string folder)
    {
        string commit = Git.Commit(repository, revision);
        Remove(repository, folder);
        try
        {
            Git.Run(repository, "worktree", "add", "--detach", folder, commit);
            return new(repository, folder, commit);
        }
        catch
        {
            Remove(repository, folder);
            throw;
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        Remove(_repository, Folder);
    }

    private static void Remove(string repository, string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Git.Run(repository, "worktree", "prune");
    }
}
