using System.Globalization;
using System.Text;
using Alignment.Data.Parquet;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>
/// A schema as text, its elements depth first: "o list 2 LIST" is an optional group of two members that is a list, "r item Bytes JSON" a repeated text of JSON.
/// The shape: what may be absent and what repeats on the way to a column, and for lists the levels from which on they are there and not empty.
/// </summary>
public class ParquetShapeTests
{
    private static readonly string[] s_kinds = ["Boolean", "Int32", "Int64", "Int96", "Float", "Double", "Bytes", "Fixed"];

    [TestCase("row 2, - a Int32, o b Bytes", "{a:0 Int32 , b:1 Bytes o}")]
    [TestCase("row 6, - a Boolean, - b Int64, - c Float, - d Double, - e Int96, - f Fixed", "{a:0 Boolean , b:1 Int64 , c:2 Float , d:3 Double }", TestName = "Columns of other kinds are passed over")]
    [TestCase("row 2, o g 1, - x Int96, - a Int32", "{a:1 Int32 }", TestName = "and groups of such")]
    [TestCase("row 2, o l 1 LIST, r m 1, - x Int96, - a Int32", "{a:1 Int32 }", TestName = "and lists of such")]
    [TestCase("row 2, r x Int96, - a Int32", "{a:1 Int32 }", TestName = "and what repeats")]
    [TestCase("row 2, o g 2, - a Int32, o b Bytes, - c Int32", "{g:{a:0 Int32 o, b:1 Bytes oo}1, c:2 Int32 }")]
    [TestCase("row 1, o l 1 LIST, r m 1, o e Bytes", "{l:[0 Bytes oro]1,2,1}", TestName = "A list of three levels")]
    [TestCase("row 1, o l 1 LIST10, r m 1, o e Bytes", "{l:[0 Bytes oro]1,2,1}", TestName = "A list by its newer name")]
    [TestCase("row 1, - l 1 LIST, r m 1, - e Bytes", "{l:[0 Bytes r]0,1,1}", TestName = "A list that is always there")]
    [TestCase("row 1, o l 1 LIST, r e Bytes", "{l:[0 Bytes or]1,2,1}", TestName = "A list of two levels")]
    [TestCase("row 1, o l 1 LIST, r m 2, - a Int32, o b Int32", "{l:[{a:0 Int32 or, b:1 Int32 oro}2]1,2,1}", TestName = "A list of two levels of groups")]
    [TestCase("row 1, o l 1 LIST, r array 1, - a Int32", "{l:[{a:0 Int32 or}2]1,2,1}", TestName = "A list of groups of one member, of an old writer")]
    [TestCase("row 1, o l 1 LIST, r l_tuple 1, - a Int32", "{l:[{a:0 Int32 or}2]1,2,1}", TestName = "A list of groups of one member, of another old writer")]
    [TestCase("row 1, o l 1 LIST, r m 1, o i 1 LIST, r m 1, o e Bytes", "{l:[[0 Bytes ororo]3,4,2]1,2,1}", TestName = "A list of lists")]
    [TestCase("row 1, r e Bytes", "{e:[0 Bytes r]0,1,1}", TestName = "What repeats is a list without being called one")]
    [TestCase("row 1, r g 1, o e Bytes", "{g:[{e:0 Bytes ro}1]0,1,1}", TestName = "also a group")]
    [TestCase("row 1, o l 1 LIST, o e Bytes", "{l:{e:0 Bytes oo}1}", TestName = "What is called a list and does not repeat is none")]
    [TestCase("row 1, o l 2 LIST, r a Int32, r b Int32", "{l:{a:[0 Int32 or]1,2,1, b:[1 Int32 or]1,2,1}1}", TestName = "nor what has two members")]
    [TestCase("row 3, - a Bytes JSON, - b Bytes JSON10, - c Bytes LIST", "{a:0 Bytes  json, b:1 Bytes  json, c:2 Bytes }", TestName = "Texts of JSON")]
    [TestCase("r row 1, - a Int32", "{a:0 Int32 }", TestName = "The row itself neither repeats nor is absent")]
    [TestCase("o row 1 LIST, r a Int32", "{a:[0 Int32 r]0,1,1}", TestName = "nor is it a list")]
    public void A_schema_gives_the_shape_of_a_row(string schema, string shape)
    {
        List<ParquetLeaf> leaves = [];
        ParquetObject row = ParquetShape.Of(Schema(schema), leaves);
        Assert.That(Text(row), Is.EqualTo(shape));
        Assert.That(leaves.Select(leaf => leaf.Index), Is.EqualTo(Enumerable.Range(0, leaves.Count)));
        Assert.That(row.All, Is.EqualTo(leaves.Where(leaf => Enum.IsDefined(leaf.Kind))));
        Assert.That(row.First, Is.SameAs(row.All.First()));
        Assert.That(row.All.Select(leaf => leaf.Repeats), Is.EqualTo(row.All.Select(leaf => leaf.Steps.Split('r').Length - 1)));
    }

