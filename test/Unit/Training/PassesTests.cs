using Alignment.Data;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Which rows go through the model together, and how often.</summary>
[NonParallelizable]
public class PassesTests
{
    // prompt, chosen and rejected tokens
    private static readonly TokenizedPair[] s_pairs = [Pair("a", 1, 3, 8), Pair("b", 1, 9, 1), Pair("c", 6, 5, 2), Pair("d", 1, 1, 6), Pair("e", 1, 7, 2)];

    // a: 4 tokens of the chosen response and its prompt, b: 10, c: 11, d: 2, e: 8
    [TestCase(5, long.MaxValue, "packed 5 9 7 3 1")]
    [TestCase(2, long.MaxValue, "packed 5 9, packed 7 3, packed 1")]
    [TestCase(5, 11, "packed 5, packed 9, packed 7, packed 3 1")]
    [TestCase(5, 14, "packed 5, packed 9, packed 7 3 1")]
    public void Rows_of_like_length_go_together_the_longest_first(int microBatch, long budget, string expected)
    {
        using Decoder model = Micro.Model();
        var watched = new WatchedModel(model);
        foreach (bool recompute in new[] { false, true })
        {
            watched.Passes.Clear();
            new BatchGradient(watched, new SftGoal(s_pairs), new() { MicroBatch = microBatch, TokenBudget = budget, Recompute = recompute }).Add([0, 1, 2, 3, 4]);
            Assert.That(string.Join(", ", watched.Passes), Is.EqualTo(expected));
        }
    }

    // a: 13 tokens with the prompt for each response, b: 12, c: 19, d: 9, e: 11
    [TestCase("LN-DPO", 3, "packed 5 3 9 2 8 1, packed 7 1 2 6")]
    [TestCase("AOT", 3, "packed 5 3 9 2 8 1, packed 7 1 2 6, packed 5 3 9 2 8 1, packed 7 1 2 6")] // scores for the loss, then the gradient
    [TestCase("AOT", 5, "packed 5 3 9 7 1 2 8 1 2 6")]
    public void A_batch_whose_pairs_are_coupled_goes_through_twice_where_it_is_cut(string objective, int microBatch, string expected)
    {
        using Decoder model = Micro.Model();
        var watched = new WatchedModel(model);
        PreferenceGoal goal = new(objective == "AOT" ? new Aot(0.1) : new LnDpo(1), s_pairs, ReferencePass.Compute(model, s_pairs, new()));
        var gradient = new BatchGradient(watched, goal, new() { MicroBatch = microBatch });
        int gathered = 0;
        BatchSums sums = gradient.Add([0, 1, 2, 3, 4], () => gathered++);
        Assert.That(string.Join(", ", watched.Passes), Is.EqualTo(expected));
        Assert.That(gathered, Is.EqualTo(microBatch == 3 ? 2 : 1), "once for each backward pass through the model");
        Assert.That(sums.Means.Single(item => item.Key == "logps/chosen").Value,
            Is.EqualTo(ReferencePass.Compute(model, s_pairs, new()).ChosenSums.Average()).Within(1e-3));
    }

    [Test]
    public void Behind_each_part_of_a_walk_its_gradients_alone_are_there_to_be_gathered()
    {
        using Decoder model = Micro.Model();
        List<string> gathered = [];
        new BatchGradient(model, new SftGoal(s_pairs), new() { MicroBatch = 3, Recompute = true }).Add([0, 1, 2, 3], () =>
        {
            gathered.Add(string.Join(' ', model.named_parameters().Where(item => item.parameter.grad is not null)
                .Select(item => item.name.Contains("layers") ? item.name.Split('.')[2] : item.name).Distinct()));
            foreach (Tensor parameter in model.parameters())
                parameter.grad = null;
        });
        string[] once = ["model.norm.weight lm_head.weight", "1", "0", "model.embed_tokens.weight"];
        Assert.That(gathered, Is.EqualTo(once.Concat(once)));
    }

