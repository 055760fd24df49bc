using System.Reflection;

namespace Alignment.Tests.Sweep;

/// <summary>Folders that the build wrote into this assembly.</summary>
internal static class BuildFolders
{
    /// <summary>artifacts/sweeps of the checkout; beside the program where it runs as a bundle.</summary>
    public static string Sweeps { get; } = Path.Combine(Artifacts(), "sweeps");

    private static string Artifacts()
    {
        string built = typeof(BuildFolders).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(attribute => attribute.Key == "Alignment.Artifacts").Value!;
        return Directory.Exists(Path.GetDirectoryName(built.TrimEnd('/'))) ? built : Path.Combine(AppContext.BaseDirectory, "artifacts");
    }
}
