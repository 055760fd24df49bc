using System.Text.Json;
using Alignment.Kernels;
using Alignment.Models;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

[Category("Golden")]
public class GoldenPhi3Tests
{
    private DisposeScope _scope = null!;
    private Dictionary<string, Tensor> _inputs = null!;
    private Dictionary<string, Tensor> _expected = null!;

    [SetUp]
    public void Read()
    {
        _scope = NewDisposeScope();
        _inputs = GoldenTensors.Read("phi3-tiny", "inputs.safetensors");
        _expected = GoldenTensors.Read("phi3-tiny", "expected_logits.safetensors");
    }

    [TearDown]
    public void Free() => _scope.Dispose();

    [TestCase("right")]
    [TestCase("left")]
    public void Logits_of_padded_rows_are_those_of_the_reference(string side)
    {
        using Decoder model = GoldenPhi3.Load("config.json");
        Compare(Logits(model, side), _expected[side + ".logits"], side, 1e-4);
    }

    [TestCase(WindowReading.ItselfIncluded, "window.right.logits_keys_sw")]
    [TestCase(WindowReading.ItselfExtra, "window.right.logits_keys_sw_plus_1")]
    public void Both_readings_of_the_sliding_window_are_those_of_their_references(WindowReading reading, string expected)
    {
        using Decoder model = GoldenPhi3.Load("config.window.json", reading);
        Compare(Logits(model, "right"), _expected[expected], "right", 1e-4);
    }

    [Test]
    public void Bfloat16_weights_in_float32_arithmetic_give_the_logits_of_the_reference()
    {
        using Decoder model = GoldenPhi3.Load("config.json", weights: "phi3-tiny-bf16");
        Compare(Logits(model, "right"), _expected["bf16weights.right.logits"], "right", 1e-4);
    }

    [Test]
    public void Bfloat16_arithmetic_stays_near_the_reference()
    {
        using Decoder model = GoldenPhi3.Load("config.json", weights: "phi3-tiny-bf16");
        model.to(ScalarType.BFloat16);
        Compare(Logits(model, "right").to(ScalarType.Float32), _expected["bf16compute.right.logits"], "right", 0.25);
    }

    [Test]
    public void Loss_and_every_gradient_are_those_of_the_reference()
    {
        using Decoder model = GoldenPhi3.Load("config.json");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(GoldenSet.File("phi3-tiny", "expected.json")));
        Tensor tokens = _inputs["right.input_ids"], mask = _inputs["right.attention_mask"];
        Tensor labels = tokens.masked_fill(mask.eq(0), SequenceLogProbs.Ignored);
        SequenceScores scores = SequenceLogProbs.Score(model.HiddenStates(tokens, mask), model.Head, labels);
        Tensor loss = -scores.Sums.sum() / scores.Counts.sum();
        loss.backward();
        BackwardFailure.Rethrow();
        Assert.That(loss.item<float>(), Is.EqualTo(json.RootElement.GetProperty("mean_next_token_loss_right").GetDouble()).Within(1e-5));
        Dictionary<string, Tensor> parameters = model.named_parameters().ToDictionary(entry => entry.name, entry => (Tensor)entry.parameter);
        foreach ((string name, Tensor wanted) in GoldenTensors.Read("phi3-tiny", "expected_grads.safetensors"))
        {
            double error = (parameters[name["grad.".Length..]].grad! - wanted).abs().max().item<float>();
            Assert.That(error, Is.LessThanOrEqualTo(1e-4 * wanted.abs().max().item<float>()), name);
        }
        double global = GradientNorm.Of([.. parameters.Values.Select(parameter => parameter.grad!)]);
        Assert.That(global, Is.EqualTo(json.RootElement.GetProperty("grad_global_l2_norm").GetDouble()).Within(1e-3).Percent);
        JsonProperty[] norms = [.. json.RootElement.GetProperty("grad_l2_norm").EnumerateObject()];
        Assert.That(norms.Select(norm => norm.Name), Is.EquivalentTo(parameters.Keys));
        foreach (JsonProperty norm in norms)
            Assert.That(parameters[norm.Name].grad!.norm().item<float>(), Is.EqualTo(norm.Value.GetDouble()).Within(0.01).Percent, norm.Name);
    }

    private Tensor Logits(Decoder model, string side)
    {
        using IDisposable noGrad = no_grad();
        return nn.functional.linear(model.HiddenStates(_inputs[side + ".input_ids"], _inputs[side + ".attention_mask"]), model.Head);
    }

    private void Compare(Tensor actual, Tensor expected, string side, double tolerance)
    {
        Tensor real = _inputs[side + ".attention_mask"].ne(0).unsqueeze(-1);
        Tensor error = where(real, (actual - expected).abs(), zeros_like(expected));
        Assert.That(error.max().item<float>(), Is.LessThanOrEqualTo(tolerance));
    }
}
