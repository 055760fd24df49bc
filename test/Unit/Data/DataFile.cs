using System.IO.Compression;
using System.Text;
using Alignment.Data;

namespace Alignment.Tests.Unit.Data;

/// <summary>A data file in a folder of its own, gone after the test.</summary>
internal sealed class DataFile : IDisposable
{
    public DataFile(byte[] bytes, string name = "pairs.jsonl")
    {
        Path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("pairs").FullName, name);
        File.WriteAllBytes(Path, bytes);
    }

    public DataFile(params string[] lines) : this(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"))
    {
    }

    public string Path { get; }

    public static byte[] Gzip(string text)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionMode.Compress))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }

    public PreferenceData Read(PairFormat format, ReadOptions? options = null) => PreferenceData.Read(format, Path, options ?? new());

    public void Dispose() => Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);
}
