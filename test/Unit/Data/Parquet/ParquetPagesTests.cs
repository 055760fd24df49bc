using Alignment.Data.Parquet;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>Pages by hand: headers as parquet.thrift has them, and what they become in the one form that is read further.</summary>
[NonParallelizable]
public class ParquetPagesTests
{
    private const int Plain = 0, Dictionary = 8, RunLengths = 3, BitPacked = 4, Snappy = 1;
    private static readonly byte[] s_four = [1, 2, 3, 4], s_level = [2, 0, 0, 0, 8, 1], s_longLevel = [9, 0, 0, 0, 8, 1];
    private static readonly ParquetLeaf s_plain = Leaf(""), s_optional = Leaf("o"), s_listed = Leaf("r"), s_truth = Leaf("", ParquetKind.Boolean);

    // values to come, the column, its codec, the page, and "type values encoding data" of what is written
    private static IEnumerable<TestCaseData> Pages()
    {
        yield return Case("plain values", 1, s_plain, 0, First(1, Plain, s_four), "0 1 0 01020304");
        yield return Case("packed values", 1, s_plain, Snappy, First(1, Plain, Snappier.Snappy.CompressToArray(s_four), 4), "0 1 0 01020304");
        yield return Case("values of a dictionary", 1, s_plain, 0, [.. Entries(1, s_four), .. First(1, Dictionary, [0])], "2 1 0 01020304|0 1 8 00");
        yield return Case("no entries at all", 1, s_plain, 0, [.. Entries(0, []), .. First(1, Plain, s_four)], "2 0 0 |0 1 0 01020304");
        yield return Case("eight entries of a byte", 1, s_plain, 0, [.. Entries(8, [7]), .. First(1, Dictionary, [0])], "2 8 0 07|0 1 8 00");
        yield return Case("two pages", 3, s_plain, 0, [.. First(1, Plain, s_four), .. First(2, Plain, [.. s_four, .. s_four])], "0 1 0 01020304|0 2 0 0102030401020304");
        yield return Case("as many values as a page may have", int.MaxValue, s_plain, 0, First(int.MaxValue, Plain, s_four), "0 2147483647 0 01020304");
        yield return Case("a page of an index", 1, s_plain, 0, [.. Page(1, s_four, 4, _ => { }), .. First(1, Plain, s_four)], "0 1 0 01020304");
        yield return Case("a page of nothing", 1, s_plain, 0, [.. First(0, Plain, []), .. First(1, Plain, s_four)], "0 1 0 01020304");
        yield return Case("definition levels", 1, s_optional, 0, First(1, Plain, [.. s_level, .. s_four]), "0 1 0 02000000080101020304");
        yield return Case("both kinds of levels", 1, s_listed, 0, First(1, Plain, [.. s_level, .. s_level, .. s_four]), "0 1 0 02000000080102000000080101020304");
        yield return Case("levels that nobody needs in another encoding", 1, s_plain, 0, First(1, Plain, s_four, levels: BitPacked), "0 1 0 01020304");
        yield return Case("run lengths of truth", 1, s_truth, 0, First(1, RunLengths, [2, 0, 0, 0, 2, 1]), "0 1 3 0201");
        yield return Case("levels of no bytes and nothing else", 1, s_optional, 0, First(1, Plain, [0, 0, 0, 0]), "0 1 0 00000000");
        yield return Case("run lengths of truth of no bytes", 1, s_truth, 0, First(1, RunLengths, [0, 0, 0, 0]), "0 1 3 ");
        yield return Case("run lengths of nothing", 1, s_truth, 0, First(1, RunLengths, []), "0 1 3 ");
        yield return Case("the second form", 1, s_plain, 0, Second(1, [], [], s_four), "0 1 0 01020304");
        yield return Case("the second form with levels, which are never packed", 1, s_listed, Snappy,
            Second(1, [8, 1], [6, 3, 7], Snappier.Snappy.CompressToArray(s_four), 4), "0 1 0 0200000008010300000006030701020304");
        yield return Case("the second form, not packed", 1, s_optional, Snappy, Second(1, [], [8, 1], s_four, packed: false), "0 1 0 02000000080101020304");
        yield return Case("the second form of nothing but levels", 1, s_optional, 0, Second(1, [], [2, 0], []), "0 1 0 020000000200");
        yield return Case("the second form with levels of what is always there", 1, s_plain, 0, Second(1, [9], [8, 1], s_four), "0 1 0 01020304");

        static TestCaseData Case(string name, int values, ParquetLeaf leaf, int codec, byte[] bytes, string pages) => new TestCaseData(values, leaf, codec, bytes, pages).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Pages))]
    public void Pages_are_written_anew_in_one_form(int values, object leaf, int codec, byte[] bytes, string pages) =>
        Assert.That(Written(values, (ParquetLeaf)leaf, codec, bytes), Is.EqualTo(pages));

    private static IEnumerable<TestCaseData> Damaged()
    {
        const string Levels = "the levels of a page are longer than the page", Size = "a page unpacks to another size than it says";
        yield return Case("no page", s_plain, 0, [], "a header or the footer is damaged: it is cut");
        yield return Case("cut", s_plain, 0, First(1, Plain, s_four)[..^1], "a page is cut");
        yield return Case("less than nothing", s_plain, 0, Page(0, [], 4, _ => { }, packed: -1), "a page is cut");
        yield return Case("unpacked to less than nothing", s_plain, 0, First(1, Plain, s_four, -1), "a page of 4 bytes claims to unpack to -1, too much for a column of a row group");
        yield return Case("unpacked to too much", s_plain, 0, First(1, Plain, s_four, (1 << 24) + 1), "a page of 4 bytes claims to unpack to 16777217, too much for a column of a row group");
        foreach (int believed in new[] { 5000, 1 << 24 })
            yield return Case($"unpacked to {believed}, which is believed", s_plain, 0, First(1, Plain, s_four, believed), Size);
        // a megabyte may become eleven hundred of them, and all pages of a column a gibibyte, of which four bytes stand before the first
        yield return Case("a large page unpacked to more", s_plain, Snappy, First(1, Plain, new byte[1_000_000], (1 << 24) + 1), Size);
        yield return Case("unpacked to all that is believed of a row group", s_plain, Snappy, First(1, Plain, new byte[1_000_000], (1 << 30) - 4), Size);
        yield return Case("unpacked to more than is believed of a row group", s_plain, Snappy, First(1, Plain, new byte[1_000_000], (1 << 30) - 3),
            "a page of 1000000 bytes claims to unpack to 1073741821, too much for a column of a row group");
        yield return Case("more values", s_plain, 0, First(2, Plain, s_four), "a column has more values than the footer says");
        yield return Case("values below zero", s_plain, 0, First(-1, Plain, s_four), "a page has -1 values");
        yield return Case("values beyond all", s_plain, 0, First(1L << 31, Plain, s_four), "a page has 2147483648 values");
        yield return Case("entries below zero", s_plain, 0, Entries(-1, s_four), "a dictionary of -1 entries stands in 4 bytes");
        yield return Case("entries of less than a bit", s_plain, 0, Entries(33, s_four), "a dictionary of 33 entries stands in 4 bytes");
        yield return Case("old definition levels", s_optional, 0, First(1, Plain, [.. s_level, .. s_four], levels: BitPacked), "a page has levels in an encoding that was given up in 2013");
        yield return Case("old repetition levels", s_listed, 0, First(1, Plain, [.. s_level, .. s_level, .. s_four], repeats: BitPacked), "a page has levels in an encoding that was given up in 2013");
        yield return Case("levels without a length", s_optional, 0, First(1, Plain, [2, 0, 0]), Levels);
        yield return Case("levels beyond the page", s_optional, 0, First(1, Plain, [.. s_longLevel, .. s_four[..2]]), Levels);
        yield return Case("levels below zero", s_optional, 0, First(1, Plain, [255, 255, 255, 255, 1]), Levels);
        yield return Case("second levels beyond the page", s_listed, 0, First(1, Plain, [.. s_level, .. s_longLevel]), Levels);
        yield return Case("the second form's levels beyond what is packed", s_listed, 0, Second(1, [8, 1], [8, 1], [], repeats: 3), Levels);
        yield return Case("the second form's levels beyond what is packed and not beyond what is unpacked", s_listed, 0, Second(1, [8, 1], [8, 1], [], size: 1, repeats: 3), Levels);
        yield return Case("the second form's levels beyond what is unpacked", s_listed, 0, Second(1, [8, 1], [8, 1], [], size: -1), Levels);
        yield return Case("the second form's levels below zero", s_listed, 0, Second(1, [8, 1], [8, 1], s_four, repeats: -1), Levels);
        yield return Case("run lengths of numbers", s_plain, 0, First(1, RunLengths, s_four), "a page has run lengths of what is no truth value");
        yield return Case("run lengths without their length", s_truth, 0, First(1, RunLengths, [2, 0, 0]), "a page has run lengths of what is no truth value");
        yield return Case("not packed, another size", s_plain, 0, First(1, Plain, s_four, 5), Size);
        yield return Case("snappy, another size", s_plain, Snappy, First(1, Plain, Snappier.Snappy.CompressToArray(s_four), 5), Size);
        yield return Case("not packed, a byte", s_plain, 0, First(1, Plain, s_four, 1), Size);
        yield return Case("snappy, a smaller size", s_plain, Snappy, First(1, Plain, Snappier.Snappy.CompressToArray(s_four), 3), Size);
        yield return Case("gzip, another size", s_plain, 2, First(1, Plain, DataFile.Gzip("four"), 5), Size);
        yield return Case("zstd, another size", s_plain, 6, First(1, Plain, ParquetTestFile.Zstd(s_four), 5), Size);
        foreach ((int codec, string name) in new[] { (3, "lzo"), (4, "brotli"), (5, "lz4"), (7, "lz4"), (9, "method 9") })
            yield return Case(name + codec, s_plain, codec, First(1, Plain, s_four), $"its pages are packed with {name}; write it with snappy, zstd, gzip or not packed");

        static TestCaseData Case(string name, ParquetLeaf leaf, int codec, byte[] bytes, string fault) => new TestCaseData(leaf, codec, bytes, fault).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Damaged))]
    public void Pages_that_are_not_what_their_headers_say_are_refused(object leaf, int codec, byte[] bytes, string fault) =>
        Assert.That(() => Written(1, (ParquetLeaf)leaf, codec, bytes), Throws.Exception.With.Message.EqualTo(fault));

    [TestCase(3, 20), TestCase(4, -1), TestCase(8, 17), TestCase(25, 0), TestCase(4, 1L << 40)]
    public void A_column_stands_behind_the_beginning_and_before_the_end_of_its_file(long offset, long length)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("f"), new byte[24]);
        using FileStream file = File.OpenRead(folder.File("f"));
        Assert.That(() => ParquetPages.Write(file, new(0, 1, offset, length), s_plain, new()), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("a column stands outside the file"));
        Assert.That(() => ParquetPages.Write(file, new(0, 0, 4, 20), s_plain, new()), Throws.Nothing, "all of it");
        Assert.That(() => ParquetPages.Write(file, new(0, 0, 24, 0), s_plain, new()), Throws.Nothing, "nothing at the end");
    }

    // a bit each; a run of one, the second entry of a dictionary of one
    [Test]
    public void A_value_that_its_dictionary_does_not_have_is_damage()
    {
        byte[] pages = [.. Entries(1, s_four), .. First(1, Dictionary, [1, 2, 1])];
        using DataFile file = new(ParquetFooterTests.File(chunk => chunk.Struct(3, meta => ParquetFooterTests.Meta(meta, 0, 1, pages.Length, 4, null)), rows: 1, pages: pages), "rows.parquet");
        Assert.That(() => ParquetRows.Of(file.Path, 100).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(1): the Parquet file is damaged: its values are not what its headers say; download it again"));
    }

    private static ParquetLeaf Leaf(string steps, ParquetKind kind = ParquetKind.Int32) => new(0, kind, steps, IsJson: false);

    private static string Written(int values, ParquetLeaf leaf, int codec, byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("f"), [.. "PAR1"u8, .. bytes]);
        using FileStream file = File.OpenRead(folder.File("f"));
        using MemoryStream pages = new();
        pages.Write(new byte[99]);
        ParquetPages.Write(file, new(codec, values, 4, bytes.Length), leaf, pages);
        List<string> read = [];
        for (ReadOnlyMemory<byte> rest = pages.ToArray().AsMemory(4); rest.Length > 0;)
        {
            ThriftStruct head = ThriftStruct.Read(rest, out int length);
            int size = (int)head.Number(2);
            Assert.That(head.Number(3), Is.EqualTo(size), "not packed");
            ThriftStruct page = head.Struct(head.Number(1) == 2 ? 7 : 5);
            Assert.That(head.Number(1) == 2 ? !page.Has(3) && !page.Has(4) : page.Number(3) == RunLengths && page.Number(4) == RunLengths, "levels in run lengths, of a dictionary none");
            read.Add($"{head.Number(1)} {page.Number(1)} {page.Number(2)} {Convert.ToHexString(rest.Span.Slice(length, size))}");
            rest = rest[(length + size)..];
        }
        return string.Join('|', read);
    }

    private static byte[] First(long values, int encoding, byte[] data, int? size = null, int levels = RunLengths, int? repeats = null) =>
        Page(0, data, size ?? data.Length, head => head.Struct(5, page => page.Number(1, values).Number(2, encoding).Number(3, repeats == null ? levels : RunLengths).Number(4, repeats ?? levels)));

    private static byte[] Entries(int count, byte[] data) => Page(2, data, data.Length, head => head.Struct(7, page => page.Number(1, count).Number(2, Plain)));

    private static byte[] Second(long values, byte[] repeated, byte[] defined, byte[] data, int? size = null, bool packed = true, int? repeats = null) =>
        Page(3, [.. repeated, .. defined, .. data], repeated.Length + defined.Length + (size ?? data.Length), head => head.Struct(8, page =>
        {
            page.Number(1, values).Number(2, 0).Number(3, 1).Number(4, Plain).Number(5, defined.Length).Number(6, repeats ?? repeated.Length);
            if (!packed)
                page.Number(7, 0);
        }));

    private static byte[] Page(int type, byte[] data, int size, Action<ThriftWriter> write, int? packed = null) =>
        [.. new ThriftWriter().Whole(head => { head.Number(1, type).Number(2, size).Number(3, packed ?? data.Length); write(head); }).ToArray(), .. data];
}
