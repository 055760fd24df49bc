using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Alignment.Distributed;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>Several processes that exchange tensors and train together.</summary>
/// <param name="Ranks">How many.</param>
/// <param name="Engine">What carried it.</param>
/// <param name="RightValues">Sums, gathers and broadcasts had the values they must have.</param>
/// <param name="AllReduceBytesPerSecond">Bytes of the tensor over the time of an exchange.</param>
/// <param name="AllGatherBytesPerSecond">The same.</param>
/// <param name="ReduceScatterBytesPerSecond">The same.</param>
/// <param name="Losses">Of the steps of a small training run.</param>
internal sealed record RanksRow(
    int Ranks, string Engine, bool RightValues, double AllReduceBytesPerSecond, double AllGatherBytesPerSecond, double ReduceScatterBytesPerSecond, double[] Losses)
{
    /// <summary>The largest difference of a loss from that of one process without an engine, over the latter.</summary>
    public double LossDifference { get; init; }
}

/// <summary>NCCL among 1 to 8 devices of this machine; on the CPU, in its place, MPI among two processes.</summary>
internal static class RanksSection
{
    private const int MostDevices = 8, Repetitions = 5;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>A row for each number of ranks; one that failed has its error and the others go on.</summary>
    public static object Run(CheckSetting setting)
    {
        if (setting.OnCpu && !MpiRun.IsPresent)
            throw new LeftOutException("on the CPU several ranks need Open MPI's mpirun in the PATH");
        int[] counts = setting.OnCpu ? [2] : [.. Enumerable.Range(1, Math.Min(MostDevices, cuda.device_count()))];
        double[] alone;
        using (var one = new SingleProcess(setting.Device))
            alone = RankTraining.Losses(one, Path.Combine(setting.Folder, "ranks-alone"));
        return new { ncclFoundIn = setting.OnCpu ? null : NcclLibrary.FoundIn(), rows = counts.Select(ranks => Row(setting, ranks, alone)).ToArray() };
    }

    private static object Row(CheckSetting setting, int ranks, double[] alone)
    {
        string folder = Directory.CreateDirectory(Path.Combine(setting.Folder, string.Create(CultureInfo.InvariantCulture, $"ranks-{ranks}"))).FullName;
        string[] words = ["rank", setting.DeviceName, folder];
        Process[] processes = setting.OnCpu ? [MpiRun.Start(ranks, [.. CheckProgram.Command, .. words])]
            : [.. Enumerable.Range(0, ranks).Select(rank => CheckProgram.Start([.. words, $"{rank}", $"{ranks}"]))];
        if (CheckProgram.Fault(processes, s_limit) is { } fault)
            return new { ranks, error = Anonymous.Text(fault) };
        RanksRow row = JsonSerializer.Deserialize<RanksRow>(File.ReadAllText(Path.Combine(folder, RankProcess.Result)))!;
        return row with { LossDifference = row.Losses.Zip(alone, (loss, one) => Math.Abs(loss - one) / Math.Abs(one)).Max() };
    }

    /// <summary>What is exchanged, by all ranks alike.</summary>
    public static RanksRow Exchanged(ICollectives ranks, CheckSetting setting)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        (int count, int rank, long length) = (ranks.Ranks, ranks.Rank, setting.Scale.Exchanged);
        Tensor part = full([length], rank + 1, ScalarType.Float32, ranks.Device), sum = part.clone(), whole = empty([count * length], ScalarType.Float32, ranks.Device);
        Tensor narrow = full([length], rank + 1, ScalarType.BFloat16, ranks.Device), wholeNarrow = empty([count * length], ScalarType.BFloat16, ranks.Device);
        float all = count * (count + 1) / 2f;

        ranks.AllReduce(sum);
        bool right = Is(sum, all);
        ranks.AllGather(part, whole);
        ranks.AllGather(narrow, wholeNarrow);
        for (int from = 0; from < count; from++)
            right &= Is(whole.narrow(0, from * length, length), from + 1) && Is(wholeNarrow.narrow(0, from * length, length), from + 1);
        ranks.ReduceScatter(whole, sum); // every rank has r + 1 for rank r, and the sum is added to what is there
        right &= Is(sum, all + count * (rank + 1));
        ranks.Broadcast(narrow, root: count - 1);
        right &= Is(narrow, count);

        return new(count, ranks.GetType().Name, !ranks.Any(!right), Speed(() => ranks.AllReduce(sum), 1), Speed(() => ranks.AllGather(part, whole), count),
            Speed(() => ranks.ReduceScatter(whole, sum), count), []);

        static bool Is(Tensor values, double value) => values.eq(value).all().cpu().item<bool>();

        double Speed(Action exchange, int parts)
        {
            ranks.Barrier();
            var clock = Stopwatch.StartNew();
            for (int i = 0; i < Repetitions; i++)
                exchange();
            ranks.Barrier(); // waits for the device
            return Repetitions * sizeof(float) * length * (double)parts / clock.Elapsed.TotalSeconds;
        }
    }
}

/// <summary>One of the ranks.</summary>
internal static class RankProcess
{
    /// <summary>The file in which rank 0 leaves what was found.</summary>
    public const string Result = "ranks.json";

    /// <summary>Joins the others, does as they do, and leaves.</summary>
    public static int Run(CheckSetting setting, RankPlace place)
    {
        using ICollectives ranks = Joined(setting, place);
        RanksRow row = RanksSection.Exchanged(ranks, setting) with { Losses = RankTraining.Losses(ranks, Path.Combine(setting.Folder, "run")) };
        if (ranks.Rank == 0)
            File.WriteAllText(Path.Combine(setting.Folder, Result), JsonSerializer.Serialize(row));
        return 0;
    }

    // one rank on a GPU has NCCL all the same, so that a machine with one shows whether it is found and works
    private static ICollectives Joined(CheckSetting setting, RankPlace place)
    {
        if (setting.OnCpu || place.Ranks > 1)
            return RankEngine.Join(place, setting.Device.type, setting.Folder);
        CudaMemory.Select(place.OnNode);
        return new NcclCollectives(NcclLibrary.Load(), place, device("cuda", place.OnNode), id => id!);
    }
}
