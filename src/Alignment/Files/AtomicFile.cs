namespace Alignment.Files;

/// <summary>Files that are there whole or not at all: written beside their place, flushed to disk, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>How the names of files end that are not whole yet.</summary>
    internal const string Partial = ".part";

    /// <summary>The machine's name as it stands in theirs, before the process's number.</summary>
    internal static string Machine { get; } = Environment.MachineName.Replace('.', '-');

    /// <summary>Replaces the file's content with <paramref name="text"/> as UTF-8 without a byte-order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    });

    /// <summary>Replaces the file's content with what <paramref name="content"/> writes; leaves the old content where that fails.</summary>
    public static void Write(string path, Action<FileStream> content)
    {
        string part = $"{path}.{Machine}.{Environment.ProcessId}{Partial}";
        try
        {
            // locked until it has its name, so that Leftovers sees that its process lives
            using var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None);
            content(stream);
            stream.Flush(flushToDisk: true);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}

/// <summary>A folder that appears under its name only when it is complete and on the disk.</summary>
internal static class NewFolder
{
    /// <summary>How the names of folders end that are not whole yet.</summary>
    internal const string Partial = ".partial";

    /// <summary>Makes a folder of what <paramref name="write"/> puts into the one it is given.</summary>
    /// <exception cref="IOException">The folder exists and is not empty.</exception>
    public static void Write(string folder, Action<string> write)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new IOException($"{folder}: is not empty; a checkpoint is written into a new folder, so delete this one or name another");
        string partial = $"{folder}.{Environment.ProcessId}{Partial}";
        if (Directory.Exists(partial))
            Directory.Delete(partial, recursive: true);
        Directory.CreateDirectory(partial);
        try
        {
            write(partial);
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(partial, folder);
        }
        catch
        {
            Directory.Delete(partial, recursive: true);
            throw;
        }
    }

    /// <summary>Writes a file and flushes it to the disk.</summary>
    public static void WriteFile(string path, byte[] content)
    {
        using FileStream file = File.Create(path);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }
}
