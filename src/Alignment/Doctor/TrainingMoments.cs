using Alignment.Models;

namespace Alignment.Doctor;

/// <summary>
/// What comes and goes within a training step, at the moments of which one is its peak: the loss, the backward pass of a block, and where ranks share the model, that
/// of the embedding and the sharing out of a part's gradient. No two are there together.
/// </summary>
internal static class TrainingMoments
{
    /// <summary>What is held at the largest.</summary>
    /// <param name="work">Sizes.</param>
    /// <param name="lora">The adapters that are trained; null: the whole model is.</param>
    /// <param name="passed">What goes through the model at once.</param>
    public static MemoryPart[] Largest(Workload work, LoraSettings? lora, Passed passed) => Of(work, lora, passed).MaxBy(moment => moment.Sum(part => part.Bytes))!;

    private static IEnumerable<MemoryPart[]> Of(Workload work, LoraSettings? lora, Passed passed)
    {
        bool shared = work.Ranks > 1, again = work.Recompute || shared, all = lora == null;
        var token = TokenMemory.Of(work.Config, lora);
        long number = work.NumberBytes, head = work.HeadParameters, block = work.BlockParameters;
        long blockTrained = all ? block : work.Trained(lora) / work.Config.Shape.Layers;
        // the walk keeps the gradient of a head that is the embedding until the embedding has its own
        MemoryPart[] tied = again && all && work.Config.TiedHead ? [new("the tied head's gradient", number * head)] : [];
        if (!again) // the logits go when the last block's backward pass has begun
        {
            yield return [Activations(token.Training(recompute: false)), new("log-probs", MemoryEstimate.LogProbs(work, passed.Tokens))];
            yield break;
        }
        // what nodes of ours give for a block's float32 weights goes when the next node begins; on a GPU, whose backward pass has a thread of its own, when the block is through
        MemoryPart[] fresh = work is { Narrow: false, IsHost: false } ? [new("a block's gradients", number * block)] : [];
        yield return [Activations(token.AtLoss), new("log-probs", MemoryEstimate.LogProbs(work, passed.Tokens)), .. Gathered(head)];
        yield return [Activations(token.Training(recompute: true)), .. Gathered(block + blockTrained), .. fresh, .. tied];
        if (!shared)
            yield break;
        yield return [Activations(token.Layers * token.Width), new("a part's gradient, shared out", (number + sizeof(float)) * Math.Max(blockTrained, all ? head : 0)), .. tied];
        if (all)
            yield return [new("the embedding and its gradient", (work.Config.TiedHead ? 4 : 3) * number * head)];

        MemoryPart Activations(long numbers) => new($"activations of {passed}", number * passed.Tokens * numbers);

        MemoryPart[] Gathered(long numbers) => shared ? [new("a gathered part", number * numbers)] : [];
    }
}
