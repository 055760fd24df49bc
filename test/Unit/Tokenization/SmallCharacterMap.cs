using System.Buffers.Binary;
using System.Text;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Writes tables of characters as SentencePiece does (precompiled_charsmap): a double-array trie of the keys, then the texts.</summary>
internal static class SmallCharacterMap
{
    public static byte[] Write(params (string Key, string Text)[] rows)
    {
        List<byte> texts = [];
        List<(byte[] Key, int Value)> keys = [];
        foreach ((string key, string text) in rows)
        {
            keys.Add((Encoding.UTF8.GetBytes(key), texts.Count));
            texts.AddRange([.. Encoding.UTF8.GetBytes(text), 0]);
        }

        Dictionary<int, uint> units = new() { [0] = 0 };
        Place(units, 0, keys, 0);
        int count = (units.Keys.Max() | 0xFF) + 1; // readers do not look whether a byte leads outside
        byte[] table = new byte[4 + (4 * count)];
        BinaryPrimitives.WriteInt32LittleEndian(table, 4 * count);
        foreach ((int at, uint unit) in units)
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 + (4 * at)), unit);
        return [.. table, .. texts];
    }

    // the children of a unit stand at its own place xor an offset xor their byte; the value at the byte 0
    private static void Place(Dictionary<int, uint> units, int at, List<(byte[] Key, int Value)> keys, int depth)
    {
        var children = keys.GroupBy(row => row.Key.Length == depth ? 0 : (int)row.Key[depth]).ToList();
        int offset = Enumerable.Range(1, 1 << 20).First(o => children.All(child => !units.ContainsKey(at ^ o ^ child.Key)));
        units[at] |= ((uint)offset << 10) | (children.Any(child => child.Key == 0) ? 0x100u : 0);
        foreach (var child in children)
            units[at ^ offset ^ child.Key] = child.Key == 0 ? 0x80000000 | (uint)child.First().Value : (uint)child.Key;
        foreach (var child in children.Where(child => child.Key != 0))
            Place(units, at ^ offset ^ child.Key, [.. child], depth + 1);
    }
}
