using Alignment.Files;
using Alignment.Reports.Tables;

namespace Alignment.Reports.Compare;

/// <summary>Writes what two sweeps say beside each other.</summary>
internal static class CompareWriter
{
    /// <summary>
    /// Writes compare.md, the tables (.md and .csv), transfer.svg and compare.html into <paramref name="folder"/>; the same sweeps give the same bytes again.
    /// </summary>
    /// <returns>The files written, full paths.</returns>
    /// <exception cref="InvalidDataException">Samples are unusable; the message names the run.</exception>
    public static IReadOnlyList<string> Write(SweepPair pair, string folder)
    {
        (string Name, string Text)[] files = [.. Files(pair)];
        Directory.CreateDirectory(folder);
        foreach ((string name, string text) in files)
            AtomicFile.WriteText(Path.Combine(folder, name), text);
        return [.. files.Select(file => Path.Combine(folder, file.Name))];
    }

    /// <summary>Name and content of every file.</summary>
    internal static IEnumerable<(string Name, string Text)> Files(SweepPair pair)
    {
        IReadOnlyList<ReportTable> tables = CompareTables.Of(pair);
        string figure = TransferFigure.ToSvg(pair);
        yield return ("compare.md", CompareAnswer.ToMarkdown(pair));
        foreach (ReportTable table in tables)
            foreach ((string, string) file in table.Files())
                yield return file;

        yield return ("transfer.svg", figure);
        yield return ("compare.html", ComparePage.ToHtml(pair, tables, figure));
    }
}
