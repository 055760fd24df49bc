using Alignment.Checkpoints.Safetensors;
using Alignment.Models.NeoX;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>OpenAssistant's reward model on transformers' GPT-NeoX, number by number.</summary>
[Category("Golden")]
public class GoldenNeoXTests
{
    private static readonly string s_folder = GoldenSet.File("gptneox-rm-tiny");

    // each is read by a test below; the others say where the numbers come from
    private static readonly string[] s_parts =
    [
        "right.rewards", "left.rewards", "unpadded.rewards", "fp16weights.right.rewards", "mean_pooling_no_mask.rewards", "sequential.right.rewards",
        "sequential.left.rewards", "sequential.unpadded.rewards", "schema", "set", "versions", "note", "mean_pooling_with_attention_mask", "max_abs_diff_4_40_vs_4_53",
    ];

    [Test]
    public void The_file_has_no_part_that_no_test_reads() =>
        Assert.That(GoldenSet.Document("gptneox-rm-tiny", "expected.json").EnumerateObject().Select(part => part.Name), Is.SubsetOf(s_parts));

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
        GoldenTally tally = new("gptneox-rm-tiny/expected_hidden.safetensors");
        new GoldenModel("gptneox-rm-tiny").Compare(tally, "right.hidden_states", (hidden, expected), "right", GoldenTolerances.Rewards);
        tally.Finish();
    }

    private static NeoXConfig Parallel() => NeoXConfig.Read(Path.Combine(s_folder, "config.json"));

    private static NeoXConfig Sequential() => NeoXConfig.Read(Path.Combine(s_folder, "config.sequential.json"));

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
        GoldenTally tally = new($"gptneox-rm-tiny/expected.json, {expected}");
        double[] found = GoldenTally.Numbers(rewards), wanted = GoldenTally.Numbers(GoldenSet.Document("gptneox-rm-tiny", "expected.json").GetProperty(expected));
        tally.Same("rows", [found.Length], [wanted.Length]);
        for (int row = 0; row < wanted.Length; row++)
        {
            tally.Begin($"row {row}");
            tally.Close("reward", found[row], wanted[row], GoldenTolerances.Rewards);
        }

        tally.Finish();
    }
}
