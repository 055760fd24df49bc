using System.Diagnostics;

namespace Alignment.Bench.Ratios;

/// <summary>Measures several by turns: a busy neighbour hits all of a round, so their ratios hold where the times do not.</summary>
internal static class Turns
{
    /// <summary>Seconds of each in every round, [contestants][rounds]. Every round another one begins.</summary>
    /// <param name="rounds">How often each is measured.</param>
    /// <param name="contestants">Each does its work once and gives the seconds it took.</param>
    public static double[][] Measure(int rounds, IReadOnlyList<Func<double>> contestants)
    {
        double[][] seconds = [.. contestants.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
            for (int turn = 0; turn < contestants.Count; turn++)
            {
                int next = (round + turn) % contestants.Count;
                seconds[next][round] = contestants[next]();
            }
        return seconds;
    }

    /// <summary>Seconds that some work takes.</summary>
    public static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
