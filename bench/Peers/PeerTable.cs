using System.Globalization;
using Alignment.Bench.Ratios;
using Alignment.Bench.Tracking;
using Alignment.Reports.Tables;

namespace Alignment.Bench.Peers;

/// <summary>Seconds of a piece of work, round by round.</summary>
/// <param name="Id">The work.</param>
/// <param name="Facts">What computed in Python.</param>
/// <param name="Own">The library.</param>
/// <param name="Composed">The TRL-style composition of libtorch's operators in this process.</param>
/// <param name="Python">PyTorch.</param>
internal sealed record PeerRow(string Id, PeerFacts Facts, double[] Own, double[] Composed, double[] Python);

/// <summary>The table of <c>-t:BenchPeers</c>: artifacts/bench/peers.md, and what of it is tracked.</summary>
internal static class PeerTable
{
    private static readonly Column[] s_columns =
    [
        new("work"), new("library, ms"), new("TRL-style here, ms"), new("Python, ms"), new("Python / library"), new("TRL-style here / library"), new("Python / TRL-style here"),
    ];

    /// <summary>The page: who computed what with what, then a row a piece of work.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="machine">The processor, and how many threads each side has.</param>
    public static string Markdown(IReadOnlyList<PeerRow> rows, string machine)
    {
        PeerFacts facts = rows[0].Facts;
        string optimisers = string.Join(", ", rows.Select(row => row.Facts.AdamW).Where(name => name is not ("" or "none")).Distinct());
        string[] lines =
        [
            "# The library beside PyTorch in Python", "",
            string.Create(CultureInfo.InvariantCulture, $"By turns on {machine}, {rows[0].Own.Length} rounds: medians, quartiles in brackets. A ratio above 1: the library is faster."), "",
            string.Create(CultureInfo.InvariantCulture, $"Python: torch {facts.Torch}, {facts.Threads} threads, BLAS {facts.Blas}; attention: {facts.Attention}")
                + (optimisers.Length > 0 ? $"; AdamW: {optimisers}." : "."), "",
        ];
        return string.Join('\n', lines) + "\n" + new Table(s_columns, [.. rows.Select(Row)]).ToMarkdown();
    }

    /// <summary>The library's times for the history; the ids never change.</summary>
    public static IReadOnlyList<BenchmarkResult> Results(IReadOnlyList<PeerRow> rows) =>
        [.. rows.Select(row => new BenchmarkResult { Id = $"Alignment.Bench.Peers.{row.Id}", Nanoseconds = [.. row.Own.Select(seconds => 1e9 * seconds)] })];

    private static IReadOnlyList<Cell> Row(PeerRow row) =>
    [
        row.Id, Milliseconds(row.Own), Milliseconds(row.Composed), Milliseconds(row.Python),
        Quartiles.OfRatios(row.Python, row.Own).ToString(), Quartiles.OfRatios(row.Composed, row.Own).ToString(), Quartiles.OfRatios(row.Python, row.Composed).ToString(),
    ];

    private static string Milliseconds(double[] seconds) => (Quartiles.Of(seconds) * 1000).ToString();
}
