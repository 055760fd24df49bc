using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The mean next-token loss of the right-padded rows and every parameter's gradient, padded and packed.</summary>
internal static class GoldenGradients
{
    private const string File = "expected_grads.safetensors", Loss = "mean_next_token_loss_right";

    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        if (folder.Expected.Find(Loss) is not { } loss)
            return;
        using var scope = NewDisposeScope();
        using Decoder padded = folder.Load(), packed = folder.Load();
        tally.Begin("loss");
        tally.Close("padded", PaddedLoss(padded, folder.Rows), loss, GoldenTolerances.ModelLoss);
        tally.Close("packed", PackedLoss(packed, folder.Rows), loss, GoldenTolerances.ModelLoss);
        foreach (Decoder model in new[] { padded, packed })
            Compare(folder, tally, model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!));
    }

    private static void Compare(GoldenFolder folder, GoldenTally tally, Dictionary<string, Tensor> gradients)
    {
        (GoldenJson norms, GoldenJson sums) = (folder.Expected["grad_l2_norm"], folder.Expected["grad_sum"]);
        tally.Close("norm of all", GradientNorm.Of([.. gradients.Values]), folder.Expected["grad_global_l2_norm"], GoldenTolerances.GradientNorm);
        tally.Same("parameters", gradients.Keys.Order(StringComparer.Ordinal), norms.Members.Select(norm => norm.Name).Order(StringComparer.Ordinal));
        foreach ((string name, Tensor gradient) in gradients)
        {
            tally.Begin(name);
            double largest = gradient.abs().max().item<float>();
            tally.Close("norm", gradient.norm().item<float>(), norms[name], GoldenTolerances.GradientNorm);
            tally.Close("sum", gradient.to(ScalarType.Float64).sum().item<double>(), sums[name], GoldenTolerances.Gradient(largest));
        }
        foreach ((string name, Tensor wanted) in folder.Tensors(File))
        {
            tally.Begin(name);
            tally.Close("gradient", GoldenTally.Numbers(gradients[name["grad.".Length..]]), GoldenTally.Numbers(wanted), GoldenTolerances.Gradient(wanted.abs().max().item<float>()));
        }
    }

    private static double PaddedLoss(Decoder model, GoldenModel rows)
    {
        Tensor labels = rows.Tokens("right").masked_fill(rows.Mask("right").eq(0), SequenceLogProbs.Ignored);
        return Backward(SequenceLogProbs.Score(model.HiddenStates(rows.Tokens("right"), rows.Mask("right")), Head(model), labels, firstTokens: null));
    }

    // the first token of a row is its prompt
    private static double PackedLoss(Decoder model, GoldenModel rows)
    {
        int[][] all = [.. Enumerable.Range(0, (int)rows.Tokens("right").shape[0]).Select(row => rows.Row("right", row))];
        PackedSequences packed = PackedSequences.Of(new([.. all.Select(row => (row[..1], row[1..]))]), CPU, model.ShortPositions);
        return Backward(SequenceLogProbs.Score(model.HiddenStates(packed), Head(model), packed.Scored));
    }

    private static LogitHead Head(ILanguageModel model) => model.LogitHead;

    private static double Backward(SequenceScores scores)
    {
        Tensor loss = -scores.Sums.sum() / scores.Counts.sum();
        loss.backward();
        BackwardFailure.Rethrow();
        return loss.item<float>();
    }
}
