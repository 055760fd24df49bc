using System.Text.Json;
using Alignment.Models;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A folder of a golden model, and what tests used of it.</summary>
/// <param name="name">Its name in <see cref="GoldenSet.Models"/>.</param>
internal sealed class GoldenFolder(string name) : IDisposable
{
    private const string Weights = "model.safetensors", Json = "expected.json";
    // all at once, so that they belong to the scope the folder is opened in
    private readonly Dictionary<string, GoldenTensors> _tensors = Directory.EnumerateFiles(Path.Combine(GoldenSet.Models, name), "*.safetensors")
        .Select(path => (Path: path, File: Path.GetFileName(path))).ToDictionary(file => file.File, file => GoldenTensors.Open(file.Path, $"{name}/{file.File}"));
    private readonly HashSet<string> _read = [];
    private readonly string _scratch = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"golden-{TestContext.CurrentContext.Test.ID}");

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Its path.</summary>
    public string Root { get; } = Path.Combine(GoldenSet.Models, name);

    /// <summary>The numbers of the reference that are no tensors.</summary>
    public GoldenJson Expected { get; } = GoldenUse.Document($"{name}/{Json}",
        () => new(JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenSet.Models, name, Json))).RootElement, ""));

    /// <summary>The class of transformers that gave the numbers.</summary>
    public string Class => Expected["class"].Text;

    /// <summary>Its rows of tokens.</summary>
    public GoldenModel Rows => new(Tensors("inputs.safetensors"));

    /// <summary>The folder has this file.</summary>
    public bool Has(string file) => File.Exists(Path.Combine(Root, file));

    /// <summary>A safetensors file.</summary>
    public GoldenTensors Tensors(string file)
    {
        _read.Add(file);
        return _tensors[file];
    }

    /// <summary>The path of a file that the library reads.</summary>
    public string Read(string file)
    {
        _read.Add(file);
        return Path.Combine(Root, file);
    }

    /// <summary>The configuration in a file.</summary>
    public DecoderConfig Config(string file = "config.json") => DecoderConfig.Read(Read(file));

    /// <summary>The model under a configuration, config.json's where none is given; in float32 where no place is given.</summary>
    public Decoder Load(DecoderConfig? config = null, Placement? place = null)
    {
        _read.Add(Weights);
        return Decoder.Load(config ?? Config(), Root, place);
    }

    /// <summary>The path of a new folder, which is deleted with this.</summary>
    public string Scratch(string child) => Path.Combine(_scratch, child);

    /// <summary>A new folder with the given model, which is deleted with this.</summary>
    public string Save(Decoder model, string child)
    {
        string folder = Scratch(child);
        model.Save(folder, new Dictionary<string, byte[]>());
        return folder;
    }

    /// <summary>What no test used: files, members of expected.json, tensors.</summary>
    public IEnumerable<string> Unused() => Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path)).Where(file => file != Json && !_read.Contains(file)).Order(StringComparer.Ordinal)
        .Concat(Expected.Unused()).Concat(_tensors.Where(file => file.Key != Weights).SelectMany(file => file.Value.Unused.Select(tensor => $"{file.Key}: {tensor}")));

    public void Dispose()
    {
        if (Directory.Exists(_scratch))
            Directory.Delete(_scratch, recursive: true);
    }
}
