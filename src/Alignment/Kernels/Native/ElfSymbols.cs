using System.Buffers.Binary;
using System.Text;

namespace Alignment.Kernels.Native;

/// <summary>The dynamic symbols of a 64-bit little-endian ELF library; only read to name what a libtorch lacks.</summary>
internal static class ElfSymbols
{
    private const uint DynamicSymbols = 11;
    private const int SymbolSize = 24;

    /// <summary>Names of the strong symbols the library takes from elsewhere.</summary>
    public static IEnumerable<string> Undefined(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        long headers = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(40));
        int headerSize = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(58));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(60));
        for (int section = 0; section < count; section++)
        {
            if (UInt32(section, 4) != DynamicSymbols)
                continue;
            int strings = (int)Int64((int)UInt32(section, 40), 24);
            int start = (int)Int64(section, 24), end = start + (int)Int64(section, 32);
            for (int symbol = start; symbol < end; symbol += SymbolSize)
            {
                bool undefined = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(symbol + 6)) == 0;
                bool global = file[symbol + 4] >> 4 == 1;
                if (undefined && global)
                    yield return Text(strings + (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(symbol)));
            }
        }

        uint UInt32(int section, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan((int)headers + section * headerSize + offset));
        long Int64(int section, int offset) => BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan((int)headers + section * headerSize + offset));
        string Text(int offset) => Encoding.ASCII.GetString(file, offset, Array.IndexOf(file, (byte)0, offset) - offset);
    }
}
