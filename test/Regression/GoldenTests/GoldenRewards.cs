using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Rewards;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>
/// A …ForSequenceClassification folder: rewards of rows that are padded on either side, alone, padded with the token that ends them, or with a padding
/// token inside; hidden states; the Bradley-Terry loss with its gradients; and the folder written again.
/// </summary>
internal static class GoldenRewards
{
    private const string Inputs = "inputs.safetensors", Eos = "config.pad_is_eos.json";

    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        using IDisposable noGrad = no_grad();
        DecoderConfig config = folder.Config();
        tally.Begin("tokens with a meaning");
        tally.Same("pad_token_id", [config.PadToken], [folder.Expected["pad_token_id"].Whole]);
        tally.Same("eos_token_id", config.EndTokens, [folder.Expected["eos_token_id"].Whole]);
        using DecoderReward model = Load(folder, config), eos = Load(folder, folder.Config(Eos));
        Padded(folder, tally, model, "");
        Padded(folder, tally, model, "interior.");
        Padded(folder, tally, eos, "eospad.");
        Alone(folder, tally, model, folder.Expected["unpadded.rewards"]);
        AtTheLastAttended(folder, tally);
        using (DecoderReward without = Load(folder, config with { PadToken = null }))
            Alone(folder, tally, without, folder.Expected["no_pad_token_id"]["batch_of_one_rewards"]);
        folder.Rows.Compare(tally, "left.position_ids", (DecoderPass.Positions(folder.Rows.Mask("left")), folder.Tensors(Inputs)["left.position_ids"]), "left", new(0, 0));
        // transformers refuses such a batch; here each row is scored as if it were alone
        folder.Expected["no_pad_token_id"]["batch_larger_than_one"].Told();
        Tensor hidden = folder.Tensors("expected_hidden.safetensors")["right.last_hidden_state"];
        folder.Rows.Compare(tally, "hidden states", (model.HiddenStates(folder.Rows.Tokens("right"), folder.Rows.Mask("right")), hidden), "right", GoldenTolerances.RewardHidden);
    }

    /// <summary>The loss of the first row over the second and of the third over the fourth, with every parameter's gradient.</summary>
    public static void CheckGradients(GoldenFolder folder, GoldenTally tally)
    {
        GoldenJson expected = folder.Expected["bradley_terry"];
        expected["definition"].Told();
        using DecoderReward model = Load(folder, folder.Config());
        tally.Begin("Bradley-Terry");
        Tensor rewards = model.Rewards(folder.Rows.Tokens("right"), folder.Rows.Mask("right")).view(-1, 2); // [pairs, chosen and rejected]
        Tensor loss = BradleyTerry.Loss(rewards.select(1, 0), rewards.select(1, 1), smoothing: 0);
        loss.backward();
        BackwardFailure.Rethrow();
        tally.Close("loss", loss.item<float>(), expected["loss"], GoldenTolerances.ModelLoss);
        Dictionary<string, Tensor> gradients = model.Module.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!);
        tally.Same("parameters", gradients.Keys.Order(StringComparer.Ordinal), expected["grad_l2_norm"].Members.Select(norm => norm.Name).Order(StringComparer.Ordinal));
        foreach ((string name, Tensor gradient) in gradients)
        {
            tally.Begin(name);
            tally.Close("norm", GradientNorm.Of([gradient]), expected["grad_l2_norm"][name], GoldenTolerances.GradientNorm);
            tally.Close("sum", gradient.to(ScalarType.Float64).sum().item<double>(), expected["grad_sum"][name], GoldenTolerances.Gradient(gradient.abs().max().item<float>()));
        }
        foreach ((string name, Tensor wanted) in folder.Tensors("expected_grads.safetensors"))
        {
            tally.Begin(name);
            tally.Close("gradient", GoldenTally.Numbers(gradients[name["bradley_terry.grad.".Length..]]), GoldenTally.Numbers(wanted), GoldenTolerances.Gradient(wanted.abs().max().item<float>()));
        }
    }

    /// <summary>config.v5.json is the same model, and so is the folder that is written.</summary>
    public static void CheckFolder(GoldenFolder folder, GoldenTally tally)
    {
        DecoderConfig config = folder.Config();
        tally.Begin("configuration");
        tally.Same("config.v5.json", [folder.Config("config.v5.json") with { EndTokens = [] }], [config with { EndTokens = [] }]);
        using DecoderReward model = Load(folder, config);
        string saved = folder.Scratch("saved");
        model.Save(saved, new Dictionary<string, byte[]>());
        // a judge has no head that could be tied
        tally.Same("saved", [DecoderConfig.ReadFolder(saved) with { EndTokens = [] }], [config with { EndTokens = [], TiedHead = false }]);
        tally.Holds("it is told as a judge", DecoderReward.IsOne(saved));
        using IRewardNetwork again = RewardFolder.Load(saved);
        GoldenTensors stored = folder.Tensors("model.safetensors");
        Dictionary<string, Tensor> weights = again.Module.state_dict();
        tally.Same("names", weights.Keys.Order(StringComparer.Ordinal), stored.Names.Order(StringComparer.Ordinal));
        foreach ((string name, Tensor weight) in weights)
            tally.Holds($"{name} keeps its bits", weight.bytes.SequenceEqual(stored[name].bytes));
    }

    private static DecoderReward Load(GoldenFolder folder, DecoderConfig config) => DecoderReward.Load(config, Path.GetDirectoryName(folder.Read("model.safetensors"))!);

    // the masks are those of the plain rows
    private static void Padded(GoldenFolder folder, GoldenTally tally, DecoderReward model, string variant)
    {
        foreach (string side in new[] { "right", "left" })
        {
            Tensor tokens = folder.Tensors(Inputs)[$"{variant}{side}.input_ids"], mask = folder.Rows.Mask(side);
            tally.Begin($"{variant}{side}");
            if (folder.Expected.Find($"{variant}{side}.pooled_index") is { } index)
                tally.Same("pooled at", model.Last(tokens, mask).data<long>(), index.Read<long[]>());
            Tensor rewards = model.Rewards(tokens, mask);
            tally.Close("rewards", rewards, folder.Expected[$"{variant}{side}.rewards"], GoldenTolerances.DecoderRewards);
            // rotary positions are relative: where counting begins changes roundings alone
            if (folder.Expected.Find($"{variant}{side}.rewards_without_position_ids") is { } uncounted)
                tally.Close("rewards without positions", rewards, uncounted, GoldenTolerances.DecoderRewards);
        }
    }

    private static void Alone(GoldenFolder folder, GoldenTally tally, DecoderReward model, GoldenJson expected)
    {
        tally.Begin("rows alone");
        int[][] rows = [.. Enumerable.Range(0, (int)folder.Rows.Tokens("right").shape[0]).Select(row => folder.Rows.Row("right", row))];
        tally.Same("lengths", rows.Select(row => row.Length), folder.Expected["lens"].Ids);
        double[] rewards = [.. rows.Select(row => model.Rewards(tensor(row.Select(id => (long)id).ToArray()).unsqueeze(0), ones(1, row.Length, ScalarType.Int64)).item<float>())];
        tally.Close("rewards", rewards, expected.Numbers, GoldenTolerances.DecoderRewards);
        tally.Close("rewards in one batch", RewardScorer.Score(model, rows, new()), expected.Numbers, GoldenTolerances.DecoderRewards);
    }

    // what the padding token costs: the same rows where no id is padding
    private static void AtTheLastAttended(GoldenFolder folder, GoldenTally tally)
    {
        using DecoderReward model = Load(folder, folder.Config(Eos) with { PadToken = null });
        tally.Begin("pooled by the mask");
        tally.Close("rewards", model.Rewards(folder.Tensors(Inputs)["eospad.right.input_ids"], folder.Rows.Mask("right")),
            folder.Expected["eospad.rewards_if_pooled_at_the_last_attended_token"], GoldenTolerances.DecoderRewards);
    }
}
