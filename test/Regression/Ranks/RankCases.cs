using System.Globalization;
using Alignment.Distributed;
using Alignment.Files;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>What the ranks of a test do.</summary>
internal static class RankCases
{
    public static int Run(string[] arguments)
    {
        set_num_threads(1);
        ICollectives ranks = RankEngine.Join(RankPlace.Of(Environment.GetEnvironmentVariable), DeviceType.CPU, Path.GetTempPath());
        switch (arguments[0])
        {
            case "collectives":
                Collectives(ranks);
                break;
            case "train": // VARIANT FOLDER [STEPS]
                Print(ranks, new RankTraining(arguments[1]) { StopAfter = arguments.Length > 3 ? int.Parse(arguments[3], CultureInfo.InvariantCulture) : null }.Run(ranks, arguments[2]));
                break;
            case "sweep": // RECIPE FOLDER
                Sweep(ranks, RecipeFile.Load(arguments[1], Directory.GetCurrentDirectory()), arguments[2]);
                break;
            case "memory": // VARIANT FOLDER
                Print(ranks, RankMemory.Measure(ranks, arguments[1], arguments[2]));
                break;
            case "judge":
                Print(ranks, Judge(ranks));
                break;
            case "wait":
                Wait(ranks);
                break;
            default:
                throw new ArgumentException(arguments[0]);
        }
        ranks.Dispose(); // where something was thrown, it would wait for the others
        return 0;
    }

    /// <summary>Normal values that rank r of a test has; they have no sum that is the same in every order.</summary>
    public static float[] Values(int rank, int length)
    {
        var random = new SeededRandom((ulong)rank, "ranks");
        return [.. Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.NextDouble() * 6)))];
    }

    /// <summary>A short name of values' bits.</summary>
    public static string Bits(ReadOnlySpan<float> values) => Fingerprint.Of([.. System.Runtime.InteropServices.MemoryMarshal.Cast<float, int>(values)], 16);

    /// <summary>The bits of a judge's scores: rows of many lengths, in batches of which the last round has none for some ranks.</summary>
    public static string Judge(ICollectives ranks)
    {
        var config = new NeoXConfig { Vocabulary = 50, Width = 16, Layers = 2, Heads = 2, MlpWidth = 32, MaxPositions = 64 };
        using NeoXReward network = NeoXReward.Create(config, 4);
        var random = new SeededRandom(6, "judge");
        int[][] rows = [.. Enumerable.Range(0, 23).Select(_ => Enumerable.Range(0, 1 + random.NextInt(40)).Select(_ => random.NextInt(50)).ToArray())];
        double[] scores = RewardScorer.Score(network, rows, new() { MaxLength = 30, BatchTokens = 90, Ranks = ranks });
        return Bits([.. scores.Select(score => (float)score)]);
    }

    // more than a window of the reduction, and a length that no number of ranks divides
    private static void Collectives(ICollectives ranks)
    {
        using var scope = NewDisposeScope();
        foreach (int length in new[] { 1, 37, 600_011 })
        {
            Tensor values = tensor(Values(ranks.Rank, length));
            Tensor sum = values.clone(), all = empty(ranks.Ranks * length), first = values.clone(), part = tensor(Values(100 + ranks.Rank, length));
            ranks.AllReduce(sum);
            ranks.AllGather(values, all);
            ranks.Broadcast(first, root: ranks.Ranks - 1);
            ranks.ReduceScatter(tensor(Values(ranks.Rank, length * ranks.Ranks)), part);
            Say("sum", sum);
            Say("all", all);
            Say("last", first);
            Say("part", part);

            void Say(string what, Tensor tensor) => Print(ranks, $"{length} {what} {Bits(tensor.data<float>().ToArray())}");
        }

        Tensor half = tensor(new[] { (byte)ranks.Rank, (byte)7, (byte)9 }), bytes = empty(3 * ranks.Ranks, ScalarType.Byte);
        ranks.AllGather(half, bytes);
        Print(ranks, $"bytes {string.Join(' ', bytes.data<byte>().ToArray())}");
        byte[][] messages = ranks.Gather(new byte[ranks.Rank].Select((_, i) => (byte)i).ToArray());
        Print(ranks, $"messages {string.Join(' ', messages.Select(message => message.Length))} {ranks.FromFirst([(byte)ranks.Rank, 5])[0]} {ranks.FromFirst([]).Length}");
        Print(ranks, $"any {ranks.Any(ranks.Rank == ranks.Ranks - 1)} {ranks.Any(false)}");
        ranks.Barrier();
    }

    // as ChildProcess has it with one
    private static void Sweep(ICollectives ranks, Recipe recipe, string sweeps)
    {
        using IDisposable termination = RankExit.OnTermination();
        using var sweep = new Sweep(recipe, ChildProcess.Options(sweeps) with { Ranks = ranks }, TimeProvider.System,
            ranks.Rank == 0 ? line => Print(ranks, line) : _ => { });
        Print(ranks, $"process {Environment.ProcessId}");
        if (ranks.Rank > 0)
        {
            sweep.Follow(CancellationToken.None);
            return;
        }
        foreach (GridPoint point in Grid.PreferencePoints(recipe))
            sweep.Run(point, CancellationToken.None);
        sweep.Collect(CancellationToken.None);
        sweep.EndRanks();
    }

    // rank 1 never comes
    private static void Wait(ICollectives ranks)
    {
        using IDisposable termination = RankExit.OnTermination();
        Print(ranks, $"process {Environment.ProcessId}");
        if (ranks.Rank == 1)
            Thread.Sleep(Timeout.Infinite);
        ranks.Barrier();
    }

    private static void Print(ICollectives ranks, string line) => Console.WriteLine($"rank {ranks.Rank} {line}");
}
