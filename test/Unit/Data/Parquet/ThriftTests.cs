using Alignment.Data.Parquet;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>Bytes of Thrift's compact protocol by hand: (delta of the id, kind), then the value; a number is zigzag, seven bits a byte.</summary>
public class ThriftTests
{
    [TestCase("11 00", 1), TestCase("12 00", 0), TestCase("13 FF 00", -1), TestCase("14 03 00", -2), TestCase("15 02 00", 1), TestCase("16 80 01 00", 64)]
    [TestCase("06 02 0A 00", 5, TestName = "An id that is written whole")]
    [TestCase("16 FE FF FF FF FF FF FF FF FF 01 00", long.MaxValue), TestCase("16 FF FF FF FF FF FF FF FF FF 01 00", long.MinValue)]
    public void A_number_is_read_from_every_kind_that_holds_one(string bytes, long value)
    {
        ThriftStruct read = ThriftStruct.Read(Bytes(bytes + " 77 77"), out int length);
        Assert.That((read.Number(1), read.Number(1, 99), length), Is.EqualTo((value, value, Bytes(bytes).Length)));
        Assert.That((read.Has(1), read.Has(2), read.HasStruct(1), read.Number(2, 99)), Is.EqualTo((true, false, false, 99L)));
    }

    [Test]
    public void Fields_of_every_kind_stand_beside_each_other()
    {
        ThriftStruct read = ThriftStruct.Read(Bytes("15 02 28 02 61 62 17 00 00 00 00 00 00 00 00 1C 15 04 00 19 2C 15 06 00 15 08 00 1A 35 02 02 02 19 21 01 02 19 F5 01 02 15 0A 00"), out int length);
        Assert.That((read.Number(1), read.Bytes(3).ToArray(), read.Has(4), read.Number(4, 9), read.Struct(5).Number(1), read.HasStruct(5)), Is.EqualTo((1L, "ab"u8.ToArray(), true, 9L, 2L, true)));
        Assert.That(read.Structs(6).Select(item => item.Number(1)), Is.EqualTo(new[] { 3, 4 }));
        Assert.That((read.Number(10), length), Is.EqualTo((5L, 43)));
    }

    [TestCase("", "it is cut"), TestCase("15", "it is cut"), TestCase("15 80", "it is cut"), TestCase("15 02", "it is cut"), TestCase("18 03 61 00", "it is cut"), TestCase("17 00 00", "it is cut")]
    [TestCase("18 FF FF FF FF FF FF FF FF FF 01 00", "it is cut", TestName = "A length below zero")]
    [TestCase("16 80 80 80 80 80 80 80 80 80 80 00", "a number does not end")]
    [TestCase("1B 00 00", "a value is of kind 11, which Parquet has not")]
    [TestCase("19 F5 7F", "a list of 127 items stands in 0 bytes"), TestCase("19 35 02", "a list of 3 items stands in 1 bytes")]
    public void What_goes_beyond_the_bytes_is_refused(string bytes, string fault) => Assert.That(() => ThriftStruct.Read(Bytes(bytes), out _),
        Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"a header or the footer is damaged: {fault}"));

    [TestCase(16, false), TestCase(17, true)]
    public void Parts_may_stand_sixteen_deep_in_each_other(int deep, bool refused)
    {
        byte[] structs = [.. Enumerable.Repeat((byte)0x1C, deep), .. new byte[deep + 1]], lists = [0x19, .. Enumerable.Repeat((byte)0x1C, deep - 1), .. new byte[deep]];
        foreach (byte[] bytes in new[] { structs, lists })
            Assert.That(() => ThriftStruct.Read(bytes, out _), refused ? Throws.TypeOf<InvalidDataException>().With.Message.EndsWith(": its parts are nested too deeply") : Throws.Nothing);
    }

    [Test]
    public void What_is_not_there_is_told_by_its_id()
    {
        ThriftStruct read = ThriftStruct.Read(Bytes("15 02 19 15 02 00"), out _);
        foreach ((Action ask, string fault) in new (Action, string)[]
        {
            (() => read.Number(3), "number 3 is missing"), (() => read.Bytes(1), "text 1 is missing"), (() => read.Struct(1), "part 1 is missing"),
            (() => read.Structs(1), "list 1 is missing"), (() => read.Structs(2), "list 2 holds something else"), (() => read.Number(2), "number 2 is missing"),
        })
            Assert.That(ask, Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"a header or the footer is damaged: {fault}"));
    }

    [Test]
    public void What_is_written_are_the_bytes_of_the_protocol()
    {
        byte[] written = new ThriftWriter().Whole(all => all.Number(1, -3).Number(4, 300, 6).Text(5, "ab"u8).Struct(7, part => part.Number(2, 1))
            .List(8, [one => one.Number(1, 1), other => other.Number(1, 2)]).Texts(9, ["x"u8.ToArray()]).Number(15, long.MinValue, 6)).ToArray();
        Assert.That(Convert.ToHexString(written), Is.EqualTo("15 05 36 D8 04 18 02 61 62 2C 25 02 00 19 FC 02 15 02 00 15 04 00 19 F8 01 01 78 66 FF FF FF FF FF FF FF FF FF 01 00".Replace(" ", "")));
    }

    [TestCase(-64, "15 7F"), TestCase(64, "15 80 01"), TestCase(0, "15 00")]
    public void A_number_takes_a_byte_for_seven_bits(long value, string bytes) => Assert.That(new ThriftWriter().Number(1, value).ToArray(), Is.EqualTo(Bytes(bytes)));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", ""));
}
