using Alignment.Bench.Measuring;
using Alignment.Files;
using Alignment.Harness;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Mutations;

/// <summary>Reads damaged copies of one file; <see cref="Reading"/> judges each, and it must end in time.</summary>
/// <param name="path">The file; its folder holds what is read beside it.</param>
/// <param name="error">The only type of error that is clear.</param>
internal sealed class MutationRun(string path, Type error)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10); // a reader that hangs is named, the run does not hang with it

    /// <inheritdoc cref="Reading.Garbage"/>
    public long Garbage { get; init; }

    /// <summary>Reads so many damaged copies.</summary>
    /// <param name="rounds">Copies.</param>
    /// <param name="read">Reads the file; returns the bytes of native memory that what was read holds.</param>
    public void Read(int rounds, Func<long> read)
    {
        byte[] good = File.ReadAllBytes(path);
        string name = Path.GetFileName(path);
        var random = new SeededRandom((ulong)(Parameters.Whole("MutationSeed") ?? 7), $"test/mutations/{name}/{rounds}");
        var reading = new Reading(path, error) { Garbage = Garbage };
        List<string> faults = [];
        int loaded = 0;
        Assert.That(read, Throws.Nothing, "the undamaged file is read");
        long largest = 0;
        for (int round = 0; round < rounds && faults.Count < 20; round++)
        {
            File.WriteAllBytes(path, Mutator.Damaged(good, random));
            // of each copy alone: garbage that .NET has not collected yet adds up over thousands of them
            bool measured = PeakMemory.TryRestart();
            long before = PeakMemory.Now;
            Task<string?> one = Task.Run(() => reading.Fault(read));
            string? fault = one.Wait(s_limit) ? one.Result : $"is still reading after {s_limit.TotalSeconds} s";
            // what is freed before an error shows in the process's peak only; the runtime's own heap takes part of it
            if (measured && PeakMemory.Bytes - before is var grown && grown >= reading.Limit + 3 * Reading.SpareBytes)
                fault ??= $"takes {grown} bytes of resident memory at the peak";
            largest = Math.Max(largest, PeakMemory.Bytes - before);
            if (fault != null)
                faults.Add($"{name}, copy {round}: {fault}");
            loaded += reading.Loaded ? 1 : 0;
        }
        File.WriteAllBytes(path, good);
        TestContext.Out.WriteLine($"{name}: {rounds} damaged copies, {loaded} loaded, {rounds - loaded} refused, {largest >> 20} MiB at most");
        Assert.That(faults, Is.Empty, string.Join('\n', faults));
        Assert.That(loaded, Is.InRange(1, rounds - rounds / 10), "some copies load and some are refused, or the damage is no test");
    }
}
