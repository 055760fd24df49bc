using System.Text;

namespace Alignment.Training;

/// <summary>steps.jsonl of a run, appended step by step. It holds speeds, so two runs of equal results may differ in it.</summary>
internal sealed class StepLog : IDisposable
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
