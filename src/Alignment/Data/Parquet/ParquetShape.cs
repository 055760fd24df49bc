namespace Alignment.Data.Parquet;

/// <summary>How the values of columns make up a row: text, numbers, lists and objects, nested as the footer's schema says.</summary>
/// <param name="Defined">The definition level from which on it is there; below it is null.</param>
internal abstract record ParquetShape(int Defined)
{
    /// <summary>The first column that belongs to it.</summary>
    public abstract ParquetLeaf First { get; }

    /// <summary>All columns that belong to it.</summary>
    public abstract IEnumerable<ParquetLeaf> All { get; }

    private const int Group = -1, Required = 0, Repeated = 2, ListAnnotation = 3, JsonAnnotation = 19, MostElements = 4096;

    /// <summary>The shape of a row.</summary>
    /// <param name="schema">The elements of the footer, depth first, the root before all.</param>
    /// <param name="leaves">Gets every column in the order of the file.</param>
    /// <exception cref="InvalidDataException">They are no tree.</exception>
    public static ParquetObject Of(IReadOnlyList<ThriftStruct> schema, List<ParquetLeaf> leaves)
    {
        if (schema.Count is 0 or > MostElements)
            throw new InvalidDataException($"the schema has {schema.Count} elements, from 1 to {MostElements} can be read");
        int next = 0;
        return Element(schema, ref next, "", leaves, 0) as ParquetObject ?? throw new InvalidDataException("it has no columns");
    }

    private static ParquetShape? Element(IReadOnlyList<ThriftStruct> schema, ref int next, string steps, List<ParquetLeaf> leaves, int depth)
    {
        if (next >= schema.Count || depth > 32)
            throw new InvalidDataException("the schema is damaged: it is cut or nested too deeply");
        ThriftStruct element = schema[next++];
        long repetition = depth == 0 ? Required : element.Number(3, Required);
        if (repetition == Repeated)
        {
            ParquetShape? item = Content(element, schema, ref next, steps + 'r', leaves, depth);
            return item == null ? null : new ParquetList(Level(steps), Level(steps) + 1, Repeats(steps) + 1, item);
        }

        steps += repetition == Required ? "" : "o";
        bool isList = depth > 0 && element.Number(5, 0) == 1 && (element.Number(6, Group) == ListAnnotation || (element.HasStruct(10) && element.Struct(10).HasStruct(3)));
        if (!isList || next >= schema.Count || schema[next].Number(3, Required) != Repeated)
            return Content(element, schema, ref next, steps, leaves, depth);
        // the repeated group between a list and its items; where it has several members it is the item itself (the format's rules for old files)
        ThriftStruct middle = schema[next++];
        string name = System.Text.Encoding.UTF8.GetString(middle.Bytes(4).Span);
        bool isItem = middle.Number(5, 0) != 1 || name == "array" || name.EndsWith("_tuple", StringComparison.Ordinal);
        ParquetShape? items = isItem ? Content(middle, schema, ref next, steps + 'r', leaves, depth + 1) : Element(schema, ref next, steps + 'r', leaves, depth + 2);
        return items == null ? null : new ParquetList(Level(steps), Level(steps) + 1, Repeats(steps) + 1, items);
    }

    private static ParquetShape? Content(ThriftStruct element, IReadOnlyList<ThriftStruct> schema, ref int next, string steps, List<ParquetLeaf> leaves, int depth)
    {
        long children = element.Number(5, 0);
        if (children == 0)
        {
            var leaf = new ParquetLeaf(leaves.Count, (ParquetKind)element.Number(1), steps,
                element.Number(6, Group) == JsonAnnotation || (element.HasStruct(10) && element.Struct(10).HasStruct(12)));
            leaves.Add(leaf);
            return Enum.IsDefined(leaf.Kind) ? leaf : null;
        }

        List<(byte[], ParquetShape)> members = [];
        for (long child = 0; child < children; child++)
        {
            byte[] name = next < schema.Count ? schema[next].Bytes(4).ToArray() : [];
            if (Element(schema, ref next, steps, leaves, depth + 1) is { } member)
                members.Add((name, member));
        }

        return members.Count == 0 ? null : new ParquetObject(Level(steps), members);
    }

    // each step towards a value that may be absent or repeated is one definition level
    private static int Level(string steps) => steps.Length;

    private static int Repeats(string steps) => steps.Count(step => step == 'r');
}

/// <summary>The physical types of columns that are read; others are passed over.</summary>
internal enum ParquetKind
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Float = 4,
    Double = 5,
    Bytes = 6,
}

/// <summary>A column.</summary>
/// <param name="Index">Its place among all columns of the file.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Steps">The way to a value from the row: o for what may be absent, r for what repeats.</param>
/// <param name="IsJson">Its texts are JSON: what they hold stands in the row, not the text.</param>
internal sealed record ParquetLeaf(int Index, ParquetKind Kind, string Steps, bool IsJson) : ParquetShape(Steps.Length)
{
    public override ParquetLeaf First => this;

    public override IEnumerable<ParquetLeaf> All => [this];

    /// <summary>The highest repetition level.</summary>
    public int Repeats => Steps.Count(step => step == 'r');
}

/// <summary>Members by name.</summary>
internal sealed record ParquetObject(int Defined, IReadOnlyList<(byte[] Name, ParquetShape Shape)> Members) : ParquetShape(Defined)
{
    public override ParquetLeaf First => Members[0].Shape.First;

    public override IEnumerable<ParquetLeaf> All => Members.SelectMany(member => member.Shape.All);
}

/// <summary>Items, as long as the repetition level says so.</summary>
/// <param name="Defined">Below it the list is null.</param>
/// <param name="Filled">Below it the list is empty.</param>
/// <param name="Repeat">The repetition level of a further item.</param>
/// <param name="Item">What is listed.</param>
internal sealed record ParquetList(int Defined, int Filled, int Repeat, ParquetShape Item) : ParquetShape(Defined)
{
    public override ParquetLeaf First => Item.First;

    public override IEnumerable<ParquetLeaf> All => Item.All;
}
