using System.Diagnostics;
using System.Globalization;
using Alignment.Data;
using Alignment.Doctor;
using Alignment.Files;
using Alignment.Kernels.Native;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>What is checked: a GPU, or the processor in its place.</summary>
/// <param name="DeviceName">cpu, or cuda:N.</param>
/// <param name="Folder">Where it may write; nothing in it is kept.</param>
internal sealed record CheckSetting(string DeviceName, string Folder)
{
    private const int Ampere = 8; // of the compute capability: bfloat16 needs it

    /// <summary>The device.</summary>
    public Device Device => device(DeviceName);

    /// <summary>A processor stands in for a GPU.</summary>
    public bool OnCpu => DeviceName == "cpu";

    /// <summary>The device's number.</summary>
    public int Index => OnCpu ? 0 : int.Parse(DeviceName.Split(':')[1], CultureInfo.InvariantCulture);

    /// <summary>How large the parts are.</summary>
    public CheckScale Scale => OnCpu ? CheckScale.Tiny : CheckScale.Whole;

    /// <summary>bfloat16, where the device has it.</summary>
    public Precision Precision => OnCpu || CudaMemory.Generation(Index) >= Ampere ? Precision.BFloat16 : Precision.Float32;

    /// <summary>What is free of the device's memory now.</summary>
    public AvailableMemory Available()
    {
        AvailableMemory all = AvailableMemory.Of(DeviceName);
        return !OnCpu && CudaMemory.Of(Index) is { } memory ? all with { Bytes = Math.Min(all.Bytes, memory.Free) } : all;
    }

    /// <summary>Pairs of random tokens, all of the scale's length.</summary>
    public TokenizedPair[] Pairs(long vocabulary)
    {
        var random = new SeededRandom(7, "gpu-check/pairs");
        (int prompt, int response) = Scale.Tokens;
        return [.. Enumerable.Range(1, Scale.Pairs).Select(line => new TokenizedPair(string.Create(CultureInfo.InvariantCulture, $"pair {line}"),
            Tokens(random, prompt, vocabulary), Tokens(random, response, vocabulary), Tokens(random, response, vocabulary), false, false))];
    }

    /// <summary>Random tokens.</summary>
    public static int[] Tokens(SeededRandom random, int count, long vocabulary) => [.. Enumerable.Range(0, count).Select(_ => random.NextInt((int)vocabulary))];

    /// <summary>Seconds until the device has done some work.</summary>
    public double Seconds(Action work)
    {
        Finish();
        var clock = Stopwatch.StartNew();
        work();
        Finish();
        return clock.Elapsed.TotalSeconds;
    }

    private void Finish()
    {
        if (!OnCpu)
            cuda.synchronize(Device);
    }
}

/// <summary>Why a section was not run, where nothing is wrong.</summary>
internal sealed class LeftOutException(string message) : Exception(message);
