using System.Text.Json;
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
    private static readonly string[] s_gradients = ["mean_next_token_loss_right", "grad_l2_norm", "grad_sum", "grad_global_l2_norm"];

    // where the numbers come from, and how far the references are apart
    private static readonly string[] s_notes =
    [
        "schema", "set", "versions", "compare_only_where", "loss_definition", "sliding_window", "max_abs_diff_4_40_vs_4_53", "max_abs_diff_left_vs_right",
        "max_abs_diff_bf16compute_vs_f32compute_of_bf16_weights",
    ];

    [Test]
    public void The_file_has_no_part_that_no_test_reads() =>
        Assert.That(GoldenSet.Document("phi3-tiny", "expected.json").EnumerateObject().Select(part => part.Name), Is.SubsetOf(s_gradients.Concat(GoldenGenerationTests.Parts).Concat(s_notes)));

    [Test]
    public void Loss_and_every_gradient_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        using Decoder model = GoldenPhi3.Load();
        JsonElement json = GoldenSet.Document("phi3-tiny", "expected.json");
        var golden = new GoldenModel("phi3-tiny");
        GoldenTally tally = new("phi3-tiny/expected.json and expected_grads.safetensors");
        tally.Begin("loss");
        tally.Close("loss", Backward(model, golden), json.GetProperty("mean_next_token_loss_right").GetDouble(), GoldenTolerances.ModelLoss);
        Dictionary<string, Tensor> gradients = model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!);
        tally.Close("norm of all", GradientNorm.Of([.. gradients.Values]), json.GetProperty("grad_global_l2_norm").GetDouble(), GoldenTolerances.GradientNorm);
        foreach ((string name, Tensor gradient) in gradients)
        {
            tally.Begin(name);
            double largest = gradient.abs().max().item<float>();
            tally.Close("norm", gradient.norm().item<float>(), json.GetProperty("grad_l2_norm").GetProperty(name).GetDouble(), GoldenTolerances.GradientNorm);
            tally.Close("sum", gradient.to(ScalarType.Float64).sum().item<double>(), json.GetProperty("grad_sum").GetProperty(name).GetDouble(), GoldenTolerances.Gradient(largest));
        }

        foreach ((string name, Tensor wanted) in GoldenTensors.Read("phi3-tiny", "expected_grads.safetensors"))
        {
            tally.Begin(name);
            tally.Close("gradient", GoldenTally.Numbers(gradients[name["grad.".Length..]]), GoldenTally.Numbers(wanted), GoldenTolerances.Gradient(wanted.abs().max().item<float>()));
        }

        tally.Same("parameters with a norm", gradients.Keys.Order(StringComparer.Ordinal), json.GetProperty("grad_l2_norm").EnumerateObject().Select(norm => norm.Name).Order(StringComparer.Ordinal));
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
