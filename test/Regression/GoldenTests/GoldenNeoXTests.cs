using Alignment.Models;
using Alignment.Models.NeoX;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>OpenAssistant's reward model on transformers' GPT-NeoX, number by number.</summary>
[Category("Golden")]
public class GoldenNeoXTests
{
    private static readonly string s_folder = GoldenSet.File("gptneox-rm-tiny");

    [TestCase("right", "right.rewards")]
    [TestCase("left", "left.rewards")]
    public void Padded_rows_give_the_reference_rewards(string side, string expected) => Compare(Parallel(), side, expected);

    [TestCase("right", "sequential.right.rewards")]
    [TestCase("left", "sequential.left.rewards")]
    public void Sequential_residuals_give_the_reference_rewards(string side, string expected) => Compare(Sequential(), side, expected);

    [TestCase(false, "right.rewards")]
    [TestCase(true, "sequential.right.rewards")]
    public void Rows_without_padding_give_the_reference_rewards(bool sequential, string expected)
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(sequential ? Sequential() : Parallel(), s_folder);
        using IDisposable noGrad = no_grad();
        GoldenTensors inputs = Inputs();
        int[][] rows = [.. Enumerable.Range(0, (int)inputs["right.input_ids"].shape[0]).Select(row =>
            inputs["right.input_ids"][row].masked_select(inputs["right.attention_mask"][row].ne(0)).data<long>().Select(id => (int)id).ToArray())];
        AssertRewards(model.Rewards(PackedSequences.OfRows(rows, int.MaxValue, CPU)), expected);
    }

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
        GoldenTensors inputs = Inputs();
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
        GoldenTensors inputs = Inputs();
        AssertRewards(model.Forward(inputs["right.input_ids"], inputs["right.attention_mask"]), "fp16weights.right.rewards");
    }

    [Test]
    public void Hidden_states_of_real_tokens_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(s_folder);
        using IDisposable noGrad = no_grad();
        GoldenTensors inputs = Inputs();
        Tensor expected = GoldenTensors.Read("gptneox-rm-tiny", "expected_hidden.safetensors")["right.hidden_states"];
        Tensor hidden = model.Decoder.Forward(inputs["right.input_ids"], inputs["right.attention_mask"]);
        GoldenTally tally = new("gptneox-rm-tiny/expected_hidden.safetensors");
        new GoldenModel("gptneox-rm-tiny").Compare(tally, "right.hidden_states", (hidden, expected), "right", GoldenTolerances.Rewards);
        tally.Finish();
    }

    private static NeoXConfig Parallel() => NeoXConfig.Read(Path.Combine(s_folder, "config.json"));

    private static NeoXConfig Sequential() => NeoXConfig.Read(Path.Combine(s_folder, "config.sequential.json"));

    private static GoldenTensors Inputs() => GoldenTensors.Read("gptneox-rm-tiny", "inputs.safetensors");

    private static void Compare(NeoXConfig config, string side, string expected)
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(config, s_folder);
        using IDisposable noGrad = no_grad();
        GoldenTensors inputs = Inputs();
        AssertRewards(model.Forward(inputs[$"{side}.input_ids"], inputs[$"{side}.attention_mask"]), expected);
    }

    private static void CompareSingle(NeoXConfig config, string expected)
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Load(config, s_folder);
        using IDisposable noGrad = no_grad();
        GoldenTensors inputs = Inputs();
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
        double[] found = GoldenTally.Numbers(rewards), wanted = GoldenSet.Document("gptneox-rm-tiny", "expected.json")[expected].Numbers;
        tally.Same("rows", [found.Length], [wanted.Length]);
        for (int row = 0; row < wanted.Length; row++)
        {
            tally.Begin($"row {row}");
            tally.Close("reward", found[row], wanted[row], GoldenTolerances.Rewards);
        }

        tally.Finish();
    }
}
