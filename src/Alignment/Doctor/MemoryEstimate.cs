using Alignment.Kernels.LogProbs;
using Alignment.Models;

namespace Alignment.Doctor;

/// <summary>
/// The memory a sweep takes at its peaks, from sizes alone. Everything is float32. The reference model takes none: its log-probs are computed with
/// the policy's own weights before they are trained.
/// </summary>
internal static class MemoryEstimate
{
    /// <summary>SFT, preference optimisation, sampling, and scoring under both models.</summary>
    public static IReadOnlyList<StageMemory> Of(Workload work) =>
    [
        .. work.TrainsSft ? [Training("SFT", work, work.SftTrainedParameters, work.MicroBatch)] : Array.Empty<StageMemory>(),
        Training("preference", work, work.TrainedParameters, 2L * work.MicroBatch),
        Sampling(work),
        Scoring(work),
    ];

    private static StageMemory Training(string stage, Workload work, long trained, long sequences)
    {
        long tokens = sequences * work.LongestSequence;
        return Stage(stage, work.Slack,
            [
                new("weights", Floats(work.Parameters + (trained == work.Parameters ? 0 : trained))),
                new("gradients", Floats(trained)), new("AdamW moments", Floats(2 * trained)),
            ],
            [
                new($"activations of {sequences} × {work.LongestSequence} tokens",
                    Floats(tokens * (KeptPerToken(work.Config) + PassingPerToken(work.Config)))),
                new("log-probs", LogProbs(work.Config.Shape, tokens)),
            ]);
    }

    // prompts are read at once, then the cache grows by a token at a time
    private static StageMemory Sampling(Workload work)
    {
        ModelShape shape = work.Config.Shape;
        long rows = work.GenerationBatch, prompt = work.LongestPrompt, capacity = prompt + work.NewTokens;
        return Stage("sampling", work.Slack,
            [
                new("weights", Floats(work.Parameters)),
                new($"key-value cache of {rows} × {capacity} tokens", Floats(2 * shape.Layers * rows * capacity * KeyWidth(shape))),
            ],
            [
                new("prompts", Floats(rows * prompt * PassingPerToken(work.Config)) + rows * prompt * prompt * MaskBytes(work.Config, prompt)),
                new("logits", Floats(3 * rows * shape.Vocabulary)),
            ]);
    }

    // the policy and, where no adapters can be switched off, the SFT model beside it
    private static StageMemory Scoring(Workload work)
    {
        long tokens = (long)work.GenerationBatch * (work.LongestPrompt + work.NewTokens);
        return Stage("scoring", work.Slack,
            [new(work.Lora is null ? "weights of two models" : "weights", Floats((work.Lora is null ? 2 : 1) * work.Parameters))],
            [new("responses", Floats(tokens * PassingPerToken(work.Config))), new("log-probs", LogProbs(work.Config.Shape, tokens))]);
    }

    private static StageMemory Stage(string name, double slack, MemoryPart[] lasting, MemoryPart[] passing) =>
        new(name, [.. lasting, .. passing, new("kept by the allocator", (long)(slack * passing.Sum(part => part.Bytes)))]);

    /// <summary>
    /// Numbers that autograd keeps for each token until the backward pass. A layer keeps the inputs of its two norms and of its projections, the keys
    /// and values (repeated for grouped heads), what the rotary angles turned, the attention's output, and gate and up with their product.
    /// </summary>
    private static long KeptPerToken(DecoderConfig config)
    {
        (long width, long keys, long mlp) = (config.Shape.Width, KeyWidth(config.Shape), config.Shape.MlpWidth);
        long queries = config.Shape.Heads * config.Shape.HeadWidth, repeated = config.Shape.KeyValueHeads < config.Shape.Heads ? 2 * queries : 0;
        long attention = (config.Family.FusedProjections ? queries + 2 * keys : keys) + queries + keys + repeated + queries;
        long norms = (config.Family.Norms == NormPlacement.Around ? 2 * width : 0) + (config.Family.QueryKeyNorm == QueryKeyNorm.None ? 0 : queries + keys);
        return config.Shape.Layers * (4 * width + norms + attention + (config.Family.FusedProjections ? 3 : 4) * mlp) + 3 * width;
    }

    // numbers of one layer that live at once where nothing is kept, and in its backward pass
    private static long PassingPerToken(DecoderConfig config)
    {
        (long width, long keys, long mlp) = (config.Shape.Width, KeyWidth(config.Shape), config.Shape.MlpWidth);
        long queries = config.Shape.Heads * config.Shape.HeadWidth;
        return 3 * width + Math.Max(2 * width + 5 * queries + 3 * keys, width + 4 * mlp);
    }

    // logits of one chunk, the hidden states they come from, and the head's gradient while it is added up
    private static long LogProbs(ModelShape shape, long tokens)
    {
        long logits = Math.Min(tokens * shape.Vocabulary, Math.Max(ChunkedLogProbs.ChunkElements, shape.Vocabulary));
        return Floats(logits + 2 * tokens * shape.Width + 2 * shape.Vocabulary * shape.Width);
    }

    // of every pair of positions, where rows are padded on the left: the bias and what it is made from
    private static long MaskBytes(DecoderConfig config, long keys) => config.KeysInWindow < keys ? 18 : 8;

    private static long KeyWidth(ModelShape shape) => shape.KeyValueHeads * shape.HeadWidth;

    private static long Floats(long count) => sizeof(float) * count;
}
