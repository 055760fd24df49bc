using Alignment.Bench.Measuring;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Mutations;

/// <summary>
/// Reads damaged copies of one file. Every copy must load or give one error of the wanted type that names the file or its folder, end in time, and
/// take no more memory than twice the size of what is read and 64 MB.
/// </summary>
/// <param name="path">The file; its folder holds what is read beside it.</param>
/// <param name="error">The only type of error that is clear.</param>
internal sealed class MutationRun(string path, Type error)
{
    private const long SpareBytes = 64L << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10); // a reader that hangs is named, the run does not hang with it
    private readonly List<string> _faults = [];
    private int _loaded;

    /// <summary>Bytes that may be allocated, and collected again, besides: for what runs a program, which is bounded in steps and not by its size.</summary>
    public long Garbage { get; init; }

    /// <summary>Reads so many damaged copies.</summary>
    /// <param name="rounds">Copies.</param>
    /// <param name="read">Reads the file; returns the bytes of native memory that what was read holds.</param>
    public void Read(int rounds, Func<long> read)
    {
        byte[] good = File.ReadAllBytes(path);
        string name = Path.GetFileName(path);
        var random = new SeededRandom(7, $"test/mutations/{name}/{rounds}");
        Assert.That(read, Throws.Nothing, "the undamaged file is read");
        bool measured = PeakMemory.TryRestart();
        long before = PeakMemory.Now, largest = 0;
        for (int round = 0; round < rounds && _faults.Count < 20; round++)
        {
            File.WriteAllBytes(path, Mutator.Damaged(good, random));
            long limit = 2 * Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Sum(file => new FileInfo(file).Length) + SpareBytes;
            largest = Math.Max(largest, limit);
            Task<string?> reading = Task.Run(() => Fault(read, limit));
            string? fault = reading.Wait(s_limit) ? reading.Result : $"is still reading after {s_limit.TotalSeconds} s";
            if (fault != null)
                _faults.Add($"{name}, copy {round}: {fault}");
        }
        File.WriteAllBytes(path, good);
        TestContext.Out.WriteLine($"{name}: {rounds} damaged copies, {_loaded} loaded, {rounds - _loaded} refused");
        Assert.That(_faults, Is.Empty, string.Join('\n', _faults));
        // what is freed before an error shows in the process's peak only; the runtime's own heap takes part of it
        if (measured)
            Assert.That(PeakMemory.Bytes - before, Is.LessThan(largest + 3 * SpareBytes), "bytes of resident memory at the peak");
        Assert.That(_loaded, Is.InRange(1, rounds - rounds / 10), "some copies load and some are refused, or the damage is no test");
    }

    private string? Fault(Func<long> read, long limit)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            long native = read();
            _loaded++;
            if (native > limit)
                return $"{native} bytes of native memory, the limit is {limit}";
        }
        catch (Exception exception) when (exception.GetType() == error && Names(exception.Message))
        {
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name}: {exception.Message}{exception.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Alignment.", StringComparison.Ordinal))}";
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= limit + Garbage ? null : $"{allocated} bytes allocated, the limit is {limit + Garbage}";
    }

    private bool Names(string message) =>
        message.Contains(Path.GetFileName(path), StringComparison.Ordinal) || message.Contains(Path.GetDirectoryName(path)!, StringComparison.Ordinal);
}
