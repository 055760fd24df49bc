using Alignment.Generation;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Rewards;

namespace Alignment.Doctor;

/// <summary>
/// The memory a sweep takes on a device at its peaks, from sizes alone. The reference model takes none: its log-probs are computed with the policy's own
/// weights before they are trained. Policy and SFT model are never there together: one is scored after the other.
/// </summary>
internal static class MemoryEstimate
{
    /// <summary>The part that a larger or better allocator would not need.</summary>
    public const string Kept = "kept by the allocator";

    private const string Preference = "preference";

    /// <summary>The name of the stage in which a judge is trained.</summary>
    public static string TrainingOf(string judge) => $"training of judge {judge}";

    /// <summary>The name of the stage in which a judge scores.</summary>
    public static string JudgingBy(string judge) => $"judging by {judge}";

    /// <summary>The name of a whole model's weights where ranks share training: outside of it each has them all.</summary>
    public const string WholeOnEachRank = "weights, whole on each rank";

    /// <summary>Training of judges, SFT, the reference pass, preference optimisation, sampling, scoring under both models, and judging.</summary>
    public static IReadOnlyList<StageMemory> Of(Workload work) =>
    [
        .. work.Judges.Where(judge => judge.TrainedTokens > 0).Select(judge => TrainingOf(judge, work)),
        .. work.TrainsSft ? [Training("SFT", work, work.SftLora, Passed.Of(work, Rows(work, work.Batches.Sft), 1))] : Array.Empty<StageMemory>(),
        Reference(work),
        Training(Preference, work, work.Lora, Passed.Of(work, Rows(work, work.Batches.Preference), 2)),
        .. work.Ranks > 1 ? [HandingOver(work)] : Array.Empty<StageMemory>(),
        Sampling(work),
        Scoring(work),
        .. work.Judges.Select(judge => Judging(judge, work)),
    ];

    // as SpeedSettings.RowsAtOnce
    private static long Rows(Workload work, int batch) => Math.Min(work.MicroBatch, ((long)batch + work.Ranks - 1) / work.Ranks);

    private static StageMemory Training(string stage, Workload work, LoraSettings? lora, Passed passed)
    {
        long trained = work.Trained(lora);
        // float32 weights are their own masters, and on one device their gradients are summed where a backward pass leaves them
        MemoryPart[] masters = work.Narrow ? [new("masters", Shared(Floats(trained), work))] : [], moments = [new("AdamW moments", Shared(Floats(2 * trained), work))],
            sums = GradientsStay(work) ? [] : [new("summed gradients", Shared(Floats(trained), work))];
        // what ranks share out is added up, and rounded, where the weights are
        MemoryPart[] onHost = !work.StateOnHost ? [] : work.Ranks > 1 ? [.. moments, .. sums] : [.. masters, .. moments, .. sums];
        long averages = stage == Preference ? Shared(Floats(work.Averages * trained), work) : 0;
        return Stage(stage, work.Slack,
            [
                new("weights", Shared(work.NumberBytes * (work.Parameters + (lora == null ? 0 : trained)), work)), new("gradients", Gradients(work, trained)),
                .. work.StateOnHost ? [new("the optimiser's state, in turn", 4 * Floats(Math.Min(trained, HostAdamW.PartElements)))] : moments,
                .. work is { StateOnHost: true, Ranks: 1 } ? Array.Empty<MemoryPart>() : [.. masters, .. sums],
                .. stage == Preference && work.SecondModel ? [new MemoryPart("the second model", Weights(work))] : Array.Empty<MemoryPart>(),
                new("averages", work.IsHost ? averages : 0), .. Beside(work),
            ],
            TrainingMoments.Largest(work, lora, passed)) with
        { HostBytes = onHost.Sum(part => part.Bytes) + (work.IsHost ? 0 : averages) };
    }

    private static bool GradientsStay(Workload work) => work is { Narrow: false, StateOnHost: false, Ranks: 1 };

    // those that do not stay are taken away after each part of the model, or after a pass through all of it; of ranks they are one of the moments
    private static long Gradients(Workload work, long trained) => GradientsStay(work) ? Floats(trained)
        : work.Ranks > 1 ? 0 : work.NumberBytes * (work.Recompute ? Math.Min(trained, work.LargestPart) : trained);

    // before training each rank has the whole model, and behind it again, part by part beside its shares
    private static StageMemory HandingOver(Workload work) => Stage("loading and saving", work.Slack,
        [new(WholeOnEachRank, Weights(work)), new("a part's shares", Shared((work.NumberBytes + (work.Narrow ? 2L : 1L) * sizeof(float)) * work.LargestPart, work)), .. Beside(work)], []);

    private static StageMemory TrainingOf(JudgeModel judge, Workload work) => Stage(TrainingOf(judge.Name), work.Slack,
        [
            new("weights and the best epoch's", Floats(2 * judge.Parameters)), new("gradients", Floats(judge.Parameters)),
            new("AdamW moments", work.StateOnHost ? 0 : Floats(2 * judge.Parameters)),
        ],
        [new($"activations of {judge.TrainedTokens} tokens", Floats(judge.TrainedTokens * judge.Token.Training(work.Recompute)))]) with
    {
        HostBytes = work.StateOnHost ? Floats(3 * judge.Parameters) : 0,
    };

