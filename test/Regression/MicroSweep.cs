using System.Diagnostics.CodeAnalysis;
using Alignment.Data.World;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tokenization;

namespace Alignment.Tests.Regression;

/// <summary>The micro recipe, or a variant of it, in a folder of its own.</summary>
internal sealed class MicroSweep : IDisposable
{
    public static string RecipePath { get; } = Path.Combine(AppContext.BaseDirectory, "test-recipes", "micro.json");

    private readonly string _root = Directory.CreateTempSubdirectory("micro-sweep").FullName;
    private Recipe _recipe;

    /// <param name="edits">Pieces of the recipe's text and what replaces them.</param>
    public MicroSweep(params (string Piece, string Replacement)[] edits) => Edit(edits);

    /// <summary>Writes the micro recipe again with other edits; the store stays.</summary>
    [MemberNotNull(nameof(_recipe))]
    public void Edit(params (string Piece, string Replacement)[] edits)
    {
        string text = File.ReadAllText(RecipePath);
        foreach (var (piece, replacement) in edits)
            text = text.Contains(piece, StringComparison.Ordinal) ? text.Replace(piece, replacement, StringComparison.Ordinal)
                : throw new ArgumentException($"the micro recipe has no {piece}");
        File.WriteAllText(Edited, text);
        Reload();
    }

    /// <summary>Reads the recipe's file again.</summary>
    [MemberNotNull(nameof(_recipe))]
    public void Reload() => _recipe = RecipeFile.Load("micro.json", _root);

    /// <summary>A new folder of a small model of the embedded world, weights random from a seed: as a user brings one.</summary>
    /// <param name="change">Makes a model of another family of it; null leaves Phi-3.</param>
    public static string NewPolicyFolder(Func<DecoderConfig, DecoderConfig>? change = null)
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer;
        var config = new DecoderConfig
        {
            Shape = new() { Vocabulary = tokenizer.VocabularySize, Width = 32, Layers = 2, Heads = 2, KeyValueHeads = 1, MlpWidth = 64, MaxPositions = 128 },
            EndTokens = [tokenizer.Eos],
        };
        using Decoder model = Decoder.Initialised(change?.Invoke(config) ?? config, 11);
        string folder = Path.Combine(Directory.CreateTempSubdirectory("micro-policy").FullName, "model");
        model.Save(folder, RecipeTokenizer.Files(RecipeFile.Load(RecipePath, "/"), new SweepOptions { SweepsFolder = "" }));
        return folder;
    }

    /// <summary>The edit that makes a folder the policy.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="more">Further members of "policy", each after a comma.</param>
    public static (string, string) Policy(string folder, string more = "") =>
        ("\"width\": 32, \"layers\": 2, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 64, \"maxPositions\": 128", $"\"folder\": \"{folder}\"{more}");

    public List<string> Log { get; } = [];

    public string Sweeps => Path.Combine(_root, "sweeps");

    public string Edited => Path.Combine(_root, "micro.json");

    public string Folder => Path.Combine(Sweeps, _recipe.Name);

    public IReadOnlyList<GridPoint> Points => Grid.PreferencePoints(_recipe);

    public SweepOptions Options => new() { SweepsFolder = Sweeps, Threads = 1, MicroBatch = 8, GenerationBatch = 24, ProgressSeconds = 0, Command = "dotnet test" };

    public Sweep Open(SweepOptions? options = null) => new(_recipe, options ?? Options, TimeProvider.System, Log.Add);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
