using System.Globalization;
using System.Text.Json;

namespace Alignment.Sweeps;

/// <summary>The process that holds a lease, so that one on the same machine is known to be gone at once and any other is named in words.</summary>
/// <param name="Machine">The start of a kernel and a name space of process numbers: on another one, the same number is another process.</param>
/// <param name="Process">Its number.</param>
/// <param name="Started">When it started, in the kernel's ticks: numbers are given again.</param>
/// <param name="Text">"process 4242 on node-3 since 2026-01-01 10:00:00Z".</param>
internal sealed record LeaseOwner(string Machine, int Process, long Started, string Text)
{
    private static readonly string s_machine = $"{Read("/proc/sys/kernel/random/boot_id")} {PidNameSpace()}";

    /// <summary>This process.</summary>
    public static LeaseOwner This(TimeProvider clock)
    {
        string since = clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new(s_machine, Environment.ProcessId, StartOf(Environment.ProcessId) ?? 0, $"process {Environment.ProcessId} on {Environment.MachineName} since {since}");
    }

    /// <summary>It ran on this machine and does not any more; of a process elsewhere nothing is known.</summary>
    public bool IsGone => Machine == s_machine && StartOf(Process) != Started;

    /// <summary>As a line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Of <see cref="ToJson"/>; null where the line is another or not whole.</summary>
    public static LeaseOwner? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<LeaseOwner>(line) is { Machine: not null, Text: not null } owner ? owner : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // the 22nd field of /proc/N/stat; the second one, the program's name in parentheses, may hold blanks. A dead process that nobody has waited for is gone
    private static long? StartOf(int process)
    {
        string[] fields = Read($"/proc/{process}/stat") is { Length: > 0 } stat ? stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
        return fields.Length > 19 && fields[0] is not ("Z" or "X") ? long.Parse(fields[19], CultureInfo.InvariantCulture) : null;
    }

    private static string PidNameSpace() => new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
