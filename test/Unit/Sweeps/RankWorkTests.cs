using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Two ranks, threads of this process, on a small sweep; test/Regression/Ranks has processes under mpirun.</summary>
[NonParallelizable]
public class RankWorkTests
{
    private const string Whole = "\"policy\": { \"folder\": \"model\" }", Adapters = "\"policy\": { \"folder\": \"model\", \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\"] } }";

    [TestCase(Whole, true), TestCase(Adapters, true), TestCase(Whole, false)]
    public void Two_ranks_store_what_one_stores_and_the_second_does_its_part(string policy, bool beginsWithSft)
    {
        using SweepFolder one = Folder(policy, beginsWithSft), two = Folder(policy, beginsWithSft);
        StoredSweep alone = RunAll(one, one.Options with { MicroBatch = 3, GenerationBatch = 2 });
        List<string> told = [];
        (StoredSweep together, int asked) = Together(two, told);
        Assert.That(Results(together), Is.EqualTo(Results(alone)));
        Assert.That(asked, Is.GreaterThan(0));
        Assert.That(told, Has.None.Contains("train: step"), "rank 0 alone tells");
        Assert.That(two.Log, Has.Some.Match(@"^\[DPO-b0\.1-lr1e-3-e1\] train: .* parameters on 2 ranks, at most 3 rows at once on each$"));
        Assert.That(one.Log, Has.None.Contains(" ranks"));
        Assert.That((together.Runs[0].Facts.Environment["ranks"], together.Runs[0].Facts.Environment["activations"]), Is.EqualTo(("2", "computed again in the backward pass")));
        Assert.That(alone.Runs[0].Facts.Environment, Does.Not.ContainKey("ranks"));
    }

    [Test]
    public void A_run_that_diverges_ends_on_no_rank_but_the_first()
    {
        using SweepFolder folder = Folder(Whole).With("own.json", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e30]");
        Together(folder, []);
        Assert.That(folder.Log, Has.Some.Contains("not finite"));
    }

    [Test]
    public void One_rank_asks_nobody_and_settles_no_sizes_for_it()
    {
        using SweepFolder folder = new();
        new RankWork(folder.Load(), folder.Options, () => throw new InvalidOperationException("no data is read"), () => throw new InvalidOperationException("no size is settled"))
            .Ask(new(RankTask.LogProbs, new(null)));
    }

    [Test]
    public void Both_ranks_score_without_adapters_where_they_are_off()
    {
        using SweepFolder folder = Folder(Adapters);
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        PolicyModels models = new(recipe, folder.Options, data.Tokenizer);
        string start = folder.PathOf("model"), weights = folder.PathOf("adapters");
        int[][] responses = [[5, 6], [7], [8, 9, 10], [11]];
        ResponseToScore[] asked = [.. data.TestPrompts.Zip(responses, (prompt, response) => new ResponseToScore(prompt, response))];
        double[] without, with;
        using (Decoder model = models.Load(start))
        {
            without = Sums(model, folder.Options);
            using var adapters = new LoraAdapters(model, recipe.Policy.Lora!);
            using (torch.no_grad())
                foreach (torch.Tensor parameter in adapters.Parameters.Values)
                    parameter.fill_(3);
            with = Sums(model, folder.Options);
            models.Save(model, weights, start);
        }

        double[] together = RanksInTurn.Run(2, rank =>
        {
            SweepOptions options = folder.Options with { Ranks = rank, GenerationBatch = 1 };
            var work = new RankWork(recipe, options, () => data, () => options);
            if (rank.Rank > 0)
            {
                work.Follow(CancellationToken.None);
                return [];
            }

            using Decoder model = models.Load(weights, start);
            using IDisposable off = model.Adapters!.Off();
            work.Ask(new(RankTask.LogProbs, new(weights, start, AdaptersOff: true)) { Prompts = [0, 1, 2, 3], Responses = responses });
            double[] sums = Sums(model, options);
            work.End();
            return sums;
        })[0];
        Assert.That(together, Is.EqualTo(without).Within(1e-4));
        Assert.That(with.Zip(without, (a, b) => Math.Abs(a - b)), Has.All.GreaterThan(1e-3), "and they change every one");

        double[] Sums(Decoder model, SweepOptions options) => [.. ResponseScorer.Score(model, asked, options.Generation).Select(score => score.Sum)];
    }

    private static SweepFolder Folder(string policy, bool beginsWithSft = true)
    {
        SweepFolder folder = new SweepFolder().With("own.json", Whole, policy);
        return (beginsWithSft ? folder : folder.WithoutSft()).With("own.json", "\"batchSize\": 8", "\"batchSize\": 6");
    }

    private static (StoredSweep, int) Together(SweepFolder folder, List<string> told)
    {
        int steps = 0;
        StoredSweep?[] stored = RanksInTurn.Run(2, rank =>
        {
            SweepOptions options = folder.Options with { MicroBatch = 3, GenerationBatch = 2, Ranks = rank }; // each scores two of the four responses
            if (rank.Rank == 0)
                return RunAll(folder, options);
            using var sweep = new Sweep(folder.Load(), options, TimeProvider.System, told.Add);
            sweep.Follow(CancellationToken.None);
            steps++;
            return null;
        });
        return (stored[0]!, steps);
    }

    private static StoredSweep RunAll(SweepFolder folder, SweepOptions options)
    {
        using var sweep = new Sweep(folder.Load(), options, TimeProvider.System, folder.Log.Add);
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            try
            {
                sweep.Run(point, CancellationToken.None);
            }
            catch (NonFiniteLossException e)
            {
                folder.Log.Add($"not finite: {e.Message}");
            }

        StoredSweep stored = sweep.Collect(CancellationToken.None);
        if (options.Ranks.Ranks > 1)
            sweep.EndRanks();
        return stored;
    }

    private static string[] Results(StoredSweep sweep) => [.. sweep.SftRuns.Concat(sweep.Runs).SelectMany(run => new[] { run.Id, File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl")) })];
}
