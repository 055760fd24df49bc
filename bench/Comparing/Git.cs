using System.Diagnostics;

namespace Alignment.Bench.Comparing;

/// <summary>Calls of git.</summary>
internal static class Git
{
    /// <summary>The commit of HEAD, with "-dirty" where tracked files have changed.</summary>
    public static string Revision(string repository)
    {
        string commit = Run(repository, "rev-parse", "HEAD");
        return Run(repository, "status", "--porcelain", "--untracked-files=no").Length == 0 ? commit : commit + "-dirty";
    }

    /// <summary>A revision's commit.</summary>
    /// <exception cref="InvalidOperationException">There is no such revision; the message names it.</exception>
    public static string Commit(string repository, string revision) => Run(repository, "rev-parse", "--verify", "--end-of-options", revision + "^{commit}");

    /// <summary>A commit is an ancestor of another one, and not that one itself.</summary>
    public static bool IsOlder(string repository, string commit, string than) =>
        commit != than && Run(repository, "rev-list", "--max-count=1", commit, "^" + than).Length == 0;

    /// <summary>What a command prints, without the last line break.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static string Run(string repository, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-C", repository, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process git = Process.Start(start)!;
        Task<string> errors = git.StandardError.ReadToEndAsync();
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? output.TrimEnd('\n')
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} in {repository}: {errors.GetAwaiter().GetResult().Trim()}");
    }
}
