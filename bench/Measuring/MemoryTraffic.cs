using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Bench.Measuring;

/// <summary>How fast this machine moves float32 numbers on libtorch's threads: the limit of every kernel that passes over memory once.</summary>
internal static unsafe class MemoryTraffic
{
    private const long Part = 1 << 16; // numbers

    /// <summary>Reads every number: their sum in no order that anybody relies on.</summary>
    /// <param name="numbers">float32, contiguous.</param>
    public static double Read(Tensor numbers)
    {
        float* start = AtenDispatcher.Floats(numbers);
        double sum = 0;
        var gate = new Lock();
        ParallelRows.For(numbers.numel() / Part, 1, (begin, end) =>
        {
            float own = Sum(start + begin * Part, (end - begin) * Part);
            lock (gate)
                sum += own;
        });
        return sum;
    }

    /// <summary>Reads and writes every number: its negative takes its place.</summary>
    /// <param name="numbers">float32, contiguous.</param>
    public static void Write(Tensor numbers)
    {
        float* start = AtenDispatcher.Floats(numbers);
        ParallelRows.For(numbers.numel() / Part, 1, (begin, end) => Negate(start + begin * Part, (end - begin) * Part));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* x, long count)
    {
        Vector512<float> first = Vector512<float>.Zero, second = first, third = first, fourth = first;
        for (long i = 0; i < count; i += 64)
        {
            first += Vector512.Load(x + i);
            second += Vector512.Load(x + i + 16);
            third += Vector512.Load(x + i + 32);
            fourth += Vector512.Load(x + i + 48);
        }
        return Vector512.Sum(first + second + third + fourth);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Negate(float* x, long count)
    {
        for (long i = 0; i < count; i += 32)
        {
            (-Vector512.Load(x + i)).Store(x + i);
            (-Vector512.Load(x + i + 16)).Store(x + i + 16);
        }
    }
}
