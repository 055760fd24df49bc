using System.Globalization;
using System.Text.Json;
using Alignment.Bench.Measuring;
using Alignment.Checkpoints.Hub;
using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using Alignment.Tokenization;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

public class DecoderFolderTests
{
    private static readonly Dictionary<string, byte[]> s_none = [];
    private SafetensorsBytes _files = null!;
    private string _folder = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void NewFolder()
    {
        (_files, _scope) = (new(), NewDisposeScope());
        _folder = Path.Combine(_files.Folder, "model");
    }

    [TearDown]
    public void RemoveFolder()
    {
        _scope.Dispose();
        _files.Dispose();
    }

    [Test]
    public void Every_family_in_one_file_or_in_shards_is_read_again_bit_for_bit(
        [Values("phi3", "llama", "mistral", "qwen2")] string type,
        [Values(HubCheckpoint.DefaultShardBytes, 20_000)] long shardBytes, [Values] bool tied)
    {
        DecoderFamily family = DecoderFamily.All.Single(known => known.ModelType == type);
        using Decoder model = TinyPhi3.Model(TinyPhi3.Config with { Family = family, TiedHead = tied });
        model.Save(_folder, s_none, shardBytes);
        using Decoder again = Decoder.Load(_folder);
        Assert.That(again.Config.Family, Is.SameAs(family));
        Assert.That(again.state_dict().ToDictionary(item => item.Key, item => item.Value.bytes.ToArray()),
            Is.EqualTo(model.state_dict().ToDictionary(item => item.Key, item => item.Value.bytes.ToArray())));
        Assert.That(File.Exists(Path.Combine(_folder, "model.safetensors.index.json")), Is.EqualTo(shardBytes == 20_000));
    }

