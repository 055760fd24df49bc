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
        foreach ((int batch, GoldenJson golden) in GoldenSet.Document("losses.json")["token_level_ld_dpo"].Items.Index())
        {
            foreach (GoldenJson run in golden["runs"].Items)
            {
                using var scope = NewDisposeScope();
                GoldenJson alpha = run["ld_alpha"];
                tally.Begin($"batch {batch}, beta {run["beta"]}, alpha {alpha}");
                Tensor chosen = Tokens(golden, "policy_chosen").requires_grad_(), rejected = Tokens(golden, "policy_rejected").requires_grad_();
                PairLogProbs pairs = Pairs(golden, chosen, rejected);
                PairLosses ours = GoldenObjectives.Of("dpo", run).Loss(pairs);
                ours.Losses.mean().backward();
                tally.Close("losses", ours.Losses, run["losses"], exact);
                tally.Close("mean", ours.Losses.mean().item<double>(), run["mean_loss"], exact);
                tally.Close("chosen_rewards", ours.ChosenRewards, run["chosen_rewards"], exact);
                tally.Close("rejected_rewards", ours.RejectedRewards, run["rejected_rewards"], exact);
                tally.Close("chosen_logps", Weighted(pairs.Chosen, pairs.Shared!.Chosen, alpha), run["chosen_logps"], exact);
                tally.Close("rejected_logps", Weighted(pairs.Rejected, pairs.Shared!.Rejected, alpha), run["rejected_logps"], exact);
                tally.Close("grad_policy_chosen", GoldenTally.Numbers(chosen.grad!), Flat(run, "grad_policy_chosen_token_logps"), exact);
                tally.Close("grad_policy_rejected", GoldenTally.Numbers(rejected.grad!), Flat(run, "grad_policy_rejected_token_logps"), exact);
            }
        }
        tally.Finish();
    }

    private static PairLogProbs Pairs(GoldenJson golden, Tensor chosen, Tensor rejected)
    {
        long[] chosenCounts = golden["chosen_len"].Read<long[]>(), rejectedCounts = golden["rejected_len"].Read<long[]>();
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

    private static Tensor Weighted(Tensor whole, Tensor shared, GoldenJson alpha) =>
        alpha.IsNull ? whole : shared + (whole - shared) * alpha.Number;

    private static Tensor Tokens(GoldenJson golden, string name)
    {
        double[] values = Flat(golden, name + "_token_logps");
        return tensor(values).view(golden["chosen_len"].Items.Count, -1); // [pairs, tokens], 0 past the end
    }

    private static double[] Flat(GoldenJson golden, string name) => [.. golden[name].Items.SelectMany(row => row.Numbers)];
}
