using Alignment.Doctor;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A recipe as a user has it, with an own model, data and reward model beside it; all of it small and sound until a test edits it.</summary>
internal sealed class SweepFolder : IDisposable
{
    public const string Recipe = """
        {
          "name": "own", "seed": 1,
          "policy": { "folder": "model" },
          "data": {
            "train": { "format": "pairs", "file": "pairs.jsonl" },
            "test": { "format": "pairs", "file": "test.jsonl" },
            "template": "phi-3"
          },
          "gold": { "folder": "gold", "maxLength": 64 },
          "lengths": { "maxPrompt": 40, "maxTotal": 100 },
          "sft": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8 },
          "preference": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8, "warmupRatio": 0.1 },
          "methods": { "DPO": { "beta": [0.1] } },
          "generation": { "temperature": 1.0, "topP": 0.9, "maxNewTokens": 6 },
          "testPrompts": 4
        }
        """;

    private readonly DoctorFolder _model = new DoctorFolder().WithData(24);

    public SweepFolder()
    {
        Write("test.jsonl", string.Join('\n', File.ReadLines(_model.Data).Take(6)));
        Write("pairs.jsonl", string.Join('\n', File.ReadLines(_model.Data).Skip(6)) + "\n");
        SaveGold(PathOf("gold"));
        Write("own.json", Recipe);
    }

    /// <summary>A reward model of random weights with the world's tokenizer.</summary>
    public static void SaveGold(string folder, ulong seed = 1)
    {
        using NeoXReward gold = NeoXReward.Create(new() { Vocabulary = 768, Width = 8, Layers = 1, Heads = 1, MlpWidth = 8, RotaryFraction = 1, MaxPositions = 128 }, seed);
        gold.Save(folder, DoctorFolder.Vocabulary());
    }

    public string Root => Path.GetDirectoryName(_model.Path)!;

    public string Sweeps => PathOf("sweeps");

    public List<string> Log { get; } = [];

    public SweepOptions Options => new() { SweepsFolder = Sweeps, Threads = 1, MicroBatch = 8, GenerationBatch = 8 };

    public string PathOf(string name) => Path.Combine(Root, name);

    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    /// <summary>Copies a folder's files into a new one beside it.</summary>
    public void Copy(string name, string copy)
    {
        Directory.CreateDirectory(PathOf(copy));
        foreach (string file in Directory.EnumerateFiles(PathOf(name)))
            File.Copy(file, Path.Combine(PathOf(copy), Path.GetFileName(file)));
    }

    /// <summary>Replaces a piece of a text file.</summary>
    public SweepFolder With(string name, string piece, string replacement)
    {
        string text = File.ReadAllText(PathOf(name));
        Write(name, text.Contains(piece, StringComparison.Ordinal) ? text.Replace(piece, replacement, StringComparison.Ordinal)
            : throw new ArgumentException($"{name} has no {piece}"));
        return this;
    }

    /// <summary>Every run starts from the model as it is.</summary>
    public SweepFolder WithoutSft() => With("own.json", "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3], \"batchSize\": 8 }", "\"sft\": null");

    public Recipe Load() => RecipeFile.Load("own.json", Root);

    public Sweep Open() => new(Load(), Options, TimeProvider.System, Log.Add);

    public SweepData Data() => SweepData.Read(Load(), Options, _ => { });

    /// <summary>The judge that decides.</summary>
    public GoldModel OpenGold(SweepData data) => GoldModel.Open(Load().Judges[0], new(Load(), Options, data, _ => { }), ("", ""), CancellationToken.None);

    /// <summary>The sweep where no memory is left when a line that begins so is logged.</summary>
    public Sweep OpenStarved(string at) => new(Load(), Options, TimeProvider.System,
        line => _ = line.StartsWith(at, StringComparison.Ordinal) ? throw new InvalidOperationException("CUDA out of memory") : line);

    /// <summary>The options with a device that has no room for judges beside the policy.</summary>
    public SweepOptions CrowdedOptions()
    {
        SweepOptions options = Options;
        SweepData data = Data();
        for (double bytes = 1e12; MemoryPlan.Of(Load(), options, data).JudgesStay; bytes *= 0.99)
            options = options with { Memory = _ => new("test device", (long)bytes) };
        return options;
    }

    /// <summary>What the doctor is asked to examine: the model, some data and the recipe.</summary>
    public ExaminationInput Examined(string data = "pairs.jsonl") => new()
    {
        Model = PathOf("model"),
        Data = PathOf(data),
        Recipe = Load(),
        Device = "cpu",
        MicroBatch = 8,
        GenerationBatch = 8,
        Template = "phi-3",
    };

    /// <summary>Why the sweep is refused, a line each; empty where it is not.</summary>
    public IReadOnlyList<string> Faults()
    {
        try
        {
            using Sweep sweep = Open();
            sweep.Check();
            return [];
        }
        catch (RecipeException e)
        {
            return e.Faults;
        }
    }

    public void Dispose() => _model.Dispose();
}