    private static StageMemory Reference(Workload work)
    {
        var passed = Passed.Of(work, work.MicroBatch, 2);
        return Stage("reference pass", work.Slack, [Whole(work), .. Beside(work)],
            [
                new($"activations of {passed}", work.NumberBytes * passed.Tokens * TokenMemory.Of(work.Config).Passing),
                new("log-probs", LogProbs(work, passed.Tokens)),
            ]);
    }

    // some prompts are read at once, one part of the rows after the other; then the cache grows by a token at a time
    private static StageMemory Sampling(Workload work)
    {
        ModelShape shape = work.Config.Shape;
        long rows = work.GenerationBatch, prompt = work.LongestPrompt, capacity = prompt + work.NewTokens;
        long read = Math.Clamp(new GenerationSpeed().PrefillTokens / Math.Max(1, prompt), 1, rows);
        return Stage("sampling", work.Slack,
            [
                Whole(work),
                new($"key-value cache of {rows} × {capacity} tokens", Cache(work, rows)),
                .. Beside(work),
            ],
            [
                new("prompts", work.NumberBytes * read * prompt * TokenMemory.Of(work.Config).Passing + read * prompt * prompt * MaskBytes(work, prompt)),
                new("logits", Floats(3 * rows * shape.Vocabulary)),
            ]);
    }

    /// <summary>Bytes of the keys and values of so many responses that are drawn together, each as long as it may be.</summary>
    public static long Cache(Workload work, long rows) =>
        work.NumberBytes * 2 * work.Config.Shape.Layers * rows * (work.LongestPrompt + work.NewTokens) * work.Config.Shape.KeyValueHeads * work.Config.Shape.HeadWidth;

    private static StageMemory Scoring(Workload work)
    {
        long longest = work.LongestPrompt + work.NewTokens, tokens = Math.Min(work.GenerationBatch * longest, work.IsHost ? Math.Max(GenerationSpeed.ScoredByCpu, longest) : long.MaxValue);
        return Stage("scoring", work.Slack, [Whole(work), .. Beside(work)],
            [new("responses", work.NumberBytes * tokens * TokenMemory.Of(work.Config).Passing), new("log-probs", LogProbs(work, tokens))]);
    }

    private static StageMemory Judging(JudgeModel judge, Workload work)
    {
        long tokens = new RewardScoringSettings().TokensAtOnce(packed: work.IsHost && Simd.Fast); // as IRewardNetwork.Packs: judges are float32
        return Stage(JudgingBy(judge.Name), work.Slack,
            [new("weights", Floats(work.JudgesStay ? work.Judges.Sum(one => one.Parameters) : judge.Parameters))],
            [new($"activations of {tokens} tokens", Floats(tokens * judge.Token.Passing))]);
    }

    private static StageMemory Stage(string name, double slack, MemoryPart[] lasting, MemoryPart[] passing) =>
        new(name, [.. lasting, .. passing, new(Kept, (long)(slack * passing.Sum(part => part.Bytes)))]);

    private static MemoryPart[] Beside(Workload work) => work.JudgesStay ? [new("judges", Floats(work.Judges.Sum(judge => judge.Parameters)))] : [];

    private static MemoryPart Whole(Workload work) => new(work.Ranks > 1 ? WholeOnEachRank : "weights", Weights(work));

    private static long Weights(Workload work) => work.NumberBytes * work.Parameters;

    private static long Shared(long bytes, Workload work) => (bytes + work.Ranks - 1) / work.Ranks;

    /// <summary>Logits of one chunk, the hidden states they come from, and the head's gradient while it is added up.</summary>
    internal static long LogProbs(Workload work, long tokens)
    {
        ModelShape shape = work.Config.Shape;
        long logits = Math.Min(tokens * shape.Vocabulary, Math.Max(ChunkedLogProbs.ChunkElements, shape.Vocabulary));
        return Floats(logits) + (work.Narrow ? work.NumberBytes * logits : 0) + work.NumberBytes * (2 * tokens * shape.Width + 2 * shape.Vocabulary * shape.Width);
    }

    // of every pair of positions, where rows are padded on the left: the bias and what it is made from
    private static long MaskBytes(Workload work, long keys) => work.Config.KeysInWindow < keys ? 18 : 8;

    private static long Floats(long count) => sizeof(float) * count;
}

/// <summary>What goes through the model at once in training: rows of the longest sequences, within the token budget, and at least a row.</summary>
/// <param name="Sequences">How many there are at most; each as long as the longest.</param>
/// <param name="Length">Tokens of the longest.</param>
/// <param name="Tokens">Of all.</param>
internal readonly record struct Passed(long Sequences, long Length, long Tokens)
{
    /// <param name="work">Lengths and budget.</param>
    /// <param name="rows">Rows at most.</param>
    /// <param name="perRow">Sequences of a row.</param>
    public static Passed Of(Workload work, long rows, int perRow) => new(rows * perRow, work.LongestSequence,
        Math.Max(perRow * (long)work.LongestSequence, Math.Min(rows * perRow * work.LongestSequence, work.TokenBudget)));

    public override string ToString() => Tokens == Sequences * Length ? $"{Sequences} × {Length} tokens" : $"{Tokens} tokens";
}
