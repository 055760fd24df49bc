using System.Text;
using Alignment.Data.Parquet;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>Rows put together from columns of values and levels.</summary>
public class ParquetRowWriterTests
{
    private static readonly ParquetObject s_lists = Row(("l", new ParquetList(1, 2, 1, new ParquetList(3, 4, 2, new ParquetLeaf(0, ParquetKind.Int32, "ororo", false)))));

    [Test]
    public void Lists_of_lists_are_null_empty_or_as_long_as_the_levels_say()
    {
        // null, [], [null], [[]], [[null]], [[1,2],[3]], [[4]]
        ParquetColumn column = new(new[] { 1, 2, 3, 4 }, [0, 1, 2, 3, 4, 5, 5, 5, 5], [0, 0, 0, 0, 0, 0, 2, 1, 0], 5);
        Assert.That(Rows(s_lists, 7, column), Is.EqualTo(new[] { "null", "[]", "[null]", "[[]]", "[[null]]", "[[1,2],[3]]", "[[4]]" }.Select(list => $"{{\"l\":{list}}}")));
        Assert.That((column.Ended, column.Repeat), Is.EqualTo((true, 0)));
        Assert.That(() => column.Defined, Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("a column has fewer values than rows"));
        Assert.That(() => column.Skip(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("a column has fewer values than rows"));
    }

    [Test]
    public void A_group_that_is_null_or_empty_takes_one_place_in_each_of_its_columns()
    {
        ParquetObject pair = new(2, [("a"u8.ToArray(), new ParquetLeaf(0, ParquetKind.Int64, "or", false)), ("b"u8.ToArray(), new ParquetLeaf(1, ParquetKind.Boolean, "oro", false))]);
        ParquetObject row = Row(("l", new ParquetList(1, 2, 1, pair)), ("n", new ParquetLeaf(2, ParquetKind.Int32, "", false)));
        ParquetColumn a = new(new[] { 10L, 20L, 30L }, [0, 1, 2, 2, 2], [0, 0, 0, 1, 0], 2), b = new(new[] { true, false }, [0, 1, 3, 2, 3], [0, 0, 0, 1, 0], 3), n = new(new[] { 1, 2, 3, 4 }, null, null, 0);
        Assert.That((n.Defined, n.Repeat, n.Ended), Is.EqualTo((0, 0, false)));
        Assert.That(Rows(row, 4, a, b, n), Is.EqualTo(new[]
        {
            "{\"l\":null,\"n\":1}", "{\"l\":[],\"n\":2}", "{\"l\":[{\"a\":10,\"b\":true},{\"a\":20,\"b\":null}],\"n\":3}", "{\"l\":[{\"a\":30,\"b\":false}],\"n\":4}",
        }));
        Assert.That(n.Ended);
    }

    [Test]
    public void Columns_of_a_list_that_are_of_different_lengths_are_refused()
    {
        ParquetObject pair = new(1, [("a"u8.ToArray(), new ParquetLeaf(0, ParquetKind.Int32, "r", false)), ("b"u8.ToArray(), new ParquetLeaf(1, ParquetKind.Int32, "r", false))]);
        ParquetObject row = Row(("l", new ParquetList(0, 1, 1, pair)));
        ParquetColumn one = new(new[] { 1, 2 }, [1, 1], [0, 0], 1), two = new(new[] { 1, 2 }, [1, 1], [0, 1], 1);
        Assert.That(() => new ParquetRowWriter(100).Row(row, [one, two, null]), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("the columns of a list have different lengths"));
    }

    [Test]
    public void Values_are_written_as_JSON_has_them()
    {
        Assert.That(Values(ParquetKind.Double, new[] { 0.1, -2.5e-7, double.NaN, double.PositiveInfinity }), Is.EqualTo("0.1 -2.5E-07 null null"));
        Assert.That(Values(ParquetKind.Float, new[] { 0.1f, 3e10f, float.NaN, float.NegativeInfinity }), Is.EqualTo("0.1 3E+10 null null"));
        Assert.That(Values(ParquetKind.Int64, new[] { long.MinValue, 0, long.MaxValue }), Is.EqualTo("-9223372036854775808 0 9223372036854775807"));
        Assert.That(Values(ParquetKind.Bytes, Texts("a\u001F \u007F", "\"\\/", "", "é")), Is.EqualTo("\"a\\u001f \u007F\" \"\\\"\\\\/\" \"\" \"é\""));
        Assert.That(Values(ParquetKind.Bytes, Texts("[1, \"x\"]", "null"), isJson: true), Is.EqualTo("[1, \"x\"] null"));

        static ReadOnlyMemory<byte>[] Texts(params string[] texts) => [.. texts.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))];
        static string Values(ParquetKind kind, Array values, bool isJson = false)
        {
            ParquetRowWriter writer = new(100);
            ParquetColumn column = new(values, null, null, 0);
            return string.Join(' ', Enumerable.Range(0, values.Length).Select(_ => Encoding.UTF8.GetString(writer.Row(Row(("v", new ParquetLeaf(0, kind, "", isJson))), [column]))[5..^1]));
        }
    }

    [Test]
    public void A_row_may_be_so_long_and_what_no_page_has_given_is_no_text()
    {
        ParquetObject row = Row(("a", new ParquetLeaf(0, ParquetKind.Bytes, "", false)), ("b", new ParquetLeaf(1, ParquetKind.Int32, "", false)));
        ReadOnlyMemory<byte>[] texts = ParquetColumn.Unread(2);
        texts[0] = "xxxx"u8.ToArray();
        ParquetColumn[] columns = [new(texts, null, null, 0), new(new[] { 1, 2 }, null, null, 0)];
        // {"a":"xxxx","b": is 16 bytes long
        Assert.That(() => new ParquetRowWriter(15).Row(row, [new(new[] { texts[0] }, null, null, 0), new(new[] { 1 }, null, null, 0)]), Throws.TypeOf<NotSupportedException>().With.Message.EqualTo("a row is longer than 15 bytes"));
        Assert.That(Encoding.UTF8.GetString(new ParquetRowWriter(16).Row(row, columns)), Is.EqualTo("{\"a\":\"xxxx\",\"b\":1}"));
        Assert.That(() => new ParquetRowWriter(16).Row(row, columns), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("a page has fewer values than it says"));
    }

    private static ParquetObject Row(params (string Name, ParquetShape Shape)[] members) => new(0, [.. members.Select(member => (Encoding.UTF8.GetBytes(member.Name), member.Shape))]);

    private static IEnumerable<string> Rows(ParquetObject row, int count, params ParquetColumn[] columns)
    {
        ParquetRowWriter writer = new(100);
        return [.. Enumerable.Range(0, count).Select(_ => Encoding.UTF8.GetString(writer.Row(row, columns)))];
    }
}
