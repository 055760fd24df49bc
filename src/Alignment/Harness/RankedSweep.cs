using System.Reflection;
using Alignment.Distributed;
using Alignment.Recipes;
using Alignment.Sweeps;
using TorchSharp;

namespace Alignment.Harness;

/// <summary>
/// A sweep whose runs several processes work on together (-p:Ranks). The test or program that is asked for it starts itself again as the ranks of an mpirun and
/// waits: the ranks fill the run store, where it then finds everything done. What starts is the test project as a program (<see cref="SweepProgram"/>).
/// </summary>
internal static class RankedSweep
{
    /// <summary>The program's code where it has come to its end and runs have failed.</summary>
    public const int SomeFailed = 3;

    private static readonly RankPlace? s_place = RankPlace.Of(Environment.GetEnvironmentVariable);
    private static ICollectives? s_ranks;

    /// <summary>Whether this process is one of the ranks.</summary>
    public static bool IsRank => SweepParameters.Ranks > 1 && s_place is { Ranks: > 1 };

    /// <summary>Whether this process has to start the ranks.</summary>
    public static bool Starts => SweepParameters.Ranks > 1 && !IsRank;

    /// <summary>Runs the ranks to their end.</summary>
    /// <param name="program">The test project's assembly.</param>
    /// <param name="words">What they are asked for.</param>
    /// <param name="given">Names and values.</param>
    /// <param name="print">Gets what they print.</param>
    /// <param name="cancel">Lets them write a checkpoint and end.</param>
    /// <returns>As <see cref="MpiRun.Run"/>.</returns>
    public static int Run(Assembly program, IEnumerable<string> words, IEnumerable<KeyValuePair<string, string>> given, Action<string> print, CancellationToken cancel) =>
        MpiRun.Run(SweepParameters.Ranks, [.. OwnProgram.Command(program), .. words, .. given.Select(value => $"{value.Key}={value.Value}")], print, cancel);

    /// <summary>Of a rank: a sweep on its device and in the company of the others, from whom it parts at the end of <see cref="Do"/>.</summary>
    public static Sweep Open(Recipe recipe, SweepOptions options)
    {
        DeviceType kind = options.Device == "cpu" ? DeviceType.CPU : DeviceType.CUDA;
        if (s_place!.Ranks != SweepParameters.Ranks)
            throw new ArgumentException($"-p:Ranks is {SweepParameters.Ranks}, and the launcher started {s_place.Ranks}");
        s_ranks = RankEngine.Join(s_place, kind, options.SweepsFolder);
        string device = kind == DeviceType.CPU ? "cpu" : FormattableString.Invariant($"cuda:{s_place.OnNode}");
        return new(recipe, options with { Ranks = s_ranks, Device = device }, TimeProvider.System, s_ranks.Rank == 0 ? Console.WriteLine : _ => { });
    }

    /// <summary>Does on rank 0 what is asked for, and on the others what that needs of them.</summary>
    public static void Do(Sweep sweep, Action first, CancellationToken cancel)
    {
        if (!IsRank)
        {
            first();
            return;
        }

        if (s_ranks!.Rank == 0)
        {
            first();
            sweep.EndRanks();
        }
        else
        {
            sweep.Follow(cancel);
        }

        s_ranks.Dispose(); // waits for the others; after a failure they are ended instead
    }

    /// <summary>What a rank does on SIGTERM, by which the launcher tells that another one is gone.</summary>
    public static IDisposable? OnTermination() => IsRank ? RankExit.OnTermination() : null;
}
