using System.Buffers.Binary;
using System.Text;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

/// <summary>Event files by the rules of their format, read back with a reader of its own.</summary>
public sealed class EventLogTests
{
    // checksums that another writer of event files stored
    [TestCase("1800000000000000", 0x224B7FA3u)]
    [TestCase("1900000000000000", 0x2808F18Bu)]
    [TestCase("0900000000000870401A0D627261696E2E4576656E743A32", 0x2B2198BCu)]
    [TestCase("0900000000000870401001" + "2A0C0A0A0A03762F31150000C03F", 0x87C0EC2Cu)]
    public void Checksums_are_those_of_TFRecord(string bytes, uint expected) => Assert.That(EventLog.Masked(Convert.FromHexString(bytes)), Is.EqualTo(expected));

    [Test]
    public void Every_number_of_a_step_is_a_scalar_and_the_first_record_says_the_version()
    {
        using var folder = new TemporaryFolder();
        using (EventLog log = EventLog.Open(folder.Path, 0, TimeProvider.System))
            log.Write(Row(300, 0.25));
        Dictionary<int, object>[] events = [.. Events(folder.File(EventLog.FileName))];
        Assert.That(events, Has.Length.EqualTo(2));
        Assert.That(Encoding.UTF8.GetString((byte[])events[0][3]), Is.EqualTo("brain.Event:2"));
        Assert.That(events[1][2], Is.EqualTo(300UL));
        Assert.That(events.Select(e => BitConverter.UInt64BitsToDouble((ulong)e[1])), Is.Ordered.And.All.GreaterThan(0), "wall time, seconds");
        Assert.That(Scalars(events[1]), Is.EqualTo(new Dictionary<string, float>
        {
            ["train/epoch"] = 0.5f,
            ["train/loss"] = 0.25f,
            ["train/rewards/chosen"] = -1.5f,
            ["train/grad_norm"] = 2,
            ["train/learning_rate"] = 1e-7f,
            ["train/num_tokens"] = 100,
            ["train/tokens_per_second"] = 10,
        }));
    }

    [Test]
    public void A_run_that_goes_on_cuts_off_what_came_after_its_checkpoint_and_what_was_half_written()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(EventLog.FileName);
        using (EventLog log = EventLog.Open(folder.Path, 0, TimeProvider.System))
            for (int step = 1; step <= 5; step++)
                log.Write(Row(step, step));
        using (FileStream file = File.OpenWrite(path))
            file.SetLength(file.Length - 3);
        Assert.That(Losses(7, 60), Is.EqualTo(new float[] { 1, 2, 3, 4, 60 }), "the last one was half written");
        Assert.That(Losses(3, 40), Is.EqualTo(new float[] { 1, 2, 3, 40 }));
        Assert.That(Losses(9, 50), Is.EqualTo(new float[] { 1, 2, 3, 40, 50 }), "a log that was begun late keeps what it has");
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.That(Losses(2, 3), Is.EqualTo(new float[] { 3 }), "without a whole record a file begins anew");

        float[] Losses(long steps, double next)
        {
            using (EventLog log = EventLog.Open(folder.Path, steps, TimeProvider.System))
                log.Write(Row(steps + 1, next));
            return [.. Events(path).Skip(1).Select(e => Scalars(e)["train/loss"])];
        }
    }

    [Test]
    public void Steps_are_read_while_the_run_goes_on([Values(1, 127, 128, 129, 16_384, 3_000_000_000)] long step)
    {
        using var folder = new TemporaryFolder();
        using EventLog log = EventLog.Open(folder.Path, 0, TimeProvider.System);
        log.Write(Row(step, 0.25));
        Assert.That(Events(folder.File(EventLog.FileName)).Skip(1).Select(e => e[2]), Is.EqualTo(new object[] { (ulong)step }));
    }

    private static StepRow Row(long step, double loss) => new()
    {
        Step = step,
        Epoch = 0.5,
        Loss = loss,
        Means = [new("rewards/chosen", -1.5)],
        GradientNorm = 2,
        LearningRate = 1e-7,
        Tokens = 100,
        TokensPerSecond = 10,
    };

    private static Dictionary<string, float> Scalars(Dictionary<int, object> e) => Fields((byte[])e[5]).Where(field => field.Number == 1).Select(field => Fields((byte[])field.Value).ToDictionary(part => part.Number, part => part.Value))
        .ToDictionary(value => Encoding.UTF8.GetString((byte[])value[1]), value => BitConverter.UInt32BitsToSingle((uint)value[2]));

    // length, its checksum, the message, its checksum
    private static IEnumerable<Dictionary<int, object>> Events(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] file = new byte[stream.Length];
        stream.ReadExactly(file);
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.That(Checksum(file.AsSpan(at, 8)), Is.EqualTo(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8))));
            Assert.That(Checksum(file.AsSpan(at + 12, length)), Is.EqualTo(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length))));
            yield return Fields(file[(at + 12)..(at + 12 + length)]).ToDictionary(field => field.Number, field => field.Value);
            at += length + 16;
        }
    }

    // bit by bit: polynomial 0x1EDC6F41, reflected
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
        }

        crc = ~crc;
        return unchecked((crc >> 15 | crc << 17) + 0xA282EAD8);
    }

    private static IEnumerable<(int Number, object Value)> Fields(byte[] message)
    {
        for (int at = 0; at < message.Length;)
        {
            ulong key = Varint(message, ref at);
            object value = (key & 7) switch
            {
                0 => Varint(message, ref at),
                1 => BinaryPrimitives.ReadUInt64LittleEndian(Take(8)),
                5 => BinaryPrimitives.ReadUInt32LittleEndian(Take(4)),
                2 => Take((int)Varint(message, ref at)),
                _ => throw new InvalidDataException($"kind {key & 7}"),
            };
            yield return ((int)(key >> 3), value);

            byte[] Take(int count) => message[at..(at += count)];
        }
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
