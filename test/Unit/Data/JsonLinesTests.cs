using System.Buffers.Binary;
using System.Text;
using Alignment.Data;
using Alignment.Tests.Unit.Data.Parquet;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class JsonLinesTests
{
    [TestCase("1{a}\n2{b}", "1 1{a}, 2 2{b}")]
    [TestCase("a\r\n\r\n \t\nb\r\n", "1 a, 4 b", TestName = "Blank lines count and are no rows")]
    [TestCase("\uFEFFa\n\uFEFFb", "1 a, 2 \uFEFFb", TestName = "A mark of the byte order is one only at the beginning")]
    [TestCase(" \uFEFFa", "1 \uFEFFa", TestName = "and not behind a blank")]
    [TestCase("\n[1]\n", "1 1", TestName = "A list may begin on a later line")]
    [TestCase("x [1]", "1 x [1]", TestName = "but with nothing before it")]
    [TestCase("[[1,[2]] , {\"a\":[{}]},\t\"[,]\"\r\n]", "1 [1,[2]], 2 {\"a\":[{}]}, 3 \"[,]\"")]
    [TestCase("""["\\",1,"\"],",2,"\\\"",3]""", """1 "\\", 2 1, 3 "\"],", 4 2, 5 "\\\"", 6 3""", TestName = "A quote behind a backslash ends no text, one behind two does")]
    [TestCase("[1] \t\r\n", "1 1", TestName = "White space may follow a list")]
    [TestCase("[[1],[],[2]]", "1 [1], 2 [], 3 [2]")]
    [TestCase("", ""), TestCase(" \n", ""), TestCase("[]", "")]
    public void A_row_is_a_line_that_is_not_blank_or_an_item_of_the_list_that_the_file_is(string text, string rows)
    {
        using DataFile plain = File(text, "rows.json"), gzip = new(DataFile.Gzip(text), "rows.json.GZ"), zstd = new(ParquetTestFile.Zstd(Encoding.UTF8.GetBytes(text)), "rows.json.zst");
        // .NET packs nothing into no bytes at all, which is no gzip stream
        foreach (DataFile file in text == "" ? [plain, zstd] : new[] { plain, gzip, zstd })
            Assert.That(Rows(file), Is.EqualTo(rows), Path.GetExtension(file.Path));
    }

    // of blocks of 65,536 bytes: lines and items that end at, before and behind their borders
    [TestCase(65_534), TestCase(65_535), TestCase(65_536), TestCase(65_537), TestCase(200_000)]
    public void Rows_larger_than_a_block_are_whole(int length)
    {
        string[] rows = [.. new[] { "\\", "x", "\\\\" }.Select((end, i) => $"{{\"{i}\":\"{new string('y', length - 10 - end.Length + 1)}{end}{(end == "\\" ? "\"" : "")}\"}}")];
        using DataFile lines = File(string.Join('\n', rows), "rows.jsonl"), list = File($"[{string.Join(',', rows)}]", "rows.json");
        foreach (DataFile file in new[] { lines, list })
            Assert.That(JsonLines.Read(file.Path).Select(line => (line.Number, Encoding.UTF8.GetString(line.Bytes))), Is.EqualTo(rows.Select((row, i) => (i + 1, row))));
    }

    [TestCase("", ""), TestCase("[", "]")]
    public void A_row_may_be_as_long_as_the_longest_and_no_longer(string before, string after)
    {
        // counted at the end of each block: a row that ends within one may be longer by so much
        string longest = new('x', JsonLines.MaxLineBytes), longer = new('x', JsonLines.MaxLineBytes + (1 << 17));
        using DataFile fits = File($"{before}{longest}{after}", "rows.json"), second = File($"{before}1{(before == "" ? "\n" : ",")}{longer}{after}", "rows.json");
        Assert.That(JsonLines.Read(fits.Path).Single().Bytes, Has.Length.EqualTo(JsonLines.MaxLineBytes));
        Assert.That(() => JsonLines.Read(second.Path).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{second.Path}(2): the line is longer than {JsonLines.MaxLineBytes} bytes; one JSON object a line is wanted"));
    }

    [Test]
    public void A_packed_file_of_nothing_has_no_rows_and_is_refused_where_a_byte_of_it_is_missing()
    {
        byte[] nothing = Convert.FromHexString("1F8B08000000000000030300" + "0000000000000000");
        using DataFile whole = new(nothing, "rows.jsonl.gz"), cut = new(nothing[..^1], "rows.jsonl.gz");
        Assert.That(Rows(whole), Is.Empty);
        Assert.That(() => Rows(cut), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{cut.Path}(1): the gzip stream is damaged, cut here "));
    }

    [Test]
    public void A_packed_file_that_does_not_hold_what_it_says_is_refused()
    {
        byte[] whole = DataFile.Gzip("{\"a\":1}\n{\"b\":2}\n"), otherSize = [.. whole], zstd = ParquetTestFile.Zstd("{\"a\":1}\n"u8.ToArray());
        BinaryPrimitives.WriteUInt32LittleEndian(otherSize.AsSpan(otherSize.Length - 4), 15);
        foreach ((string name, byte[] bytes, int row, string kind) in new[]
        {
            ("rows.jsonl.gz", otherSize, 1, "gzip"), ("rows.jsonl.gz", [.. whole, .. DataFile.Gzip("{}")], 3, "gzip"), ("rows.jsonl.gz", whole[..10], 1, "gzip"),
            ("rows.jsonl.gz", [], 1, "gzip"), ("rows.jsonl.zst", zstd[..^3], 1, "zstd"), ("rows.jsonl.zst", "plain"u8.ToArray(), 1, "zstd"),
        })
        {
            using DataFile file = new(bytes, name);
            Assert.That(() => JsonLines.Read(file.Path).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
                $"{file.Path}({row}): the {kind} stream is damaged, cut here or made of several parts; download the file again, or unpack and pack it anew"));
        }
    }

    private static DataFile File(string text, string name) => new(Encoding.UTF8.GetBytes(text), name);

    private static string Rows(DataFile file) => string.Join(", ", JsonLines.Read(file.Path).Select(line => $"{line.Number} {Encoding.UTF8.GetString(line.Bytes)}"));
}
