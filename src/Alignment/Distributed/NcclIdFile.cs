using System.Diagnostics;
using Alignment.Files;

namespace Alignment.Distributed;

/// <summary>NCCL's id, from rank 0 to the others through a file in a folder that all of them see, named after the launch.</summary>
/// <param name="folder">Made where it is missing.</param>
/// <param name="place">This rank.</param>
/// <param name="patience">How long the others wait for it.</param>
internal sealed class NcclIdFile(string folder, RankPlace place, TimeSpan patience)
{
    private const int PollMilliseconds = 20;
    private readonly string _path = Path.Combine(folder, $"nccl-{place.Launch}");

    /// <summary>Rank 0 gives the id, the others wait for it.</summary>
    /// <exception cref="TimeoutException">Rank 0 gave none.</exception>
    public byte[] Exchange(byte[]? id)
    {
        Directory.CreateDirectory(folder);
        if (id != null)
        {
            AtomicFile.Write(_path, file => file.Write(id));
            return id;
        }

        var clock = Stopwatch.StartNew();
        while (!File.Exists(_path))
        {
            if (clock.Elapsed > patience)
                throw new TimeoutException(FormattableString.Invariant($"rank 0 left no {_path} in {patience.TotalSeconds} s: do all ranks see this folder?"));
            Thread.Sleep(PollMilliseconds);
        }

        return File.ReadAllBytes(_path);
    }

    /// <summary>Takes the file away when all have read it.</summary>
    public void Remove()
    {
        if (place.Rank == 0)
            File.Delete(_path);
    }
}
