using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Alignment.Bench.Tracking;

/// <summary>Tells machines apart whose times may not be compared, without naming them.</summary>
internal static class MachineFingerprint
{
    private const int Digits = 12;

    /// <summary>A hash of processor, number of threads, system, runtime and device.</summary>
    public static string Of(string processor, int threads, string device) => Hash(
        $"{processor}|{threads.ToString(CultureInfo.InvariantCulture)}|{RuntimeInformation.RuntimeIdentifier}|{RuntimeInformation.FrameworkDescription}|{device}");

    /// <summary>The processor's name as the system gives it.</summary>
    public static string Processor()
    {
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(one => one.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..Digits];
}