    [TestCase("row 2, - a Int32", "the schema is damaged: it is cut or nested too deeply")]
    [TestCase("row 1, o l 1 LIST", "the schema is damaged: it is cut or nested too deeply")]
    [TestCase("row 1, - a Int96", "it has no columns"), TestCase("", "the schema has 0 elements, from 1 to 4096 can be read")]
    public void What_is_no_tree_of_columns_is_refused(string schema, string fault) =>
        Assert.That(() => ParquetShape.Of(Schema(schema), []), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(fault));

    [TestCase(31, false), TestCase(32, true)]
    public void Groups_may_stand_thirty_one_deep_in_each_other(int deep, bool refused)
    {
        string schema = $"row 1, {string.Concat(Enumerable.Repeat("- g 1, ", deep))}- a Int32";
        Assert.That(() => ParquetShape.Of(Schema(schema), []), refused ? Throws.TypeOf<InvalidDataException>() : Throws.Nothing);
    }

    // a list and what it repeats are two
    [TestCase("m", 15, false), TestCase("m", 16, true), TestCase("array", 15, false), TestCase("array", 16, true)]
    public void Lists_may_stand_fifteen_deep_in_each_other(string middle, int deep, bool refused)
    {
        string schema = $"row 1, {string.Concat(Enumerable.Repeat($"o l 1 LIST, r {middle} 1, ", deep))}- a Int32";
        Assert.That(() => ParquetShape.Of(Schema(schema), []), refused ? Throws.TypeOf<InvalidDataException>() : Throws.Nothing);
    }

    [TestCase(4095, false), TestCase(4096, true)]
    public void A_row_may_have_four_thousand_columns(int columns, bool refused)
    {
        string schema = $"row {columns}, {string.Join(", ", Enumerable.Repeat("- a Int32", columns))}";
        Assert.That(() => ParquetShape.Of(Schema(schema), []), refused
            ? Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("the schema has 4097 elements, from 1 to 4096 can be read") : Throws.Nothing);
    }

    private static ThriftStruct[] Schema(string text) => [.. text.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(line => Element(line.Split(' ')))];

    private static ThriftStruct Element(string[] words)
    {
        string? repetition = words[0] is "-" or "o" or "r" ? words[0] : null;
        (string name, string what, string mark) = words[(repetition == null ? 0 : 1)..] switch
        {
            [var named, var held] => (named, held, ""),
            [var named, var held, var marked] => (named, held, marked),
            _ => throw new ArgumentException(string.Join(' ', words)),
        };
        int kind = Array.IndexOf(s_kinds, what);
        return ThriftStruct.Read(new ThriftWriter().Whole(element =>
        {
            if (kind >= 0)
                element.Number(1, kind);
            if (repetition != null)
                element.Number(3, "-or".IndexOf(repetition[0]));
            element.Text(4, Encoding.UTF8.GetBytes(name));
            if (kind < 0)
                element.Number(5, int.Parse(what, CultureInfo.InvariantCulture));
            if (mark is "LIST" or "JSON")
                element.Number(6, mark == "LIST" ? 3 : 19);
            else if (mark.Length > 0)
                element.Struct(10, logical => logical.Struct(mark == "LIST10" ? 3 : 12, _ => { }));
        }).ToArray(), out _);
    }

    private static string Text(ParquetShape shape) => shape switch
    {
        ParquetLeaf leaf => $"{leaf.Index} {leaf.Kind} {leaf.Steps}{(leaf.IsJson ? " json" : "")}",
        ParquetList list => $"[{Text(list.Item)}]{list.Defined},{list.Filled},{list.Repeat}",
        ParquetObject group => $"{{{string.Join(", ", group.Members.Select(member => $"{Encoding.UTF8.GetString(member.Name)}:{Text(member.Shape)}"))}}}{(group.Defined == 0 ? "" : group.Defined)}",
        _ => "",
    };
}
