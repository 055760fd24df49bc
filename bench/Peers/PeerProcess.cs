using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Alignment.Bench.Peers;

/// <summary>A Python that does a piece of work when it is asked: peer.py, a line for a line.</summary>
internal sealed class PeerProcess : IDisposable
{
    private static readonly TimeSpan s_end = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _python;

    /// <summary>Starts it and waits until it has read its model.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="script">peer.py.</param>
    /// <param name="folder">The work; see <see cref="IPeerWork.Write"/>.</param>
    /// <param name="threads">Of torch.</param>
    /// <exception cref="InvalidOperationException">There is no such interpreter, or it has no torch; the message says what to do.</exception>
    public PeerProcess(string python, string script, string folder, int threads)
    {
        _python = python;
        string count = threads.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(python, [script, folder, count]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        (start.Environment["OMP_NUM_THREADS"], start.Environment["OPENBLAS_NUM_THREADS"]) = (count, count);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException(Wanted(python, "it cannot be started"));
        }
        Facts = Read<PeerFacts>();
        if (Facts.Refused is { } refused)
        {
            Dispose();
            throw new InvalidOperationException(Wanted(python, refused));
        }
    }

    /// <summary>What computes there.</summary>
    public PeerFacts Facts { get; }

    /// <summary>The sentence for a Python that will not do.</summary>
    public static string Wanted(string python, string why) =>
        $"BenchPeers needs a Python with torch, and {python} is none: {why}; install it (Debian: python3-torch and libopenblas0-pthread) or name another with -p:Python=";

    /// <summary>Has the work done once.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; what it said stands above.</exception>
    public PeerAnswer Ask()
    {
        _process.StandardInput.WriteLine("once");
        _process.StandardInput.Flush();
        return Read<PeerAnswer>();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(s_end))
            _process.Kill();
        _process.Dispose();
    }

    private T Read<T>()
    {
        string? line = _process.StandardOutput.ReadLine();
        if (line == null)
        {
            _process.WaitForExit();
            throw new InvalidOperationException(FormattableString.Invariant($"{_python} ended with exit code {_process.ExitCode}; what it said stands above"));
        }
        return PeerLine.Parse<T>(line);
    }
}

/// <summary>What computes on the other side; its first line.</summary>
internal sealed record PeerFacts
{
    /// <summary>Why it cannot work; null where it can.</summary>
    [JsonPropertyName("refused")] public string? Refused { get; init; }

    /// <summary>Its version.</summary>
    [JsonPropertyName("torch")] public string Torch { get; init; } = "";

    /// <summary>What multiplies matrices: the file that is loaded.</summary>
    [JsonPropertyName("blas")] public string Blas { get; init; } = "";

    /// <summary>torch's threads.</summary>
    [JsonPropertyName("threads")] public int Threads { get; init; }

    /// <summary>What attends.</summary>
    [JsonPropertyName("attention")] public string Attention { get; init; } = "";

    /// <summary>Which AdamW; "none" where nothing is trained.</summary>
    [JsonPropertyName("adamW")] public string AdamW { get; init; } = "";
}

/// <summary>The work done once.</summary>
internal sealed record PeerAnswer
{
    /// <summary>By its own clock, its line of JSON not counted.</summary>
    [JsonPropertyName("seconds")] public required double Seconds { get; init; }

    /// <summary>Lists by their names.</summary>
    [JsonPropertyName("numbers")] public IReadOnlyDictionary<string, double[]> Numbers { get; init; } = new Dictionary<string, double[]>();

    /// <summary>Drawn ids, a row a prompt.</summary>
    [JsonPropertyName("responses")] public int[][] Responses { get; init; } = [];
}

/// <summary>A line from the other side.</summary>
internal static class PeerLine
{
    /// <summary>Its content.</summary>
    /// <exception cref="InvalidOperationException">It is no such line; the message quotes it.</exception>
    public static T Parse<T>(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException($"the peer's line is not understood ({e.Message}): {line[..Math.Min(200, line.Length)]}", e);
        }
    }
}