    [TestCase(ScalarType.BFloat16, "bfloat16")]
    [TestCase(ScalarType.Float16, "float16")]
    public void Half_precision_is_written_as_it_is_and_read_into_float32(ScalarType type, string name)
    {
        using Decoder model = TinyPhi3.Model();
        model.to(type);
        model.Save(_folder, s_none);
        Assert.That(File.ReadAllText(Path.Combine(_folder, "config.json")), Does.Contain($"\"torch_dtype\": \"{name}\""));
        using Decoder again = Decoder.Load(_folder);
        Assert.That(again.Head.dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(TinyPhi3.Distance(again.Head, model.Head.to(ScalarType.Float32)), Is.Zero);
    }

    [Test]
    public void The_end_tokens_and_the_tokenizers_files_go_along()
    {
        File.WriteAllText(Path.Combine(_files.Folder, "tokenizer.json"), "{}");
        File.WriteAllText(Path.Combine(_files.Folder, "secret.txt"), "no");
        using Decoder model = TinyPhi3.Model(TinyPhi3.Config with { BeginToken = 1, EndTokens = [2, 7], PadToken = 3 });
        model.Save(_folder, TokenizerFolder.Files(_files.Folder));
        Assert.That(Directory.GetFiles(_folder).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "config.json", "generation_config.json", "model.safetensors", "tokenizer.json" }));
        using JsonDocument generation = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "generation_config.json")));
        Assert.That(generation.RootElement.GetProperty("eos_token_id").EnumerateArray().Select(id => id.GetInt64()), Is.EqualTo(new[] { 2, 7 }));
        Assert.That(DecoderConfig.ReadFolder(_folder).EndTokens, Is.EqualTo(new[] { 2, 7 }));
    }

    [TestCase("5", "[7, 2]", new long[] { 7, 2, 5 })]
    [TestCase("[5, 2]", "7", new long[] { 7, 5, 2 })]
    [TestCase("5", "null", new long[] { 5 })]
    [TestCase("null", "[2]", new long[] { 2 })]
    [TestCase("null", "[]", new long[0])]
    public void Generation_ends_at_the_end_tokens_of_both_files(string config, string generation, long[] ends)
    {
        WriteEnds(config, generation);
        Assert.That(DecoderConfig.ReadFolder(_folder).EndTokens, Is.EqualTo(ends));
    }

    [TestCase("29", "2", "config.json is no decoder configuration this code can run: $.eos_token_id 29 is outside the vocabulary of 29 tokens")]
    [TestCase("2", "[7, 300, 28, 301]", "generation_config.json is no generation configuration this code can run: "
        + "$.eos_token_id 300 is outside the vocabulary of 29 tokens; $.eos_token_id 301 is outside the vocabulary of 29 tokens")]
    public void An_end_token_outside_the_vocabulary_is_refused_by_name(string config, string generation, string message)
    {
        WriteEnds(config, generation);
        Assert.That(() => DecoderConfig.ReadFolder(_folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(Path.Combine(_folder, message)));
    }

    [Test]
    public void A_tied_checkpoint_may_repeat_its_head_if_it_is_the_embedding()
    {
        Tensor embedding = Tied();
        Rewrite(stored => stored["lm_head.weight"] = embedding);
        Assert.That(() => Decoder.Load(_folder).Dispose(), Throws.Nothing);
        Rewrite(stored => stored["lm_head.weight"] = embedding + 1);
        Assert.That(() => Decoder.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder}: lm_head.weight differs from model.embed_tokens.weight, and the configuration ties them (tie_word_embeddings); "
            + "set it to false to read both"));
        Rewrite(stored => stored["lm_head.weight"] = ones(1));
        Assert.That(() => Decoder.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith("unexpected: lm_head.weight [1]"));
    }

    [Test]
    public void An_untied_checkpoint_must_have_its_head()
    {
        using (Decoder model = TinyPhi3.Model())
            model.Save(_folder, s_none);
        Rewrite(stored => stored.Remove("lm_head.weight"));
        Assert.That(() => Decoder.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder}: the checkpoint does not fit the model (1 faults)\n  missing: lm_head.weight [29, 48]"));
    }

    [Test, NonParallelizable]
    public void Loading_takes_little_more_memory_than_the_file()
    {
        // 2 × 15 M parameters of embedding and head; a fresh model's zeros are pages that nobody has touched
        DecoderConfig config = TinyPhi3.Config with { Shape = TinyPhi3.Config.Shape with { Vocabulary = 32_000, Width = 480, Heads = 6 } };
        using (var large = new Decoder(config))
            large.Save(_folder, s_none);
        long file = new FileInfo(Path.Combine(_folder, "model.safetensors")).Length;
        if (!PeakMemory.TryRestart())
            Assert.Ignore("/proc/self/clear_refs cannot be written here, so the peak cannot be measured");
        long before = PeakMemory.Now;
        using Decoder model = Decoder.Load(_folder);
        long peak = PeakMemory.Bytes - before;
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"file {file / 1e6:F0} MB, peak {peak / 1e6:F0} MB above the start: {(double)peak / file:F2} of the file"));
        Assert.That(file, Is.GreaterThan(100_000_000));
        Assert.That(peak, Is.LessThan(1.2 * file));
    }

    private void WriteEnds(string config, string generation)
    {
        using (Decoder model = TinyPhi3.Model(TinyPhi3.Config with { EndTokens = [3] }))
            model.Save(_folder, s_none);
        string path = Path.Combine(_folder, "config.json"), text = File.ReadAllText(path);
        Assert.That(text, Does.Contain("\"eos_token_id\": 3"));
        File.WriteAllText(path, text.Replace("\"eos_token_id\": 3", $"\"eos_token_id\": {config}", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), $$"""{ "eos_token_id": {{generation}} }""");
    }

    private Tensor Tied()
    {
        using Decoder model = TinyPhi3.Model(TinyPhi3.Config with { TiedHead = true });
        model.Save(_folder, s_none);
        return model.Head.detach().clone();
    }

    private void Rewrite(Action<Dictionary<string, Tensor>> change)
    {
        string path = Path.Combine(_folder, "model.safetensors");
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(path);
        change(stored);
        SafetensorsWriter.Write(path, stored);
    }
}
