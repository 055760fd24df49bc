using System.Text.Json;
using Alignment.Checkpoints;
using Alignment.Checkpoints.Safetensors;
using Alignment.Checkpoints.Torch;
using Alignment.Data;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps.Import;
using Alignment.Tests.Unit.Models;
using Alignment.Tokenization;
using Alignment.Tokenization.Templates;
using Alignment.Tokenization.Templates.Values;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Fuzz;

/// <summary>The table of what is fuzzed: reader, the file's name, its own refusal, what is called.</summary>
internal static class FuzzReaders
{
    private const string Conversation = """
        {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello\n there"}, {"role": "assistant", "content": "<think>a</think>\nyes 😀"}],
         "add_generation_prompt": true, "tools": [{"name": "f", "parameters": {"x": [1, 2.5, null]}}], "bos_token": "<s>", "eos_token": "</s>"}
        """;

    private static readonly Message[] s_turns = [new(Role.User, "hello\n hell 日本 \uD83D 😀 12345"), new(Role.Assistant, "<s>he</s>"), new(Role.User, "  \0 ll don't")];
    private static readonly IReadOnlyDictionary<string, Value> s_variables = JsonValues.Members(JsonDocument.Parse(Conversation).RootElement);

    public static IReadOnlyList<FuzzReader> All { get; } =
    [
        new("safetensors", "x.safetensors", typeof(InvalidDataException), path => Tensors(() => SafetensorsFile.Read(path).Values)),
        new("torch", "pytorch_model.bin", typeof(InvalidDataException), path => Tensors(() => Archived(path))),
        new("tokenizer-json", "tokenizer.json", typeof(InvalidDataException), Tokenized),
        new("tokenizer-model", "tokenizer.model", typeof(InvalidDataException), Tokenized),
        new("config", "config.json", typeof(InvalidDataException), Decoded) { Prepare = DecoderFolder },
        new("generation-config", "generation_config.json", typeof(InvalidDataException), Decoded) { Prepare = DecoderFolder },
        new("reward-config", "config.json", typeof(InvalidDataException), Rewarded) { Prepare = RewardFolderOf },
        new("jsonl", "pairs.jsonl", typeof(InvalidDataException), Pairs),
        new("gz", "pairs.jsonl.gz", typeof(InvalidDataException), Pairs),
        new("zst", "pairs.jsonl.zst", typeof(InvalidDataException), Pairs),
        new("parquet", "pairs.parquet", typeof(InvalidDataException), Pairs),
        new("recipe", "mine.json", typeof(RecipeException), Points),
        new("results", "results.json", typeof(RecipeException), path => ResultManifest.Load(path).Runs.Count * 0L),
        new("scored", "scored.jsonl", typeof(InvalidDataException), path => ResultRow.Read(path).Sum(row => row.Row.Words().Count) * 0L),
        new("template", "chat_template.jinja", typeof(TemplateException), Rendered) { Garbage = 2L << 30 },
    ];

    public static FuzzReader Named(string name) => All.FirstOrDefault(reader => reader.Name == name)
        ?? throw new ArgumentException($"there is no reader {name}; wanted one of {string.Join(", ", All.Select(reader => reader.Name))}");

    private static Tensor[] Archived(string path)
    {
        using TorchArchive archive = TorchArchive.Open(path);
        return [.. archive.Names.Select(archive.Tensor)];
    }

    private static long Tokenized(string path)
    {
        ModelTokenizer tokenizer = TokenizerFolder.Load(Path.GetDirectoryName(path)!);
        tokenizer.Decode([.. tokenizer.EncodePrompt(s_turns), .. tokenizer.EncodeResponse("hello help")]);
        return 0;
    }

    private static long Decoded(string path)
    {
        var folder = new ModelFolder(Path.GetDirectoryName(path)!, null);
        DecoderConfig config = folder.Config();
        folder.Require(config);
        using Decoder model = folder.Load(config);
        return Tensors(() => model.state_dict().Values);
    }

    private static long Rewarded(string path)
    {
        RewardFolder.Require(Path.GetDirectoryName(path)!);
        using IRewardNetwork network = RewardFolder.Load(Path.GetDirectoryName(path)!);
        return Tensors(() => network.Module.state_dict().Values);
    }

    private static long Pairs(string path) =>
        PreferenceData.Read(PairFormats.Tell(path), path, new() { MaxSkipped = int.MaxValue }).Pairs.Count * 0L;

    private static long Points(string path)
    {
        Recipe recipe = RecipeFile.Load(path, Path.GetDirectoryName(path)!);
        return (Grid.SftPoints(recipe).Count + Grid.PreferencePoints(recipe).Count) * 0L;
    }

    private static long Rendered(string path) =>
        JinjaTemplate.Parse(File.ReadAllText(path), Path.GetFileName(path)).Render(s_variables, new DateTime(2026, 3, 5)).Length * 0L;

    private static long Tensors(Func<IEnumerable<Tensor>> read)
    {
        using var scope = NewDisposeScope();
        return read().Sum(TensorMemory.Bytes);
    }

    private static void DecoderFolder(string folder)
    {
        using Decoder model = TinyPhi3.Model();
        model.Save(folder, new Dictionary<string, byte[]>());
    }

    private static void RewardFolderOf(string folder)
    {
        using NeoXReward model = NeoXReward.Create(new() { Vocabulary = 7, Width = 16, Layers = 2, Heads = 2, MlpWidth = 12 }, 1);
        model.Save(folder);
    }
}
