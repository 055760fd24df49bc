using System.Text;
using System.Text.Json;

namespace Alignment.Training;

/// <summary>steps.jsonl of a run, appended step by step. It holds speeds, so two runs of equal results may differ in it.</summary>
public sealed class StepLog : IDisposable
{
    private readonly FileStream _file;

    private StepLog(FileStream file) => _file = file;

    /// <summary>Opens the log of a run that goes on after <paramref name="steps"/> steps; later and unfinished lines are cut off.</summary>
    public static StepLog Open(string path, long steps)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        file.SetLength(EndOfLine(file, steps));
        file.Seek(0, SeekOrigin.End);
        return new(file);
    }

    /// <summary>Appends a line and hands it to the operating system.</summary>
    public void Write(StepRow row)
    {
        _file.Write(Encoding.UTF8.GetBytes(row.Line() + "\n"));
        _file.Flush();
    }

    /// <summary>Forces what was written to the disk.</summary>
    public void Sync() => _file.Flush(flushToDisk: true);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static long EndOfLine(FileStream file, long lines)
    {
        long end = 0, at = 0;
        while (lines > 0 && file.ReadByte() is >= 0 and int read)
        {
            at++;
            if (read == '\n')
                (end, lines) = (at, lines - 1);
        }
        return end;
    }
}

/// <summary>One optimiser step; a line of steps.jsonl with TRL's names.</summary>
public sealed record StepRow
{
    /// <summary>Steps done, this one included.</summary>
    public required long Step { get; init; }

    /// <summary>Passes over the data done, as a fraction.</summary>
    public required double Epoch { get; init; }

    /// <summary>Loss of the batch.</summary>
    public required double Loss { get; init; }

    /// <summary>Means over the batch's rows by name, such as rewards/chosen.</summary>
    public required IReadOnlyList<KeyValuePair<string, double>> Means { get; init; }

    /// <summary>L2 norm of the batch's gradient before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Real (unpadded) tokens trained on so far.</summary>
    public required long Tokens { get; init; }

    /// <summary>Real tokens per second in this step.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>The line, without the line break.</summary>
    public string Line()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", Step);
            json.WriteNumber("epoch", Epoch);
            json.WriteNumber("loss", Loss);
            foreach ((string name, double mean) in Means)
                json.WriteNumber(name, mean);
            json.WriteNumber("grad_norm", GradientNorm);
            json.WriteNumber("learning_rate", LearningRate);
            json.WriteNumber("num_tokens", Tokens);
            json.WriteNumber("tokens_per_second", double.IsFinite(TokensPerSecond) ? TokensPerSecond : 0);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
