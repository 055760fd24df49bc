using System.Text.Json;
using Alignment.Objectives;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>losses.json, token_level_ld_dpo: TRL's ld_alpha on log-probs per token.</summary>
[Category("Golden")]
public class GoldenLdDpoTests
{
    [Test]
    public void Losses_rewards_and_gradients_per_token_are_those_of_trl()
    {
        GoldenTally tally = new("losses.json, token_level_ld_dpo");
        Tolerance exact = GoldenTolerances.Losses("float64", "ld_dpo");
        foreach ((int batch, JsonElement golden) in GoldenSet.Document("losses.json").GetProperty("token_level_ld_dpo").EnumerateArray().Index())
        {
            foreach (JsonElement run in golden.GetProperty("runs").EnumerateArray())
            {
                using var scope = NewDisposeScope();
                JsonElement alpha = run.GetProperty("ld_alpha");
                tally.Begin($"batch {batch}, beta {run.GetProperty("beta")}, alpha {alpha}");
                Tensor chosen = Tokens(golden, "policy_chosen").requires_grad_(), rejected = Tokens(golden, "policy_rejected").requires_grad_();
                PairLogProbs pairs = Pairs(golden, chosen, rejected);
                double beta = run.GetProperty("beta").GetDouble();
                PairLosses ours = (alpha.ValueKind == JsonValueKind.Null ? (Objective)new Dpo(beta) : new LdDpo(beta, alpha.GetDouble())).Loss(pairs);
                ours.Losses.mean().backward();
                tally.Close("losses", ours.Losses, run.GetProperty("losses"), exact);
                tally.Close("mean", ours.Losses.mean().item<double>(), run.GetProperty("mean_loss").GetDouble(), exact);
                tally.Close("chosen_rewards", ours.ChosenRewards, run.GetProperty("chosen_rewards"), exact);
                tally.Close("rejected_rewards", ours.RejectedRewards, run.GetProperty("rejected_rewards"), exact);
                tally.Close("chosen_logps", Weighted(pairs.Chosen, pairs.Shared!.Chosen, alpha), run.GetProperty("chosen_logps"), exact);
                tally.Close("rejected_logps", Weighted(pairs.Rejected, pairs.Shared!.Rejected, alpha), run.GetProperty("rejected_logps"), exact);
                tally.Close("grad_policy_chosen", GoldenTally.Numbers(chosen.grad!), Flat(run, "grad_policy_chosen_token_logps"), exact);
                tally.Close("grad_policy_rejected", GoldenTally.Numbers(rejected.grad!), Flat(run, "grad_policy_rejected_token_logps"), exact);
            }
        }
        tally.Finish();
    }

    private static PairLogProbs Pairs(JsonElement golden, Tensor chosen, Tensor rejected)
    {
        long[] chosenCounts = golden.GetProperty("chosen_len").Deserialize<long[]>()!, rejectedCounts = golden.GetProperty("rejected_len").Deserialize<long[]>()!;
        Tensor shared = tensor(chosenCounts.Zip(rejectedCounts, Math.Min).ToArray());
        Tensor referenceChosen = Tokens(golden, "ref_chosen"), referenceRejected = Tokens(golden, "ref_rejected");
        return new()
        {
            Chosen = First(chosen, tensor(chosenCounts)),
            Rejected = First(rejected, tensor(rejectedCounts)),
            ReferenceChosen = referenceChosen.sum(1),
            ReferenceRejected = referenceRejected.sum(1),
            ChosenCounts = tensor(chosenCounts),
            RejectedCounts = tensor(rejectedCounts),
            Shared = new(First(chosen, shared), First(rejected, shared), First(referenceChosen, shared), First(referenceRejected, shared)),
        };
    }

    private static Tensor First(Tensor tokens, Tensor counts) => (tokens * arange(tokens.shape[1]).unsqueeze(0).lt(counts.unsqueeze(1))).sum(1);

    private static Tensor Weighted(Tensor whole, Tensor shared, JsonElement alpha) =>
        alpha.ValueKind == JsonValueKind.Null ? whole : shared + (whole - shared) * alpha.GetDouble();

    private static Tensor Tokens(JsonElement golden, string name)
    {
        double[] values = Flat(golden, name + "_token_logps");
        return tensor(values).view(golden.GetProperty("chosen_len").GetArrayLength(), -1); // [pairs, tokens], 0 past the end
    }

    private static double[] Flat(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().SelectMany(GoldenTally.Numbers)];
}
