using Alignment.Kernels.Attention;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>
/// The mean next-token loss of the right-padded rows and every parameter's gradient: padded, packed, packed as on a GPU, and with activations that are computed again.
/// </summary>
internal static class GoldenGradients
{
    private const string File = "expected_grads.safetensors", Loss = "mean_next_token_loss_right";

    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        if (folder.Expected.Find(Loss) is not { } loss)
            return;
        using var scope = NewDisposeScope();
        using Decoder any = folder.Load();
        (string Name, Func<Decoder, double> Loss)[] ways =
        [
            ("padded", model => PaddedLoss(model, folder.Rows)), ("packed", model => PackedLoss(model, folder.Rows)), ("computed again", model => WalkedLoss(model, folder.Rows)),
            .. GoldenPaths.OfGpu(any).Select(way => (way.Name, (Func<Decoder, double>)(model => PackedLoss(model, folder.Rows, way.Operator)))),
        ];
        foreach ((string name, Func<Decoder, double> own) in ways)
        {
            using Decoder model = folder.Load();
            tally.Begin("loss");
            tally.Close(name, own(model), loss, GoldenTolerances.ModelLoss);
            Compare(folder, tally, model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!));
        }
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

    private static double PackedLoss(Decoder model, GoldenModel rows, IVariableLengthOperator? attention = null)
    {
        PackedSequences packed = Packed(model, rows) with { Attention = attention };
        return Backward(SequenceLogProbs.Score(model.HiddenStates(packed), Head(model), packed.Scored));
    }

    private static double WalkedLoss(Decoder model, GoldenModel rows)
    {
        PackedSequences packed = Packed(model, rows);
        double value = 0;
        new BlockWalk(new ResidentWeights()).Run([new(model.PathOf(packed), hidden =>
        {
            Tensor loss = Mean(SequenceLogProbs.Score(hidden, Head(model), packed.Scored));
            value = loss.item<float>();
            return loss;
        })]);
        return value;
    }

    // the first token of a row is its prompt
    private static PackedSequences Packed(Decoder model, GoldenModel rows)
    {
        int[][] all = [.. Enumerable.Range(0, (int)rows.Tokens("right").shape[0]).Select(row => rows.Row("right", row))];
        return PackedSequences.Of(new([.. all.Select(row => (row[..1], row[1..]))]), CPU, model.ShortPositions);
    }

    private static LogitHead Head(ILanguageModel model) => model.LogitHead;

    private static Tensor Mean(SequenceScores scores) => -scores.Sums.sum() / scores.Counts.sum();

    private static double Backward(SequenceScores scores)
    {
        Tensor loss = Mean(scores);
        loss.backward();
        BackwardFailure.Rethrow();
        return loss.item<float>();
    }
}
