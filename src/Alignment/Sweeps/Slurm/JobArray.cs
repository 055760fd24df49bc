using System.Globalization;

namespace Alignment.Sweeps.Slurm;

/// <summary>
/// A job array whose index names a point of a grid: the point's place is <see cref="First"/> plus the index, since Slurm refuses indices beyond its
/// MaxArraySize.
/// </summary>
/// <param name="First">The place of index 0.</param>
/// <param name="Indices">Increasing.</param>
internal sealed record JobArray(int First, IReadOnlyList<int> Indices)
{
    /// <summary>As few arrays as hold the points.</summary>
    /// <param name="points">Places in the grid, increasing.</param>
    /// <param name="size">Slurm's MaxArraySize: the largest index is one less.</param>
    public static IReadOnlyList<JobArray> Of(IReadOnlyList<int> points, int size) =>
        [.. points.GroupBy(point => point / size).Select(part => new JobArray(part.Key * size, [.. part.Select(point => point % size)]))];

    /// <summary>"0-3,7%8": runs of indices, and how many jobs run at a time.</summary>
    public string Text(int? maxJobs)
    {
        List<string> runs = [];
        for (int i = 0; i < Indices.Count;)
        {
            int end = i;
            while (end + 1 < Indices.Count && Indices[end + 1] == Indices[end] + 1)
                end++;
            runs.Add(end == i ? Number(Indices[i]) : $"{Number(Indices[i])}-{Number(Indices[end])}");
            i = end + 1;
        }

        return string.Join(',', runs) + (maxJobs is { } most ? $"%{Number(most)}" : "");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
