namespace Alignment.Sweeps;

/// <summary>What <c>"keepWeights": "best"</c> means: only the best run of each method (in a round on-policy once more) and the SFT run they start from keep their weights.</summary>
internal static class KeptWeights
{
    /// <summary>Drops the weights of runs that another of their method beats, or another of the search; those that another recipe asks for, or a process holds, stay.</summary>
    /// <param name="runs">The recipe's runs that are stored.</param>
    /// <param name="behind">Those that a search has stopped; of a method that has no other run they stay.</param>
    /// <param name="weights">The sweep's weights.</param>
    /// <param name="others">What other recipes ask for.</param>
    /// <returns>A line for each.</returns>
    public static IReadOnlyList<string> DropOthers(IReadOnlyList<StoredRun> runs, IReadOnlyList<StoredRun> behind, WeightStore weights, IEnumerable<RecipeUse> others)
    {
        HashSet<string> kept =
        [
            .. runs.GroupBy(run => (run.Point.Method, run.Point.OnPolicy)).Select(method => method.MaxBy(run => run.Summary.MeanScore.Value)!.Weights),
            .. others.SelectMany(other => other.Names).Select(names => names.Weights),
        ];
        IEnumerable<StoredRun> beaten = behind.Where(run => runs.Any(other => other.Point.Method == run.Point.Method));
        return [.. runs.Concat(beaten).Where(run => !kept.Contains(run.Weights) && weights.Has(run.Weights)).Select(run => Drop(run, weights)).OfType<string>()];
    }

    private static string? Drop(StoredRun run, WeightStore weights)
    {
        using RunLock? held = weights.TryTake(run.Weights);
        if (held == null)
            return null;
        long bytes = weights.Drop(run.Weights, "another run of its method scores higher, and the recipe says \"keepWeights\": \"best\"");
        return FormattableString.Invariant($"[{run.Point.Slug}] weights dropped, {bytes / 1e6:F1} MB: another {run.Point.Method} run scores higher");
    }
}
