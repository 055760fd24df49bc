using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>Machine and versions, as stored with each run.</summary>
internal static class RunEnvironment
{
    public static IReadOnlyDictionary<string, string> Describe(SweepOptions options) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["device"] = options.Device,
        ["threads"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
        ["processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["torchsharp"] = typeof(torch).Assembly.GetName().Version?.ToString() ?? "",
        ["alignment"] = typeof(RunEnvironment).Assembly.GetName().Version?.ToString() ?? "",
    };
}
