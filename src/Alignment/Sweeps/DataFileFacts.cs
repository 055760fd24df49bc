using System.Text.Json.Serialization;
using Alignment.Data;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>How a data file was read and what became of its rows.</summary>
public sealed record DataFileFacts
{
    /// <summary>Its name.</summary>
    public required string File { get; init; }

    /// <summary>The layout of its rows: which of their members became a pair.</summary>
    public required string ReadAs { get; init; }

    /// <summary>What told the layout: the recipe, or the file's columns.</summary>
    public required string ToldBy { get; init; }

    /// <summary>Rows read.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows that became pairs.</summary>
    public required int Kept { get; init; }

    /// <summary>Faulty rows left out, by reason.</summary>
    public required IReadOnlyDictionary<string, int> Faulty { get; init; }

    /// <summary>Good rows left out, by reason: ties, and what the recipe drops.</summary>
    public required IReadOnlyDictionary<string, int> LeftOut { get; init; }

    /// <summary>Rows that were kept and say something one should know, by reason: ratings that are equal or contradict the labels.</summary>
    public required IReadOnlyDictionary<string, int> Noted { get; init; }

    /// <summary>Its rows are labelled responses.</summary>
    [JsonIgnore]
    internal bool IsLabelled => ReadAs.StartsWith(PairFormats.Name(PairFormat.Unpaired), StringComparison.Ordinal);

    internal static DataFileFacts Of(string name, PairSource source, ReadReport report) => new()
    {
        File = name,
        ReadAs = report.Shape,
        ToldBy = source.Columns != null || source.Labels != null || source.Format != null ? "the recipe" : "the file's columns",
        Rows = report.Rows,
        Kept = report.Kept,
        Faulty = report.SkippedByReason,
        LeftOut = report.LeftOut.Counts,
        Noted = report.Noted.Counts,
    };
}
