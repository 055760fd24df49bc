using System.Globalization;

namespace Alignment.Files;

/// <summary>
/// Removes what processes that died while they wrote have left beside the files they meant to write. A file that a live process writes is locked
/// (<see cref="AtomicFile"/>), on whatever machine that runs.
/// </summary>
internal static class Leftovers
{
    // machines' clocks differ, and a disk may not answer for minutes
    private static readonly TimeSpan s_old = TimeSpan.FromHours(1);

    /// <summary>Deletes the partial files below a folder whose writers are gone.</summary>
    /// <returns>Their paths.</returns>
    public static IReadOnlyList<string> Remove(string folder, TimeProvider clock) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, $"*{AtomicFile.Partial}", s_below).Where(path => IsDead(path, clock) && DeleteUnlocked(path))];

    /// <summary>Deletes every partial file and folder below a folder that no other process works on.</summary>
    public static void RemoveAll(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string partial in Directory.EnumerateDirectories(folder, $"*{NewFolder.Partial}", s_below).ToList().Where(Directory.Exists))
            Directory.Delete(partial, recursive: true);
        foreach (string partial in Directory.EnumerateFiles(folder, $"*{AtomicFile.Partial}", s_below).ToList())
            File.Delete(partial);
    }

    // links lead to folders that are looked through anyway
    private static readonly EnumerationOptions s_below = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    // a process that has just made its file locks it at once, but not in the same moment; and its number may be another's by now
    private static bool IsDead(string path, TimeProvider clock) => clock.GetUtcNow() - File.GetLastWriteTimeUtc(path) > s_old
        || (Path.GetFileName(path).Split('.') is [.., var machine, var process, _] && machine == AtomicFile.Machine
            && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && !Directory.Exists($"/proc/{id}"));

    /// <summary>Deletes a file unless a process holds it.</summary>
    public static bool DeleteUnlocked(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
