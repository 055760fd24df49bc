using System.Buffers.Binary;
using System.Text;

namespace Alignment.Tests.Unit.Checkpoints.Safetensors;

/// <summary>Builds safetensors files by hand, well-formed or not, in a folder that goes away with the test.</summary>
internal sealed class SafetensorsBytes : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("alignment-").FullName;

    public static byte[] Build(string header, int dataBytes, long? length = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length ?? json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }

    public string Write(byte[] bytes, string name = "x.safetensors")
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
