using Alignment.Bench.Tracking;
using Alignment.Files;

namespace Alignment.Bench.Comparing;

/// <summary>
/// This working tree against another revision: both are built, run by turns in one session, and judged. What is slower or needs more bytes is measured once
/// more, and only where that is so again it has regressed.
/// </summary>
internal sealed class RevisionComparison(CompareOptions options, string repository, TextWriter log)
{
    private string Artifacts => Path.Combine(repository, "artifacts", "bench", "compare");

    /// <summary>Compares and prints a table; also written to artifacts/bench/compare/compare.md.</summary>
    /// <returns>0, or 1 where a benchmark has regressed.</returns>
    /// <exception cref="InvalidDataException">accepted.json is not what it must be; the message names all faults.</exception>
    /// <exception cref="InvalidOperationException">The revision is unknown, or something does not build or run.</exception>
    public int Run()
    {
        IReadOnlyList<AcceptedSlowdown> accepted = AcceptedFile.Against(Git.Commit(repository, options.Against), repository, BenchRun.TrackedIds());
        using Worktree worktree = Worktree.Open(repository, options.Against, Path.Combine(Artifacts, "worktree"));
        log.WriteLine($"building {worktree.Commit}");
        (BenchProgram before, BenchProgram after) = (BenchProgram.Build(worktree), BenchProgram.Own(Git.Revision(repository)));

        IReadOnlyList<ComparedBenchmark> compared = Compare(before, after, options.Filters);
        string[] suspects = [.. compared.Where(one => one.Suspect).Select(one => Glob(one.Id))];
        if (suspects.Length > 0)
        {
            log.WriteLine($"{suspects.Length} slower or larger: once more");
            compared = Comparison.WithRepeat(compared, Compare(before, after, suspects));
        }

        compared = Comparison.WithAccepted(compared, accepted);

        string table = $"{after.Name} against {before.Name}\n\n{ComparisonTable.Of(compared).ToMarkdown()}";
        AtomicFile.WriteText(Path.Combine(Artifacts, "compare.md"), table);
        log.WriteLine(table);
        int regressed = compared.Count(one => one.Regressed);
        log.WriteLine($"{compared.Count} compared, {regressed} regressed, {compared.Count(one => one.SlowerAsAccepted)} slower as accepted");
        return regressed == 0 ? 0 : 1;
    }

    private IReadOnlyList<ComparedBenchmark> Compare(BenchProgram before, BenchProgram after, IReadOnlyList<string> filters)
    {
        List<IReadOnlyList<BenchmarkResult>> resultsBefore = [], resultsAfter = [];
        for (int round = 0; round < options.Rounds; round++)
        {
            log.WriteLine($"round {round + 1} of {options.Rounds}");
            // who goes first changes, so that a drift of the machine favours neither
            foreach (BenchProgram program in round % 2 == 0 ? [before, after] : new[] { after, before })
                (program == before ? resultsBefore : resultsAfter).Add(program.Round(filters, options.Iterations, Path.Combine(Artifacts, program == before ? "before" : "after")));
        }
        foreach (string id in Comparison.Unmatched(resultsBefore[0], resultsAfter[0]))
            log.WriteLine($"in one version only: {id}");
        return Comparison.Of(resultsBefore, resultsAfter, options.Judge);
    }

    // an id is a glob of itself, but for what globs give a meaning
    private static string Glob(string id) => id.Replace('[', '?').Replace(']', '?');
}