    // c is 11 tokens long, b 10, a 9, e 8, d 7
    [TestCase(5, long.MaxValue, "packed 5 9 3 7 1 2 1 8 2 6")]
    [TestCase(2, long.MaxValue, "packed 5 9 2 1, packed 3 7 8 2, packed 1 6")]
    [TestCase(5, 24, "packed 5 2, packed 9 1, packed 3 7 8 2, packed 1 6")]
    [TestCase(5, 31, "packed 5 9 2 1, packed 3 7 8 2, packed 1 6")]
    public void The_reference_pass_takes_the_longest_pairs_first(int microBatch, long budget, string expected)
    {
        using Decoder model = Micro.Model();
        var watched = new WatchedModel(model);
        ReferenceLogProbs sums = ReferencePass.Compute(watched, s_pairs, new() { MicroBatch = microBatch, TokenBudget = budget });
        Assert.That(string.Join(", ", watched.Passes), Is.EqualTo(expected));
        for (int i = 0; i < s_pairs.Length; i++)
        {
            ReferenceLogProbs alone = ReferencePass.Compute(model, [s_pairs[i]], new());
            Assert.That(new[] { sums.ChosenSums[i], sums.RejectedSums[i], sums.ChosenSharedSums[i], sums.RejectedSharedSums[i] },
                Is.EqualTo(new[] { alone.ChosenSums[0], alone.RejectedSums[0], alone.ChosenSharedSums[0], alone.RejectedSharedSums[0] }).Within(1e-4), s_pairs[i].Source);
        }
    }

    [Test]
    public void The_reference_pass_is_shared_by_ranks_and_every_rank_has_all_of_it()
    {
        using Decoder model = Micro.Model();
        ReferenceLogProbs expected = ReferencePass.Compute(model, s_pairs, new() { MicroBatch = 2 });
        (string Passes, ReferenceLogProbs Sums)[] all = RanksInTurn.Run(2, own =>
        {
            var watched = new WatchedModel(model);
            ReferenceLogProbs sums = ReferencePass.Compute(watched, s_pairs, new() { MicroBatch = 2, Ranks = own });
            return (string.Join(", ", watched.Passes), sums);
        });
        Assert.That(all.Select(one => one.Passes), Is.EqualTo(new[] { "packed 5 9 2 1, packed 1 6", "packed 3 7 8 2" }));
        foreach ((_, ReferenceLogProbs sums) in all)
            Assert.That(new[] { sums.ChosenSums, sums.RejectedSums, sums.ChosenSharedSums, sums.RejectedSharedSums },
                Is.EqualTo(new[] { expected.ChosenSums, expected.RejectedSums, expected.ChosenSharedSums, expected.RejectedSharedSums }));
    }

    [Test]
    public void A_reference_pass_is_begun_where_there_is_no_file_and_stops_between_passes()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        var watched = new WatchedModel(model);
        string files = folder.File("new/folder");
        using (var stop = new CancellationTokenSource())
            Assert.That(() => ReferencePass.Run(watched, s_pairs, files, new() { MicroBatch = 2 }, stop.Cancel, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That((watched.Passes.Count, Directory.GetFiles(files).Length), Is.EqualTo((0, 0)));
        int begun = 0;
        ReferencePass.Run(watched, s_pairs, files, new() { MicroBatch = 2 }, () => begun++);
        ReferencePass.Run(watched, s_pairs, files, new() { MicroBatch = 2 }, () => begun++);
        Assert.That((watched.Passes.Count, begun, Directory.GetFiles(files).Length), Is.EqualTo((3, 1, 1)));
    }

    [Test]
    public void Every_rank_has_a_row_at_least_where_there_are_rows_for_it()
    {
        SpeedSettings three = RanksInTurn.Run(3, own => new SpeedSettings { MicroBatch = 4, Ranks = own })[0];
        Assert.That(new[] { 1, 3, 4, 9, 10, 12, 13, 100 }.Select(three.RowsAtOnce), Is.EqualTo(new[] { 1, 1, 2, 3, 4, 4, 4, 4 }));
        Assert.That(new SpeedSettings { MicroBatch = 4 }.RowsAtOnce(3), Is.EqualTo(3));
    }

    private static TokenizedPair Pair(string source, int prompt, int chosen, int rejected) =>
        new(source, [.. Enumerable.Range(1, prompt)], [.. Enumerable.Range(2, chosen)], [.. Enumerable.Range(3, rejected)], false, false);
}
