namespace Alignment.Doctor;

/// <summary>Whether a recipe's sweep fits a device, and what to lower where it does not.</summary>
internal static class MemoryCheck
{
    /// <summary>Above this share of a device's memory a run is tight: estimates miss by as much.</summary>
    public const double TightShare = 0.8;

    /// <summary>Lists the stages and judges the largest.</summary>
    public static IReadOnlyList<Verdict> Of(Workload work, AvailableMemory available) =>
        [.. MemoryEstimate.Of(work).Select(stage => Verdict.Note($"{stage}")), Judged(work, available)];

    /// <summary>Whether the largest stage fits.</summary>
    public static Verdict Judged(Workload work, AvailableMemory available)
    {
        StageMemory peak = MemoryEstimate.Of(work).MaxBy(stage => stage.Bytes)!;
        double share = (double)peak.Bytes / available.Bytes;
        string text = $"{peak.Stage} takes {ByteCount.Text(peak.Bytes)} of the {ByteCount.Text(available.Bytes)} {available.Device} has";
        return share <= TightShare ? Verdict.Ok($"fits: {text}")
            : share <= 1 ? Verdict.Warn($"tight: {text}", $"{MemoryRelief.Of(work, available)}")
            : Verdict.Fail($"does not fit: {text}", $"{MemoryRelief.Of(work, available)}");
    }

    /// <summary>Why a stage is certain not to fit, whatever the allocator does, and what would; null where all may.</summary>
    public static string? Refusal(Workload work, AvailableMemory available)
    {
        IReadOnlyList<StageMemory> stages = MemoryEstimate.Of(work);
        StageMemory peak = stages.MaxBy(stage => stage.Needed)!, host = stages.MaxBy(stage => stage.HostBytes)!;
        string? fault = peak.Needed > available.Bytes ? $"{peak.Stage} needs {ByteCount.Text(peak.Needed)} of memory, {available.Device} has {ByteCount.Text(available.Bytes)}"
            : host.HostBytes > available.HostBytes ? $"{host.Stage} keeps {ByteCount.Text(host.HostBytes)} in the host's memory, which has {ByteCount.Text(available.HostBytes.Value)}"
            : null;
        return fault is null ? null : $"{fault}{Whole(work, peak, available)}: {MemoryRelief.Of(work, available)}";
    }

    // ranks share a model in training alone
    private static string Whole(Workload work, StageMemory peak, AvailableMemory available)
    {
        long narrow = sizeof(short) * work.Parameters;
        return peak.Needed <= available.Bytes ? ""
            : narrow > available.Bytes ? $" (outside of training each device holds the model whole, {ByteCount.Text(narrow)} in bfloat16, however many ranks there are)"
            : peak.Parts.Any(part => part.Name == MemoryEstimate.WholeOnEachRank) ? " (there each rank holds the whole model: more ranks do not help)" : "";
    }

    /// <summary>
    /// What is chosen where it is left open: judges stay on the device and activations are kept while that fits; judges go first, for they come back faster than a
    /// third of the training. Neither changes a result.
    /// </summary>
    /// <param name="work">Without the choices.</param>
    /// <param name="recompute">Whether activations are computed again, where that is given.</param>
    /// <param name="available">What there is.</param>
    public static Workload Chosen(Workload work, bool? recompute, AvailableMemory available) =>
        Ways(work, recompute).FirstOrDefault(way => Fits(way, available)) ?? work with { Recompute = recompute ?? true, JudgesStay = false };

    /// <summary>The ways to choose from, the fastest first.</summary>
    public static IEnumerable<Workload> Ways(Workload work, bool? recompute) => from again in recompute is { } given ? [given] : new[] { false, true }
                                                                                from stay in new[] { true, false }
                                                                                select work with { Recompute = again, JudgesStay = stay };

    /// <summary>Whether every stage fits with room for what an estimate misses.</summary>
    public static bool Fits(Workload work, AvailableMemory available) => MemoryEstimate.Of(work).All(stage =>
        stage.Bytes <= TightShare * available.Bytes && (available.HostBytes is not { } host || stage.HostBytes <= TightShare * host));
}
