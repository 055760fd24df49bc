namespace Alignment.Tests.Unit.Mutations;

/// <summary>
/// Judges how a file is read that may be damaged or hostile: it must load or give one error of the wanted type that names the file or its folder, and
/// take no more memory than twice the size of what is read and 64 MB.
/// </summary>
/// <param name="path">The file; its folder holds what is read beside it.</param>
/// <param name="error">The only type of error that is clear.</param>
internal sealed class Reading(string path, Type error)
{
    /// <summary>Bytes that are free whatever the size of the file.</summary>
    public const long SpareBytes = 64L << 20;

    /// <summary>Bytes that may be allocated, and collected again, besides: for what runs a program, which is bounded in steps and not by its size.</summary>
    public long Garbage { get; init; }

    /// <summary>The last reading loaded.</summary>
    public bool Loaded { get; private set; }

    /// <summary>Bytes that may be held, by what the folder holds now.</summary>
    public long Limit => 2 * Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Sum(file => new FileInfo(file).Length) + SpareBytes;

    /// <summary>Reads once; null where all went as it must.</summary>
    /// <param name="read">Reads the file; returns the bytes of native memory that what was read holds.</param>
    public string? Fault(Func<long> read)
    {
        Loaded = false;
        long limit = Limit, before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            long native = read();
            Loaded = true;
            if (native > limit)
                return $"{native} bytes of native memory, the limit is {limit}";
        }
        catch (Exception exception) when (exception.GetType() == error && Names(exception.Message))
        {
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name}: {exception.Message}{exception.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Alignment.", StringComparison.Ordinal))}";
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= limit + Garbage ? null : $"{allocated} bytes allocated, the limit is {limit + Garbage}";
    }

    private bool Names(string message) =>
        message.Contains(Path.GetFileName(path), StringComparison.Ordinal) || message.Contains(Path.GetDirectoryName(path)!, StringComparison.Ordinal);
}
