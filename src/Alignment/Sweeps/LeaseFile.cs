using System.Globalization;
using Alignment.Files;

namespace Alignment.Sweeps;

/// <summary>A lease as it lies on the disk: LOCK.N.lease, N being its turn, with a count of its holder's beats and who that is.</summary>
/// <param name="Path">The file.</param>
/// <param name="Turn">Turns are taken one after another, and none is given twice.</param>
/// <param name="Text">All that stands in it.</param>
internal sealed record LeaseFile(string Path, int Turn, string Text)
{
    private const string Extension = ".lease";

    /// <summary>Who holds it; null where the file is not whole.</summary>
    public LeaseOwner? Owner { get; } = Text.Split('\n') is [_, var line, ..] ? LeaseOwner.Parse(line) : null;

    /// <summary>The file of a turn.</summary>
    public static string Of(string path, int turn) => string.Create(CultureInfo.InvariantCulture, $"{path}.{turn}{Extension}");

    /// <summary>What its holder writes at each beat.</summary>
    public static string Content(long beat, LeaseOwner owner) => string.Create(CultureInfo.InvariantCulture, $"beat {beat}\n{owner.ToJson()}\n");

    /// <summary>All leases of a lock, the last turn at the end; of one that goes while it is read nothing is told.</summary>
    public static IReadOnlyList<LeaseFile> All(string path)
    {
        string folder = System.IO.Path.GetDirectoryName(path)!, name = System.IO.Path.GetFileName(path);
        return !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFiles(folder, $"{name}.*{Extension}").ToList()
            .Select(file => (File: file, Turn: Number(System.IO.Path.GetFileName(file)[(name.Length + 1)..^Extension.Length]))).Where(at => at.Turn > 0)
            .Select(at => Read(at.File) is { } text ? new LeaseFile(at.File, at.Turn, text) : null).OfType<LeaseFile>().OrderBy(lease => lease.Turn)];
    }

    /// <summary>The locks in a folder that somebody has, or had when it died.</summary>
    public static IReadOnlyList<string> Locks(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, $"*{Extension}").Select(file => System.IO.Path.ChangeExtension(file, null)).Where(turn => Number(System.IO.Path.GetExtension(turn).TrimStart('.')) > 0)
            .Select(turn => System.IO.Path.ChangeExtension(turn, null)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The last turn that was given back, 0 before the first one.</summary>
    public static int Ended(string path) => Read(path + Extension) is { } text ? Number(text.Trim()) : 0;

    /// <summary>Notes the last turn that was given back, so that nobody takes it once more.</summary>
    public static void End(string path, int turn)
    {
        if (Ended(path) < turn)
            AtomicFile.WriteText(path + Extension, turn.ToString(CultureInfo.InvariantCulture) + "\n");
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    // without FileShare.None nothing is locked against a reader
    private static string? Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
