namespace Alignment.Doctor;

/// <summary>What one stage of a sweep keeps in memory at its peak.</summary>
/// <param name="Stage">SFT, preference, sampling or scoring.</param>
/// <param name="Parts">What it consists of.</param>
public sealed record StageMemory(string Stage, IReadOnlyList<MemoryPart> Parts)
{
    /// <summary>All parts together.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>"SFT 2.01 GiB: weights 512 MiB, gradients 512 MiB, …".</summary>
    public override string ToString() => $"{Stage} {ByteCount.Text(Bytes)}: "
        + string.Join(", ", Parts.Where(part => part.Bytes > 0).Select(part => $"{part.Name} {ByteCount.Text(part.Bytes)}"));
}

/// <summary>A part of a stage's memory.</summary>
public sealed record MemoryPart(string Name, long Bytes);
