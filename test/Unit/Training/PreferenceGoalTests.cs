using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class PreferenceGoalTests
{
    // responses of 2 and 4, 3 and 1, 1 and 1 tokens to prompts of 3, 2 and 1
    private static readonly TokenizedPair[] s_pairs =
    [
        new("a", [1, 2, 3], [4, 5], [6, 7, 8, 9], false, false), new("b", [1, 2], [3, 4, 5], [6], false, false), new("c", [1], [2], [3], false, false),
    ];

    private static readonly ReferenceLogProbs s_reference = new([-10, -20, -30], [-11, -22, -30], ["a", "b", "c"])
    {
        ChosenSharedSums = [-1, -2, -3],
        RejectedSharedSums = [-4, -5, -6],
    };

    private static readonly string[] s_rewards = ["rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected"];

    [Test]
    public void Rows_are_counted_with_the_prompt_for_each_response_and_a_batch_by_its_pairs()
    {
        var goal = new PreferenceGoal(new Dpo(0.5), s_pairs, s_reference);
        Assert.That(new[] { 0, 1, 2 }.Select(goal.Tokens), Is.EqualTo(new[] { 12, 8, 4 }));
        Assert.That((goal.Divisor([0, 2]), goal.Name, goal.CouplesRows), Is.EqualTo((2.0, "DPO", false)));
        Assert.That(goal.Rows, Is.SameAs(s_pairs));
        Assert.That(new PreferenceGoal(new Aot(0.5), s_pairs, s_reference).CouplesRows);
        Assert.That(goal.Sequences([2, 0]).All, Is.EqualTo(new[] { (s_pairs[2].Prompt, s_pairs[2].Chosen), (s_pairs[0].Prompt, s_pairs[0].Chosen),
            (s_pairs[2].Prompt, s_pairs[2].Rejected), (s_pairs[0].Prompt, s_pairs[0].Rejected) }));
        Assert.That(goal.Sequences([0]).FirstTokens, Is.Null);
        Assert.That(new PreferenceGoal(new LdDpo(0.5, 0.5), s_pairs, s_reference).Sequences([2, 0, 1]).FirstTokens, Is.EqualTo(new[] { 1, 2, 1, 1, 2, 1 }));
    }

    [Test]
    public void Losses_are_summed_and_rewards_margins_and_sums_logged_row_by_row()
    {
        using var scope = NewDisposeScope();
        // margins of the log-ratios: (−8 + 10) − (−12 + 11) = 3, 0 for c, and (−19 + 20) − (−20 + 22) = −1
        SequenceScores scores = Scores([-8, -30, -19, -12, -30, -20]);
        SummedLoss loss = new PreferenceGoal(new Dpo(0.5), s_pairs, s_reference).Loss(scores, [0, 2, 1], [0, 2, 1]);
        Assert.That(loss.Sum.item<float>(), Is.EqualTo(new[] { 1.5, 0, -0.5 }.Sum(margin => Math.Log(1 + Math.Exp(-margin)))).Within(1e-5));
        Assert.That(loss.Sum.requires_grad);
        Assert.That(loss.Logged.Select(item => item.Value.requires_grad), Is.All.False);
        Assert.That(loss.Logged.Select(item => item.Key), Is.EqualTo(s_rewards.Concat(["log_ratios/chosen", "log_ratios/rejected"])));
        Assert.That(loss.Logged.Select(item => Micro.Numbers(item.Value)), Is.EqualTo(new float[][]
        {
            [1, 0, 0.5f], [-0.5f, 0, 1], [1.5f, 0, -0.5f], [1, 0, 0], [-8, -30, -19], [-12, -30, -20], [2, 0, 1], [-1, 0, 2],
        }));
    }

    [Test]
    public void An_objective_without_a_reference_logs_no_ratios_though_one_is_there()
    {
        using var scope = NewDisposeScope();
        SummedLoss loss = new PreferenceGoal(new SimPo(2, 0.5), s_pairs, s_reference).Loss(Scores([-8, -12]), [0], [0]);
        Assert.That(loss.Logged.Select(item => item.Key), Is.EqualTo(s_rewards));
        Assert.That(Micro.Numbers(loss.Logged[0].Value), Is.EqualTo(new float[] { -8 })); // 2 · −8 / 2
        Assert.That(Micro.Numbers(loss.Logged[1].Value), Is.EqualTo(new float[] { -6 })); // 2 · −12 / 4
    }

    [Test]
    public void Sums_over_shared_lengths_reach_the_objective_with_the_references_own()
    {
        using var scope = NewDisposeScope();
        SequenceScores scores = Scores([-8, -19, -12, -20]) with { FirstSums = tensor(new float[] { -2, -3, -5, -7 }) };
        var probe = new Probe(Shared: true);
        new PreferenceGoal(probe, s_pairs, s_reference).Loss(scores, [0, 1], [0, 1]);
        Assert.That(probe.Seen, Is.EqualTo(new float[][] { [-8, -19], [-12, -20], [2, 3], [4, 1], [-10, -20], [-11, -22], [-2, -3], [-5, -7], [-1, -2], [-4, -5] }));
        var plain = new Probe(Shared: false);
        new PreferenceGoal(plain, s_pairs, s_reference).Loss(Scores([-8, -19, -12, -20]), [0, 1], [0, 1]);
        Assert.That(plain.Seen, Is.EqualTo(new float[][] { [-8, -19], [-12, -20], [2, 3], [4, 1], [-10, -20], [-11, -22] }));
    }

    // −8 over the mean of 2, 3 and 1 tokens
    [Test]
    public void Chosen_tokens_are_averaged_over_the_whole_batch_whichever_rows_go_through_together()
    {
        using var scope = NewDisposeScope();
        float Loss(double nllWeight) => new PreferenceGoal(new Dpo(0.5) { NllWeight = nllWeight }, s_pairs, s_reference).Loss(Scores([-8, -12]), [0], [0, 1, 2]).Sum.item<float>();
        Assert.That(Loss(1) - Loss(0), Is.EqualTo(8.0 / 2).Within(1e-5));
    }

    [Test]
    public void A_loss_leaves_nothing_but_its_result()
    {
        using var scope = NewDisposeScope();
        var goal = new PreferenceGoal(new Dpo(0.5), s_pairs, s_reference);
        SequenceScores scores = Scores([-8, -30, -19, -12, -30, -20]);
        goal.Loss(scores, [0, 2, 1], [0, 2, 1]); // makes statics
        DisposeScopeManager.Statistics.Reset();
        goal.Loss(scores, [0, 2, 1], [0, 2, 1]);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(9));
    }

    [Test]
    public void An_objective_that_couples_pairs_and_needs_shared_sums_is_refused() =>
        Assert.That(() => new PreferenceGoal(new Probe(Shared: true, Couples: true), s_pairs, s_reference),
            Throws.TypeOf<NotSupportedException>().With.Message.EqualTo("probe couples pairs and needs sums over parts of responses: the trainer offers one of the two"));

    [Test]
    public void Sft_counts_the_chosen_responses_alone()
    {
        using var scope = NewDisposeScope();
        var goal = new SftGoal(s_pairs);
        Assert.That(new[] { 0, 1, 2 }.Select(goal.Tokens), Is.EqualTo(new[] { 5, 5, 2 }));
        Assert.That((goal.Name, goal.Divisor([0, 1]), ((IPolicyGoal)goal).CouplesRows), Is.EqualTo(("SFT", 5.0, false)));
        Assert.That(goal.Rows, Is.SameAs(s_pairs));
        Assert.That(goal.Sequences([1, 0]).All, Is.EqualTo(new[] { (s_pairs[1].Prompt, s_pairs[1].Chosen), (s_pairs[0].Prompt, s_pairs[0].Chosen) }));
        SummedLoss loss = goal.Loss(Scores([-8, -19]), [0, 1], [0, 1]);
        Assert.That((loss.Sum.item<float>(), loss.Sum.requires_grad), Is.EqualTo((27f, true)));
        Assert.That(loss.Logged.Select(item => (item.Key, item.Value.requires_grad)), Is.EqualTo(new[] { ("logps/chosen", false) }));
        Assert.That(Micro.Numbers(loss.Logged[0].Value), Is.EqualTo(new float[] { -8, -19 }));
    }

    // chosen, then rejected; the counts are those of the first rows' responses
    private static SequenceScores Scores(float[] sums)
    {
        long[] counts = sums.Length switch { 2 => [2, 4], 4 => [2, 3, 4, 1], _ => [2, 1, 3, 4, 1, 1] };
        return new(tensor(sums, requires_grad: true), tensor(counts));
    }

    // keeps what it is given
    private sealed record Probe(bool Shared, bool Couples = false) : Objective
    {
        public List<float[]> Seen { get; } = [];

        public override string Name => "probe";

        public override bool NeedsReference => true;

        public override bool CouplesPairs => Couples;

        public override bool NeedsSharedSums => Shared;

        public override PairLosses Loss(PairLogProbs pairs)
        {
            Tensor?[] all = [pairs.Chosen, pairs.Rejected, pairs.ChosenCounts.to(ScalarType.Float32), pairs.RejectedCounts.to(ScalarType.Float32), pairs.ReferenceChosen, pairs.ReferenceRejected,
                pairs.Shared?.Chosen, pairs.Shared?.Rejected, pairs.Shared?.ReferenceChosen, pairs.Shared?.ReferenceRejected];
            Seen.AddRange(all.OfType<Tensor>().Select(Micro.Numbers));
            return new(pairs.Chosen.alias(), pairs.Chosen.detach(), pairs.Rejected.detach());
        }
    }
}
