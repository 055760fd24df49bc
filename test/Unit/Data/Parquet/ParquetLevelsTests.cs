using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Alignment.Data.Parquet;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>Lists of the numbers 1, 2, 3, … whose levels are given by hand as runs: "2x0 1x1" are two levels of 0 and one of 1.</summary>
[NonParallelizable]
public class ParquetLevelsTests
{
    [TestCase("3x0", "3x1", "[1] [2] [3]"), TestCase("1x0 2x1", "3x1", "[1,2,3]"), TestCase("2x0 1x1", "1x0 2x1", "[] [1,2]"), TestCase("3x0", "1x1 1x0 1x1", "[1] [] [2]")]
    public void Levels_tell_where_a_list_begins_and_whether_it_is_empty(string repeats, string defined, string lists)
    {
        string[] rows = lists.Split(' ');
        using DataFile file = File(repeats, defined, rows.Length);
        Assert.That(ParquetRows.Of(file.Path, 100).Select(row => Encoding.UTF8.GetString(row)), Is.EqualTo(rows.Select(list => $"{{\"a\":{list}}}")));
    }

    [TestCase("3x0", "3x9", 3, "(1): the Parquet file is damaged: the levels of a column are damaged")]
    [TestCase("3x9", "3x1", 3, "(1): the Parquet file is damaged: the levels of a column are damaged")]
    [TestCase("2x0 1x9", "3x1", 3, "(1): the Parquet file is damaged: the levels of a column are damaged")]
    [TestCase("2x0", "3x1", 3, "(1): the Parquet file is damaged: the levels of a column are damaged")]
    [TestCase("3x0", "2x1", 3, "(1): the Parquet file is damaged: a column has fewer values than the footer says")]
    [TestCase("3x0", "3x1", 2, "(2): the Parquet file is damaged: a column has more values than rows")]
    [TestCase("1x0 2x1", "3x1", 2, "(2): the Parquet file is damaged: a column has fewer values than rows")]
    public void Levels_that_make_no_such_rows_are_refused(string repeats, string defined, int rows, string fault)
    {
        using DataFile file = File(repeats, defined, rows);
        Assert.That(() => ParquetRows.Of(file.Path, 100).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{file.Path}{fault}; download it again"));
    }

    private static DataFile File(string repeats, string defined, int rows)
    {
        const int Values = 3;
        byte[] values = new byte[4 * Values];
        for (int i = 0; i < Values; i++)
            BinaryPrimitives.WriteInt32LittleEndian(values.AsSpan(4 * i), i + 1);
        byte[] data = [.. Levels(repeats), .. Levels(defined), .. values];
        byte[] page = [.. new ThriftWriter().Whole(head => head.Number(1, 0).Number(2, data.Length).Number(3, data.Length)
            .Struct(5, first => first.Number(1, Values).Number(2, 0).Number(3, 3).Number(4, 3))).ToArray(), .. data];
        return new(ParquetFooterTests.File(chunk => chunk.Struct(3, meta => ParquetFooterTests.Meta(meta, 0, Values, page.Length, 4, null)), rows: rows, pages: page, repetition: 2), "rows.parquet");
    }

    // their length, then of each run its length without its last bit and the level
    private static byte[] Levels(string runs)
    {
        byte[] bytes = [.. runs.Split(' ').Select(run => run.Split('x')).SelectMany(run => new[] { (byte)(Number(run[0]) << 1), (byte)Number(run[1]) })];
        return [(byte)bytes.Length, 0, 0, 0, .. bytes];

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
