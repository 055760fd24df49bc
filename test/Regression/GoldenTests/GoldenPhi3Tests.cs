using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>phi3-tiny/expected.json and expected_grads.safetensors: the loss and every parameter's gradient. The rest of expected.json is read by
/// <see cref="GoldenGenerationTests"/>.</summary>
[Category("Golden")]
public class GoldenPhi3Tests
{
    [Test]
    public void Loss_and_every_gradient_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        using Decoder model = GoldenPhi3.Load();
        GoldenJson json = GoldenSet.Document("phi3-tiny", "expected.json");
        var golden = new GoldenModel("phi3-tiny");
        GoldenTally tally = new("phi3-tiny/expected.json and expected_grads.safetensors");
        tally.Begin("loss");
        tally.Close("loss", Backward(model, golden), json["mean_next_token_loss_right"], GoldenTolerances.ModelLoss);
        Dictionary<string, Tensor> gradients = model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!);
        tally.Close("norm of all", GradientNorm.Of([.. gradients.Values]), json["grad_global_l2_norm"], GoldenTolerances.GradientNorm);
        foreach ((string name, Tensor gradient) in gradients)
        {
            tally.Begin(name);
            double largest = gradient.abs().max().item<float>();
            tally.Close("norm", gradient.norm().item<float>(), json["grad_l2_norm"][name], GoldenTolerances.GradientNorm);
            tally.Close("sum", gradient.to(ScalarType.Float64).sum().item<double>(), json["grad_sum"][name], GoldenTolerances.Gradient(largest));
        }

        foreach ((string name, Tensor wanted) in GoldenTensors.Read("phi3-tiny", "expected_grads.safetensors"))
        {
            tally.Begin(name);
            tally.Close("gradient", GoldenTally.Numbers(gradients[name["grad.".Length..]]), GoldenTally.Numbers(wanted), GoldenTolerances.Gradient(wanted.abs().max().item<float>()));
        }

        tally.Same("parameters with a norm", gradients.Keys.Order(StringComparer.Ordinal), json["grad_l2_norm"].Members.Select(norm => norm.Name).Order(StringComparer.Ordinal));
        tally.Finish();
    }

    // of the mean next-token loss over the right-padded rows
    private static double Backward(Decoder model, GoldenModel golden)
    {
        Tensor labels = golden.Tokens("right").masked_fill(golden.Mask("right").eq(0), SequenceLogProbs.Ignored);
        SequenceScores scores = SequenceLogProbs.Score(model.HiddenStates(golden.Tokens("right"), golden.Mask("right")), model.Head, labels);
        Tensor loss = -scores.Sums.sum() / scores.Counts.sum();
        loss.backward();
        BackwardFailure.Rethrow();
        return loss.item<float>();
    }
}
