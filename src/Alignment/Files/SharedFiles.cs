using System.Runtime.InteropServices;

namespace Alignment.Files;

/// <summary>Files that stand in two places and take the room of one.</summary>
internal static partial class SharedFiles
{
    /// <summary>Makes a new folder with the files of another: hard links, or copies where the file system has none or the folders are on two of them.</summary>
    /// <param name="from">Its files are not written to afterwards; folders in it are left out.</param>
    /// <param name="to">Made; must not be there.</param>
    public static void LinkFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            string target = Path.Combine(to, Path.GetFileName(file));
            if (Link(file, target) != 0)
                File.Copy(file, target);
        }
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string from, string to);
}
