namespace Alignment.Models;

/// <summary>A folder that appears under its name only when it is complete and on the disk.</summary>
internal static class NewFolder
{
    /// <summary>Makes a folder of what <paramref name="write"/> puts into the one it is given.</summary>
    /// <exception cref="IOException">The folder exists and is not empty.</exception>
    public static void Write(string folder, Action<string> write)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new IOException($"{folder}: is not empty; a checkpoint is written into a new folder, so delete this one or name another");
        string partial = $"{folder}.{Environment.ProcessId}.partial";
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
