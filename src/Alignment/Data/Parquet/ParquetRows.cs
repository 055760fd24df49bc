namespace Alignment.Data.Parquet;

/// <summary>The rows of a Parquet file, each written as a JSON object, so that they are read as rows of every other file are.</summary>
internal static class ParquetRows
{
    // levels and places of so many values of all columns fit memory; more are believed of a file that is large itself
    private const long MostValues = 1 << 22, ValuesPerByte = 8;

    /// <summary>The text of each row; one row group is in memory at a time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">Bytes of the longest row that is written.</param>
    /// <exception cref="InvalidDataException">The file is damaged or of a kind that is not read; the message names it and the row.</exception>
    public static IEnumerable<byte[]> Of(string path, int longest)
    {
        using FileStream file = File.OpenRead(path);
        long done = 0;
        ParquetFooter footer = Checked(path, 0, () => ParquetFooter.Read(file));
        ParquetLeaf[] leaves = [.. footer.Row.All];
        ParquetColumns reader = Checked(path, 0, () => new ParquetColumns(leaves));
        ParquetRowWriter writer = new(longest);
        foreach (ParquetGroup group in footer.Groups)
        {
            ParquetColumn?[] columns = Checked(path, done + 1, () => Columns(file, group, footer, leaves, reader));
            for (long i = 0; i < group.Count; i++, done++)
                yield return Checked(path, done + 1, () => writer.Row(footer.Row, columns));
            if (Array.Exists(columns, column => column is { Ended: false }))
                throw Damaged(path, done, new InvalidDataException("a column has more values than rows"));
        }
    }

    private static ParquetColumn?[] Columns(FileStream file, ParquetGroup group, ParquetFooter footer, ParquetLeaf[] leaves, ParquetColumns reader)
    {
        long most = Math.Max(MostValues, ValuesPerByte * file.Length);
        foreach (ParquetLeaf leaf in leaves)
        {
            long values = group.Chunks[leaf.Index].Values;
            most -= values;
            if (group.Count < 0 || values < group.Count || (leaf.Repeats == 0 && values != group.Count) || most < 0)
                throw new InvalidDataException($"a column of a row group has {values} values for {group.Count} rows");
        }

        var columns = new ParquetColumn?[footer.Leaves.Count];
        foreach (ParquetLeaf leaf in leaves)
            columns[leaf.Index] = reader.Read(file, group.Chunks[leaf.Index], leaf);
        return columns;
    }

    private static T Checked<T>(string path, long row, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Damaged(path, row, e);
        }
    }

    // what the package throws of a damaged file is of any type
    private static InvalidDataException Damaged(string path, long row, Exception e) => new($"{path}{(row > 0 ? $"({row})" : "")}: "
        + (e is NotSupportedException or NotImplementedException ? $"the Parquet file cannot be read: {e.Message}"
            : $"the Parquet file is damaged: {(e is InvalidDataException or EndOfStreamException ? e.Message : "its values are not what its headers say")}; download it again"), e);
}
