using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Alignment.Training;

/// <summary>
/// A run's steps as TensorBoard reads them: a TFRecord file of protobuf messages <c>Event</c>, a version and then one a step with a scalar for each
/// number, under the tags that transformers gives them (train/loss, train/rewards/chosen, …).
/// </summary>
internal sealed class EventLog : IDisposable
{
    /// <summary>TensorBoard takes every file of a folder with "tfevents" in its name.</summary>
    public const string FileName = "events.out.tfevents.0.alignment";

    private const string Version = "brain.Event:2";

    // a record is its length (8 bytes), that one's checksum (4), the message, and its checksum (4)
    private const int Before = 12, After = 4;
    private readonly FileStream _file;
    private readonly TimeProvider _clock;

    private EventLog(FileStream file, TimeProvider clock) => (_file, _clock) = (file, clock);

    /// <summary>Opens the log of a run that goes on after <paramref name="steps"/> steps; later and unfinished records are cut off.</summary>
    public static EventLog Open(string folder, long steps, TimeProvider clock)
    {
        Directory.CreateDirectory(folder);
        var file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        file.SetLength(EndOfRecord(file, 1 + steps));
        file.Seek(0, SeekOrigin.End);
        var log = new EventLog(file, clock);
        if (file.Length == 0)
            log.Record(new Message().Double(1, log.Seconds).Bytes(3, Encoding.UTF8.GetBytes(Version)));
        return log;
    }

    /// <summary>Appends a step and hands it to the operating system.</summary>
    public void Write(StepRow row)
    {
        var summary = new Message();
        foreach ((string name, double value) in row.Numbers)
            summary.Bytes(1, new Message().Bytes(1, Encoding.UTF8.GetBytes($"train/{name}")).Float(2, (float)value).ToArray());
        Record(new Message().Double(1, Seconds).Whole(2, row.Step).Bytes(5, summary.ToArray()));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>CRC-32C (Castagnoli) of some bytes, rotated by 15 bits and moved by a constant, as TFRecord stores it.</summary>
    internal static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return unchecked(BitOperations.RotateRight(~crc, 15) + 0xA282EAD8);
    }

    private double Seconds => (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    private void Record(Message message)
    {
        byte[] content = message.ToArray(), record = new byte[Before + content.Length + After];
        BinaryPrimitives.WriteInt64LittleEndian(record, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Masked(record.AsSpan(0, 8)));
        content.CopyTo(record, Before);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(Before + content.Length), Masked(content));
        _file.Write(record);
        _file.Flush();
    }

    private static long EndOfRecord(FileStream file, long records)
    {
        long end = 0;
        Span<byte> length = stackalloc byte[8];
        while (records-- > 0 && file.Seek(end, SeekOrigin.Begin) == end && file.ReadAtLeast(length, 8, throwOnEndOfStream: false) == 8)
        {
            ulong next = (ulong)end + Before + BinaryPrimitives.ReadUInt64LittleEndian(length) + After;
            if (next > (ulong)file.Length)
                break;
            end = (long)next;
        }

        return end;
    }

    // protobuf's wire format: a key (field × 8 + kind), then the value
    private sealed class Message
    {
        private const int Varint = 0, Eight = 1, Counted = 2, Four = 5;
        private readonly MemoryStream _bytes = new();

        public Message Double(int field, double value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
            return Key(field, Eight).Raw(bytes);
        }

        public Message Float(int field, float value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            return Key(field, Four).Raw(bytes);
        }

        public Message Whole(int field, long value) => Key(field, Varint).Number((ulong)value);

        public Message Bytes(int field, byte[] value) => Key(field, Counted).Number((ulong)value.Length).Raw(value);

        public byte[] ToArray() => _bytes.ToArray();

        private Message Key(int field, int kind) => Number((ulong)(field << 3 | kind));

        private Message Number(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
                _bytes.WriteByte((byte)(value | 0x80));
            _bytes.WriteByte((byte)value);
            return this;
        }

        private Message Raw(ReadOnlySpan<byte> bytes)
        {
            _bytes.Write(bytes);
            return this;
        }
    }
}
