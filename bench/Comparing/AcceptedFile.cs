using Alignment.Bench.Tracking;

namespace Alignment.Bench.Comparing;

/// <summary>bench/accepted.json.</summary>
internal static class AcceptedFile
{
    /// <summary>The entries that hold against a baseline: those whose commit came after it.</summary>
    /// <param name="baseline">The baseline's commit.</param>
    /// <param name="repository">Its working tree.</param>
    /// <param name="ids">Of all benchmarks that may be compared.</param>
    /// <exception cref="InvalidDataException">The file is not what it must be; the message names all faults.</exception>
    public static IReadOnlyList<AcceptedSlowdown> Against(string baseline, string repository, IReadOnlyList<string> ids) =>
        [.. AcceptedSlowdown.Load(Path.Combine(repository, "bench", "accepted.json"), ids).Where(entry => Git.IsOlder(repository, baseline, than: Since(entry, repository)))];

    private static string Since(AcceptedSlowdown entry, string repository)
    {
        try
        {
            return Git.Commit(repository, entry.Since);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"accepted.json: \"since\" of {entry.Benchmarks} must be a commit of this repository, was {entry.Since} (a shallow clone lacks old ones)", e);
        }
    }
}
