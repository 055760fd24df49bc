using System.Buffers.Binary;

namespace Alignment.Tokenization;

/// <summary>Reads the fields of one protobuf message (wire format, no schema); every fault is refused with its offset.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message, string path, int origin = 0)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Value of a varint or 32- or 64-bit field.</summary>
    public ulong Number { get; private set; }

    /// <summary>Content of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Offset of the current field's content in the file.</summary>
    public readonly int ContentOffset => origin + _at - Bytes.Length;

    /// <summary>Moves to the next field; false at the end of the message.</summary>
    /// <exception cref="InvalidDataException">The message is cut or is not protobuf.</exception>
    public bool Next()
    {
        if (_at == _message.Length)
            return false;
        int start = _at;
        ulong tag = Varint();
        Field = (int)Math.Min(tag >> 3, int.MaxValue);
        Bytes = default;
        Number = 0;
        switch ((int)(tag & 7))
        {
            case 0: Number = Varint(); break;
            case 1: Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8)); break;
            case 2: Bytes = Take(Varint()); break;
            case 5: Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)); break;
            default: throw Fault(start, $"wire type {tag & 7}");
        }
        return Field > 0 ? true : throw Fault(start, "field number 0");
    }

    /// <summary>The current 32-bit field as a float.</summary>
    public readonly float Float => BitConverter.UInt32BitsToSingle((uint)Number);

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Take(1)[0];
            value |= (ulong)(b & 127) << shift;
            if (b < 128)
                return value;
        }
        throw Fault(_at, "a number of more than 10 bytes");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _at))
            throw Fault(_at, $"{count} bytes wanted, {_message.Length - _at} left");
        ReadOnlySpan<byte> taken = _message.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    private readonly InvalidDataException Fault(int at, string what) =>
        new($"{path}: not a SentencePiece model, or cut: {what} at byte {origin + at}. Download the file again");
}
