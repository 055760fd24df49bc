using System.Diagnostics;
using BenchmarkDotNet.Running;

namespace Alignment.Bench.Ratios;

/// <summary>A benchmark that is set up and can be called: BenchmarkDotNet's description of it, run by hand.</summary>
internal sealed class BenchmarkInstance : IDisposable
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(30); // of one measurement

    private readonly Descriptor _descriptor;
    private readonly object _instance;
    private readonly Action _call;
    private int _calls = 1;

    public BenchmarkInstance(BenchmarkCase benchmarkCase)
    {
        _descriptor = benchmarkCase.Descriptor;
        _instance = Activator.CreateInstance(_descriptor.Type)!;
        foreach (var item in benchmarkCase.Parameters.Items)
            _descriptor.Type.GetProperty(item.Name)!.SetValue(_instance, item.Value);
        _descriptor.GlobalSetupMethod?.Invoke(_instance, null);
        _call = Call(_descriptor.WorkloadMethod.ReturnType);
    }

    /// <summary>Its method.</summary>
    public string Name => _descriptor.WorkloadMethod.Name;

    /// <summary>Calls often enough for one measurement to be long; also the warm-up.</summary>
    public void Prepare()
    {
        double seconds = Seconds();
        while (seconds * _calls < s_shortest.TotalSeconds)
        {
            _calls *= 2;
            seconds = Seconds();
        }
    }

    /// <summary>Seconds of one call.</summary>
    public double Seconds()
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _calls; i++)
            _call();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / _calls;
    }

    public void Dispose() => _descriptor.GlobalCleanupMethod?.Invoke(_instance, null);

    private Action Call(Type result)
    {
        if (result == typeof(double))
        {
            var measured = _descriptor.WorkloadMethod.CreateDelegate<Func<double>>(_instance);
            return () => measured();
        }
        var counted = _descriptor.WorkloadMethod.CreateDelegate<Func<int>>(_instance);
        return () => counted();
    }
}
