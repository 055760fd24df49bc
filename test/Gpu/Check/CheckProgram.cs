using System.Diagnostics;
using System.Globalization;
using Alignment.Harness;

namespace Alignment.Tests.Gpu.Check;

/// <summary>This program once more, in a process of its own: what fails, hangs or dies there takes nothing with it.</summary>
internal static class CheckProgram
{
    private const int KeptLines = 12;

    /// <summary>The program and its first words.</summary>
    public static IReadOnlyList<string> Command => [.. OwnProgram.Command(typeof(CheckProgram).Assembly), "gpu-check"];

    /// <summary>Starts it with its last words; what it prints is to be read.</summary>
    public static Process Start(params IEnumerable<string> words)
    {
        var start = new ProcessStartInfo(Command[0], [.. Command.Skip(1), .. words]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_GCgen0size"] = "0x8000000"; // collections come where no native call is under way (CollectionPoint)
        start.Environment["TERM"] = "dumb";
        return Process.Start(start)!;
    }

    /// <summary>Waits for processes that belong together; ends all of them where one fails or the time is over.</summary>
    /// <returns>Why they did not come to their end, with the last lines that they printed; null where all did.</returns>
    public static string? Fault(IReadOnlyList<Process> processes, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        Queue<string> last = [];
        foreach (Process process in processes)
        {
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }
        while (processes.Any(process => !process.HasExited) && !processes.Any(process => process.HasExited && process.ExitCode != 0) && clock.Elapsed < limit)
            Thread.Sleep(50);
        Process? failed = processes.FirstOrDefault(process => process.HasExited && process.ExitCode != 0);
        bool late = failed is null && processes.Any(process => !process.HasExited);
        foreach (Process process in processes)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        string? fault = late ? string.Create(CultureInfo.InvariantCulture, $"it was ended after {limit.TotalSeconds:F0} s")
            : failed is not null ? string.Create(CultureInfo.InvariantCulture, $"its process ended with code {failed.ExitCode}") : null;
        return fault is null ? null : string.Join('\n', [fault, .. last]);

        void Keep(string? line)
        {
            if (line is not { Length: > 0 })
                return;
            lock (last)
            {
                last.Enqueue(line);
                if (last.Count > KeptLines)
                    last.Dequeue();
            }
        }
    }
}
