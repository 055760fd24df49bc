using Alignment.Models;

namespace Alignment.Doctor;

/// <summary>
/// What would make a sweep fit: first what changes no result (the allocator, activations computed again, fewer sequences at once), then what changes
/// the recipe or takes more hardware: the host's memory, and more devices.
/// </summary>
internal static class MemoryRelief
{
    private const int MostRanks = 64;

    private static readonly LoraSettings s_lora = new() { Rank = 16, Alpha = 32, Targets = [LoraSettings.AllLinear] };

    /// <summary>The mildest change that is enough, or each larger one that is.</summary>
    public static string Of(Workload work, AvailableMemory available)
    {
        Workload mapped = work with { Slack = 0 };
        if (work.Slack == AllocatorSlack.Glibc && MemoryCheck.Fits(mapped, available))
            return $"with {AllocatorSlack.Setting} in the environment it takes {Peak(mapped)}";
        if (Largest(work, available) is { } less)
            return $"with {Changes(work, less)} it takes {Peak(less)}";
        string[] ways = [.. Larger(work, available).Select(way => (way.How, Fitting: Fitting(way.Work, Room(available, work, way.Work.Ranks)))).Where(way => way.Fitting is not null)
            .Select(way => $"with {string.Join(", ", new[] { way.How, Changes(work with { Recompute = true }, way.Fitting!) }.Where(text => text.Length > 0))} "
                + $"it takes {Peak(way.Fitting!)}{(way.Fitting!.Ranks > work.Ranks ? " on each" : "")}")];
        return ways.Length > 0 ? string.Join("; ", ways)
            : $"with one pair at a time it still takes {Peak(Least(work))}: use a device with more memory, shorter lengths or a smaller model";
    }

    // less of what changes no result
    private static Workload? Largest(Workload work, AvailableMemory available) => Fitting(work, available) is { } less && less != work ? less : null;

    // with the most sequences at once that fit, activations computed again
    private static Workload? Fitting(Workload work, AvailableMemory available)
    {
        for (Workload less = work with { Recompute = true }; ; less = Halved(less))
        {
            if (MemoryCheck.Fits(less, available))
                return less;
            if (less == Halved(less))
                return null;
        }
    }

    private static Workload Least(Workload work)
    {
        Workload least = work with { Recompute = true };
        while (least != Halved(least))
            least = Halved(least);
        return least;
    }

    private static Workload Halved(Workload work) => work with
    {
        MicroBatch = work.TokenBudget < long.MaxValue ? work.MicroBatch : Math.Max(1, work.MicroBatch / 2),
        TokenBudget = work.TokenBudget < long.MaxValue ? Math.Max(1, work.TokenBudget / 2) : work.TokenBudget,
        GenerationBatch = Math.Max(1, work.GenerationBatch / 2),
    };

    private static string Changes(Workload work, Workload less) => string.Join(", ", new[]
    {
        less.Recompute && !work.Recompute ? "activations computed again (-p:Recompute=true)" : "",
        less.MicroBatch < work.MicroBatch ? $"a micro-batch of {less.MicroBatch} (-p:MicroBatch)" : "",
        less.TokenBudget < work.TokenBudget ? $"a token budget of {less.TokenBudget} (-p:TokenBudget)" : "",
        less.GenerationBatch < work.GenerationBatch ? $"{less.GenerationBatch} sequences generated together (-p:GenerationBatch)" : "",
    }.Where(change => change.Length > 0));

    // one change of each kind, and each with weights in bfloat16
    private static IEnumerable<(string How, Workload Work)> Larger(Workload work, AvailableMemory available)
    {
        foreach ((string precision, Workload narrow) in work.Narrow ? [("", work)] : new[] { ("", work), ("\"precision\": \"bfloat16\" in policy", work with { Narrow = true }) })
        {
            if (precision.Length > 0)
                yield return (precision, narrow);
            string and = precision.Length > 0 ? precision + ", " : "";
            if (!work.StateOnHost && available.HostBytes is not null)
                yield return ($"{and}the optimiser's state on the host (-p:OptimiserOnHost=true)", narrow with { StateOnHost = true });
            if (work.Lora is null || work is { TrainsSft: true, SftLora: null })
                yield return ($"{and}adapters ({string.Join(" and ", Without(work))})", narrow with { Lora = work.Lora ?? s_lora, SftLora = work.SftLora ?? s_lora });
            if (Ranks(narrow, available) is { } ranks)
                yield return ($"{and}{ranks} devices (-p:Ranks={ranks})", narrow with { Ranks = ranks });
        }
    }

    // the fewest that are enough; processes that share the host's own memory have no more of it
    private static int? Ranks(Workload work, AvailableMemory available) => available.HostBytes is null ? null
        : Enumerable.Range(work.Ranks + 1, Math.Max(0, MostRanks - work.Ranks)).Cast<int?>()
            .FirstOrDefault(ranks => Fitting(work with { Ranks = ranks!.Value }, Room(available, work, ranks.Value)) is not null);

    // what one of so many ranks has, each with a device of its own and a part of the host
    private static AvailableMemory Room(AvailableMemory available, Workload work, int ranks) =>
        available.HostBytes is { } host ? available with { HostBytes = host * work.Ranks / ranks } : available;

    private static IEnumerable<string> Without(Workload work) =>
        [.. work.Lora is null ? ["policy.lora"] : Array.Empty<string>(), .. work is { TrainsSft: true, SftLora: null } ? ["sft.lora"] : Array.Empty<string>()];

    private static string Peak(Workload work) => ByteCount.Text(MemoryEstimate.Of(work).Max(stage => stage.Bytes));
}
