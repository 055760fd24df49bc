namespace Alignment.Doctor;

/// <summary>Whether a recipe's sweep fits a device, and what to lower where it does not.</summary>
internal static class MemoryCheck
{
    /// <summary>Above this share of a device's memory a run is tight: estimates miss by as much.</summary>
    public const double TightShare = 0.8;

    /// <summary>Lists the stages and judges the largest.</summary>
    public static IReadOnlyList<Verdict> Of(Workload work, AvailableMemory available)
    {
        IReadOnlyList<StageMemory> stages = MemoryEstimate.Of(work);
        return [.. stages.Select(stage => Verdict.Note($"{stage}")), Judged(work, stages.MaxBy(stage => stage.Bytes)!, available)];
    }

    private static Verdict Judged(Workload work, StageMemory peak, AvailableMemory available)
    {
        double share = (double)peak.Bytes / available.Bytes;
        string text = $"{peak.Stage} takes {ByteCount.Text(peak.Bytes)} of the {ByteCount.Text(available.Bytes)} {available.Device} has";
        return share <= TightShare ? Verdict.Ok($"fits: {text}")
            : share <= 1 ? Verdict.Warn($"tight: {text}", $"{Lower(work, available)}")
            : Verdict.Fail($"does not fit: {text}", $"{Lower(work, available)}");
    }

    private static string Lower(Workload work, AvailableMemory available)
    {
        Workload mapped = work with { Slack = 0 };
        if (work.Slack == AllocatorSlack.Glibc && Peak(mapped) <= TightShare * available.Bytes)
            return $"with {AllocatorSlack.Setting} in the environment it takes {ByteCount.Text(Peak(mapped))}";
        for (Workload less = Halved(work); less != work; (work, less) = (less, Halved(less)))
            if (Peak(less) <= TightShare * available.Bytes)
                return $"with a micro-batch of {less.MicroBatch} and {less.GenerationBatch} sequences generated together "
                    + $"it takes {ByteCount.Text(Peak(less))}";
        string[] without = [.. work.Lora is null ? ["policy.lora"] : Array.Empty<string>(), .. work is { TrainsSft: true, SftLora: null } ? ["sft.lora"] : Array.Empty<string>()];
        string adapters = without.Length > 0 ? $"adapters ({string.Join(" and ", without)}), " : "";
        return $"with one pair at a time it still takes {ByteCount.Text(Peak(work))}: "
            + $"use a device with more memory, {adapters}shorter lengths or a smaller model";
    }

    private static Workload Halved(Workload work) =>
        work with { MicroBatch = Math.Max(1, work.MicroBatch / 2), GenerationBatch = Math.Max(1, work.GenerationBatch / 2) };

    private static long Peak(Workload work) => MemoryEstimate.Of(work).Max(stage => stage.Bytes);
}
