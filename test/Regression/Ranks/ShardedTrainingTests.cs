using Alignment.Distributed;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>Several ranks train what one rank trains with the same micro-batches: the same weights, losses and gradient norms, bit for bit.</summary>
[NonParallelizable]
public sealed class ShardedTrainingTests
{
    private string _root = "";

    [SetUp]
    public void Make() => _root = Directory.CreateTempSubdirectory("sharded").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Any_number_of_ranks_gives_the_bits_of_one(
        [ValueSource(typeof(RankTraining), nameof(RankTraining.Variants))] string variant, [Values(2, 4)] int ranks) =>
        Assert.That(Trained(ranks, variant), Is.EqualTo(Expected(variant, ranks)));

    [TestCase(2), TestCase(3)]
    public void A_judge_gives_the_scores_of_one_rank(int ranks)
    {
        string alone = Alone(() => RankCases.Judge(new SingleProcess(CPU)));
        Assert.That(Mpirun.Run(ranks, "judge"), Is.EqualTo(Enumerable.Range(0, ranks).Select(rank => $"rank {rank} {alone}")));
    }

    [TestCase(2, 4), TestCase(4, 1), TestCase(1, 2), TestCase(3, 2), TestCase(2, 1, "running")]
    public void A_checkpoint_of_so_many_ranks_goes_on_with_so_many_others(int before, int after, string variant = "dpo")
    {
        Assert.That(Trained(before, variant, stopAfter: 3), Has.All.EndsWith("stopped"));
        string[] files = [.. Directory.EnumerateFiles(Directory.GetDirectories(_root, "checkpoint-*").Single(), "weights*").Select(path => Path.GetFileName(path))];
        Assert.That(files, Has.Length.EqualTo(before));
        Assert.That(Trained(after, variant), Is.EqualTo(Expected(variant, after)));
    }

    private IReadOnlyList<string> Trained(int ranks, string variant, int? stopAfter = null) =>
        Mpirun.Run(ranks, ["train", variant, _root, .. stopAfter is { } step ? new[] { $"{step}" } : []]);

    // one process, plain autograd, whole weights
    private static string[] Expected(string variant, int ranks)
    {
        string folder = Directory.CreateTempSubdirectory("sharded-one").FullName;
        string alone = Alone(() => new RankTraining(variant).Run(new SingleProcess(CPU), folder));
        Directory.Delete(folder, recursive: true);
        return [.. Enumerable.Range(0, ranks).Select(rank => $"rank {rank} {(rank == 0 ? alone : alone.Split(' ')[0])}")];
    }

    // with as many threads as a rank has
    private static string Alone(Func<string> run)
    {
        int threads = get_num_threads();
        try
        {
            set_num_threads(1);
            return run();
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
