using System.Text.Json;
using Alignment.Checkpoints.Safetensors;
using Alignment.Data.World;
using Alignment.Models;
using Alignment.Tests.Unit.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Doctor;

/// <summary>A folder as a user has it: a small model with the embedded world's tokenizer, sound until a test damages it.</summary>
internal sealed class DoctorFolder : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public DoctorFolder(DecoderConfig? config = null)
    {
        using Decoder model = Decoder.Initialised(config ?? Config, 1);
        model.Save(Path, Vocabulary());
    }

    public static DecoderConfig Config { get; } = new()
    {
        Shape = new ModelShape { Vocabulary = 768, Width = 16, Layers = 2, Heads = 2, KeyValueHeads = 1, MlpWidth = 24, MaxPositions = 256 },
        EndTokens = [EmbeddedWorld.Tokenizer.Eos],
        PadToken = EmbeddedWorld.Tokenizer.Pad,
    };

    public string Path => _root.File("model");

    public string Data => _root.File("pairs.jsonl");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Changes the stored tensors.</summary>
    public DoctorFolder WithWeights(Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(File("model.safetensors"));
        change(stored);
        SafetensorsWriter.Write(File("model.safetensors"), stored);
        return this;
    }

    /// <summary>Replaces a piece of a text file.</summary>
    public DoctorFolder With(string name, string piece, string replacement)
    {
        string text = System.IO.File.ReadAllText(File(name));
        System.IO.File.WriteAllText(File(name), text.Contains(piece, StringComparison.Ordinal) ? text.Replace(piece, replacement, StringComparison.Ordinal)
            : throw new ArgumentException($"{name} has no {piece}"));
        return this;
    }

    /// <summary>Writes pairs of the world as prompt, chosen and rejected, and lines as they are.</summary>
    public DoctorFolder WithData(int pairs, params string[] lines)
    {
        System.IO.File.WriteAllLines(Data,
            [.. EmbeddedWorld.TrainingPairs(1, pairs).Select(pair => Line(pair.Prompt[^1].Text, pair.Chosen, pair.Rejected)), .. lines]);
        return this;
    }

    public static string Line(string prompt, string chosen, string rejected) => JsonSerializer.Serialize(new { prompt, chosen, rejected });

    public void Dispose() => _root.Dispose();

    /// <summary>The world's tokenizer, as files beside a model.</summary>
    public static Dictionary<string, byte[]> Vocabulary()
    {
        using Stream vocabulary = WorldVocabulary.OpenVocabulary(), merges = WorldVocabulary.OpenMerges();
        return new() { ["vocab.json"] = Content(vocabulary), ["merges.txt"] = Content(merges) };

        static byte[] Content(Stream stream)
        {
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
    }
}
