using System.Text.Json;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>OpenAssistant's reward model on transformers' GPT-NeoX, number by number.</summary>
[Category("Golden")]
public class GoldenNeoXTests
{
    private const double Tolerance = 1e-4;
    private static readonly string s_folder = GoldenSet.File("gptneox-rm-tiny");

    [TestCase("right", "right.rewards")]
    [TestCase("left", "left.rewards")]
    public void Padded_rows_give_the_reference_rewards(string side, string expected) => Compare(Parallel(), side, expected);

    [TestCase("right", "sequential.right.rewards")]
    [TestCase("left", "sequential.left.rewards")]
    public void Sequential_residuals_give_the_reference_rewards(string side, string expected) => Compare(Sequential(), side, expected);

    [Test]
    public void Single_rows_give_the_reference_rewards()
    {
        CompareSingle(Parallel(), "unpadded.rewards");
        CompareSingle(Sequential(), "sequential.unpadded.rewards");
    }

    [Test]
    public void Mean_pooling_over_real_tokens_gives_the_rewards_of_the_reference_on_rows_without_padding()
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(Parallel() with { Pooling = RewardPooling.Mean }, s_folder);
        using IDisposable noGrad = no_grad();
        Dictionary<string, Tensor> inputs = Inputs();
        AssertRewards(model.Forward(inputs["right.input_ids"], inputs["right.attention_mask"]), "mean_pooling_no_mask.rewards");
    }

    [Test]
    public void Weights_rounded_to_half_precision_give_the_reference_rewards()
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(s_folder);
        using IDisposable noGrad = no_grad();
        foreach (Tensor weight in model.parameters())
            weight.copy_(weight.to(ScalarType.Float16));
        Dictionary<string, Tensor> inputs = Inputs();
        AssertRewards(model.Forward(inputs["right.input_ids"], inputs["right.attention_mask"]), "fp16weights.right.rewards");
    }

    [Test]
    public void Hidden_states_of_real_tokens_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(s_folder);
        using IDisposable noGrad = no_grad();
        Dictionary<string, Tensor> inputs = Inputs();
        Tensor expected = SafetensorsFile.Read(Path.Combine(s_folder, "expected_hidden.safetensors"))["right.hidden_states"];
        Tensor hidden = model.Decoder.Forward(inputs["right.input_ids"], inputs["right.attention_mask"]);
        Tensor real = inputs["right.attention_mask"].unsqueeze(-1);
        Assert.That(((hidden - expected) * real).abs().max().item<float>(), Is.LessThan(Tolerance));
    }

    private static NeoXConfig Parallel() => NeoXConfigJson.Read(Path.Combine(s_folder, "config.json"));

    private static NeoXConfig Sequential() => NeoXConfigJson.Read(Path.Combine(s_folder, "config.sequential.json"));

    private static Dictionary<string, Tensor> Inputs() => SafetensorsFile.Read(Path.Combine(s_folder, "inputs.safetensors"));

    private static void Compare(NeoXConfig config, string side, string expected)
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(config, s_folder);
        using IDisposable noGrad = no_grad();
        Dictionary<string, Tensor> inputs = Inputs();
        AssertRewards(model.Forward(inputs[$"{side}.input_ids"], inputs[$"{side}.attention_mask"]), expected);
    }

    private static void CompareSingle(NeoXConfig config, string expected)
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(config, s_folder);
        using IDisposable noGrad = no_grad();
        Dictionary<string, Tensor> inputs = Inputs();
        Tensor[] rewards = [.. Enumerable.Range(0, (int)inputs["right.input_ids"].shape[0]).Select(row =>
        {
            long length = inputs["right.attention_mask"][row].sum().item<long>();
            Tensor tokens = inputs["right.input_ids"].narrow(0, row, 1).narrow(1, 0, length);
            return model.Forward(tokens, ones_like(tokens));
        })];
        AssertRewards(cat(rewards), expected);
    }

    private static void AssertRewards(Tensor rewards, string expected)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, "expected.json")));
        double[] wanted = [.. document.RootElement.GetProperty(expected).EnumerateArray().Select(value => value.GetDouble())];
        Assert.That(rewards.data<float>().ToArray(), Is.EqualTo(wanted).Within(Tolerance), expected);
    }
}
