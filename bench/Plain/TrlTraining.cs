using Alignment.Data;
using Alignment.Kernels.Optimiser;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Bench.Plain;

/// <summary>
/// A training run as TRL's trainers and transformers compose it: whole batches, padded, in the order of the shuffle; scaled_dot_product_attention, selective
/// log-softmax, clipping, the fused AdamW. Batches, learning rates and the loss on the sums are those of the library's goal, so that losses can be compared step by step.
/// </summary>
internal static class TrlTraining
{
    /// <summary>Trains a model in place.</summary>
    /// <param name="model">With scaled_dot_product_attention.</param>
    /// <param name="goal">Data and loss; one whose loss needs no more than the responses' sums.</param>
    /// <param name="settings">Learning rate, epochs and the rest.</param>
    /// <returns>The loss of every step.</returns>
    public static double[] Train(PlainDecoder model, IPolicyGoal goal, TrainingSettings settings)
    {
        using var optimiser = new FusedAdamW(model.Parameters.Select((parameter, i) => ($"{i}", (Tensor)parameter)), settings.Rates());
        TrainingPlan plan = TrainingPlan.Shuffled(goal.Rows.Count, settings);
        double[] losses = new double[plan.Steps];
        for (long step = 0; step < plan.Steps; step++)
        {
            using var scope = NewDisposeScope();
            int[] rows = plan.Rows(step);
            optimiser.ZeroGradients();
            Tensor loss = goal.Loss(TrlLogProbs.Scores(model, goal.Sequences(rows)), rows, rows).Sum / goal.Divisor(rows);
            loss.backward();
            nn.utils.clip_grad_norm_(model.Parameters, settings.MaxGradientNorm);
            optimiser.Step(plan.Rate(step));
            goal.EndStep(step + 1);
            losses[step] = loss.item<float>();
        }
        return losses;
    }

    /// <summary>The reference's log-probs as TRL precomputes them: batches in the data's order.</summary>
    public static ReferenceLogProbs Reference(PlainDecoder model, IReadOnlyList<TokenizedPair> pairs, int batchSize)
    {
        List<float> chosen = [], rejected = [];
        foreach (TokenizedPair[] batch in pairs.Chunk(batchSize))
        {
            float[] sums = TrlLogProbs.Sums(model, PairSequences.Preference(batch));
            chosen.AddRange(sums[..batch.Length]);
            rejected.AddRange(sums[batch.Length..]);
        }
        return new([.. chosen], [.. rejected], [.. pairs.Select(pair => pair.Source)]);
    }
}
