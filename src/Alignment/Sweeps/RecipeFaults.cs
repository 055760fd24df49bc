namespace Alignment.Sweeps;

/// <summary>The faults found so far.</summary>
internal sealed class RecipeFaults(string file)
{
    private readonly List<(int Line, string Text)> _faults = [];

    public IReadOnlyList<string> All => [.. _faults.OrderBy(fault => fault.Line).Select(fault => fault.Text)];

    public void Add(JsonTree at, string message) => _faults.Add((at.Line, $"{file}({at.Line}): {at.Path} {message}"));
}
