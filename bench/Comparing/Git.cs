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
