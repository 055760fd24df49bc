using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Tests.Regression;

/// <summary>The micro recipe, or a variant of it, in a folder of its own.</summary>
internal sealed class MicroSweep : IDisposable
{
    public static string RecipePath { get; } = Path.Combine(AppContext.BaseDirectory, "test-recipes", "micro.json");

    private readonly string _root = Directory.CreateTempSubdirectory("micro-sweep").FullName;
    private readonly Recipe _recipe;

    /// <param name="edits">Pieces of the recipe's text and what replaces them.</param>
    public MicroSweep(params (string Piece, string Replacement)[] edits)
    {
        string text = File.ReadAllText(RecipePath);
        foreach (var (piece, replacement) in edits)
            text = text.Contains(piece, StringComparison.Ordinal) ? text.Replace(piece, replacement, StringComparison.Ordinal)
                : throw new ArgumentException($"the micro recipe has no {piece}");
        File.WriteAllText(Path.Combine(_root, "micro.json"), text);
        _recipe = RecipeFile.Load("micro.json", _root);
    }

    public List<string> Log { get; } = [];

    public string Sweeps => Path.Combine(_root, "sweeps");

    public string Edited => Path.Combine(_root, "micro.json");

    public string Folder => Path.Combine(Sweeps, _recipe.Name);

    public IReadOnlyList<GridPoint> Points => Grid.PreferencePoints(_recipe);

    public SweepOptions Options => new() { SweepsFolder = Sweeps, Threads = 1, MicroBatch = 8, GenerationBatch = 24, ProgressSeconds = 0, Command = "dotnet test" };

    public Sweep Open(SweepOptions? options = null) => new(_recipe, options ?? Options, TimeProvider.System, Log.Add);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
