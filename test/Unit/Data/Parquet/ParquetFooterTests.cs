using System.Buffers.Binary;
using Alignment.Data.Parquet;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>Footers by hand, of a file of one column a of whole numbers.</summary>
public class ParquetFooterTests
{
    // codec, values, length, place of the first page of values, and of a dictionary
    [TestCase(6, 3, 40, 4, null, 4), TestCase(1, 7, 41, 30, 9L, 9), TestCase(1, 7, 41, 9, 30L, 9), TestCase(0, 7, 41, 30, 0L, 30), TestCase(0, 7, 41, 30, -1L, 30)]
    public void The_place_of_a_column_is_where_its_first_page_begins(int codec, long values, long length, long data, long? dictionary, long offset)
    {
        ParquetFooter footer = Read(File(chunk => chunk.Struct(3, meta => Meta(meta, codec, values, length, data, dictionary))));
        Assert.That(footer.Groups.Single().Chunks.Single(), Is.EqualTo(new ParquetChunk(codec, values, offset, length)));
        Assert.That((footer.Groups[0].Count, footer.Leaves.Single()), Is.EqualTo((5L, new ParquetLeaf(0, ParquetKind.Int32, "", false))));
        Assert.That(footer.Row.Members.Single().Name, Is.EqualTo("a"u8.ToArray()));
    }

    [Test]
    public void A_footer_that_cannot_be_read_says_why()
    {
        byte[] whole = File(chunk => chunk.Struct(3, meta => Meta(meta, 0, 1, 1, 4, null)));
        byte[] encrypted = [.. whole[..^4], .. "PARE"u8], cut = [.. whole[..^4], .. "PAR2"u8], begins = [.. "PAR2"u8, .. whole[4..]], more = [.. whole];
        BinaryPrimitives.WriteInt32LittleEndian(more.AsSpan(whole.Length - 8), whole.Length - 11);
        foreach ((byte[] bytes, string fault) in new[]
        {
            (encrypted, "its footer is encrypted"), (cut, "it does not end with PAR1; the file is cut"), (begins, "it does not begin with PAR1, as every Parquet file does"),
            ("PAR1PAR1"u8.ToArray(), "it does not begin with PAR1, as every Parquet file does"), ("PAR"u8.ToArray(), "it does not begin with PAR1, as every Parquet file does"),
            ("PAR1\0\0\0\0PAR1"u8.ToArray(), "a header or the footer is damaged: it is cut"), (more, $"its footer claims {whole.Length - 11} bytes of a file of {whole.Length}"),
            (File(chunk => chunk.Number(8, 1)), "its columns are encrypted"), (File(chunk => chunk.Number(9, 1)), "its columns are encrypted"), (File(chunk => chunk.Number(2, 1)), "a column's place is missing"),
            (File(chunk => chunk.Number(2, 1), columns: 0), "a row group has 0 columns, the schema 1"),
        })
            Assert.That(() => Read(bytes), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(fault));
    }

    // of the values that are believed of a small file, 4,194,304 are the most
    [TestCase(5, 4), TestCase(5, 6), TestCase(-1, -1), TestCase(4_194_305, 4_194_305)]
    public void A_column_that_cannot_fill_its_rows_is_refused_before_it_is_read(long rows, long values)
    {
        using DataFile file = new(File(chunk => chunk.Struct(3, meta => Meta(meta, 0, values, 1, 4, null)), rows: rows), "rows.parquet");
        Assert.That(() => ParquetRows.Of(file.Path, 100).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(1): the Parquet file is damaged: a column of a row group has {values} values for {rows} rows; download it again"));
    }

    // and eight a byte of a larger one
    [TestCase(4_194_304, 0), TestCase(4_194_305, 524_289)]
    public void As_many_values_as_are_believed_are_looked_for(int values, int bytes)
    {
        using DataFile file = new(File(chunk => chunk.Struct(3, meta => Meta(meta, 0, values, 1, 4, null)), rows: values, pages: new byte[bytes]), "rows.parquet");
        Assert.That(() => ParquetRows.Of(file.Path, 100).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Not.Contain("values for"));
    }

    internal static void Meta(ThriftWriter meta, int codec, long values, long length, long data, long? dictionary)
    {
        meta.Number(4, codec).Number(5, values, 6).Number(7, length, 6).Number(9, data, 6);
        if (dictionary is { } place)
            meta.Number(11, place, 6);
    }

    [Test]
    public void A_row_group_of_no_rows_has_none()
    {
        using DataFile file = new(File(chunk => chunk.Struct(3, meta => Meta(meta, 0, 0, 0, 4, null)), rows: 0), "rows.parquet");
        Assert.That(ParquetRows.Of(file.Path, 100), Is.Empty);
    }

    /// <summary>A file of one column a of whole numbers in one row group.</summary>
    /// <param name="chunk">Writes what the footer says of it.</param>
    /// <param name="columns">How often the row group has it.</param>
    /// <param name="rows">Of the row group.</param>
    /// <param name="pages">What stands before the footer.</param>
    /// <param name="repetition">0: it is always there; 2: it repeats.</param>
    internal static byte[] File(Action<ThriftWriter> chunk, int columns = 1, long rows = 5, byte[]? pages = null, int repetition = 0)
    {
        byte[] footer = new ThriftWriter().Whole(file => file.Number(1, 1)
            .List(2, [root => root.Text(4, "row"u8).Number(5, 1), column => column.Number(1, 1).Number(3, repetition).Text(4, "a"u8)]).Number(3, 5, 6)
            .List(4, [group => group.List(1, [.. Enumerable.Repeat(chunk, columns)]).Number(2, 0, 6).Number(3, rows, 6)])).ToArray();
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        return [.. "PAR1"u8, .. pages ?? [], .. footer, .. length, .. "PAR1"u8];
    }

    private static ParquetFooter Read(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        System.IO.File.WriteAllBytes(folder.File("f"), bytes);
        using FileStream file = System.IO.File.OpenRead(folder.File("f"));
        return ParquetFooter.Read(file);
    }
}
