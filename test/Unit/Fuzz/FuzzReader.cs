using Alignment.Tests.Unit.Mutations;

namespace Alignment.Tests.Unit.Fuzz;

/// <summary>A reader of files from strangers.</summary>
/// <param name="Name">What a command calls it; its corpus stands in a folder of that name.</param>
/// <param name="File">The name of the file it reads.</param>
/// <param name="Refusal">The type of its own refusals; every other error is a finding.</param>
/// <param name="Read">Reads the file at a path; returns the bytes of native memory that what was read holds.</param>
internal sealed record FuzzReader(string Name, string File, Type Refusal, Func<string, long> Read)
{
    /// <summary>Writes into the folder what is read beside the file.</summary>
    public Action<string> Prepare { get; init; } = _ => { };

    /// <inheritdoc cref="Reading.Garbage"/>
    public long Garbage { get; init; }

    /// <summary>What is wrong with how these bytes are read, or null.</summary>
    /// <param name="folder">The reader's own, prepared.</param>
    /// <param name="bytes">The content of the file.</param>
    public string? Fault(string folder, byte[] bytes)
    {
        string path = Path.Combine(folder, File);
        System.IO.File.WriteAllBytes(path, bytes);
        return new Reading(path, Refusal) { Garbage = Garbage }.Fault(() => Read(path));
    }
}
