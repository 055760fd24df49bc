namespace Alignment.Sweeps;

/// <summary>A recipe that cannot be used; the message lists every fault, one a line, each with file, line and JSON path.</summary>
public sealed class RecipeException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>The faults in the order of the file.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
