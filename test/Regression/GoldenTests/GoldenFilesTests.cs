using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>Every file of the golden set is read by a test.</summary>
[Category("Golden")]
public class GoldenFilesTests
{
    private static readonly string[] s_model = ["config.json", "model.safetensors", "inputs.safetensors", "expected_logits.safetensors"];

    // file → the fixture that reads it
    private static readonly Dictionary<string, string> s_readers = new()
    {
        ["dpo-trajectory.json"] = nameof(GoldenTrajectoryTests),
        ["dpo-trajectory.final.safetensors"] = nameof(GoldenTrajectoryTests),
        ["logps.json"] = nameof(GoldenLogProbsTests),
        ["logps.safetensors"] = nameof(GoldenLogProbsTests),
        ["losses.json"] = nameof(GoldenObjectiveTests),
        ["metrics.json"] = nameof(GoldenMetricsTests),
        ["optim.json"] = nameof(GoldenOptimiserTests),
        ["sampling.json"] = nameof(GoldenSamplingTests),
        ["sampling-bf16.json"] = nameof(GoldenNarrowSamplingTests),
        ["phi3-tiny/config.window.json"] = nameof(GoldenFamilyTests),
        ["phi3-tiny/expected.json"] = nameof(GoldenGenerationTests),
        ["phi3-tiny/expected_grads.safetensors"] = nameof(GoldenPhi3Tests),
        ["phi3-tiny/generation_config.json"] = nameof(GoldenFamilyTests),
        ["phi3-tiny-bf16/config.json"] = nameof(GoldenHubCheckpointTests),
        ["phi3-tiny-bf16/model.safetensors"] = nameof(GoldenHubCheckpointTests),
        ["phi3-tiny-sharded/config.json"] = nameof(GoldenHubCheckpointTests),
        ["phi3-tiny-sharded/model.safetensors.index.json"] = nameof(GoldenHubCheckpointTests),
        ["gptneox-rm-tiny/config.json"] = nameof(GoldenNeoXTests),
        ["gptneox-rm-tiny/config.sequential.json"] = nameof(GoldenNeoXTests),
        ["gptneox-rm-tiny/expected.json"] = nameof(GoldenNeoXTests),
        ["gptneox-rm-tiny/expected_hidden.safetensors"] = nameof(GoldenNeoXTests),
        ["gptneox-rm-tiny/inputs.safetensors"] = nameof(GoldenNeoXTests),
        ["gptneox-rm-tiny/model.safetensors"] = nameof(GoldenNeoXTests),
        ["gptneox-rm-tiny/pytorch_model.fp16.bin"] = "GoldenTorchArchiveTests",
        ["tokenizers/sentencepiece/tokenizer.model"] = nameof(GoldenTokenizerTests),
        ["tokenizers/sentencepiece/tokenizer.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/sentencepiece/expected.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/bytelevel-gpt2/vocab.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/bytelevel-gpt2/merges.txt"] = nameof(GoldenTokenizerTests),
        ["tokenizers/bytelevel-gpt2/tokenizer.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/bytelevel-gpt2/expected.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/bytelevel-neox/tokenizer.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/bytelevel-neox/expected.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/chat-phi3.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/real/chat-phi3.expected.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/real/llama2-phi3.expected.json"] = nameof(GoldenTokenizerTests),
        ["tokenizers/real/neox20b.expected.json"] = nameof(GoldenTokenizerTests),
    };

    // nothing in them but where the numbers come from
    private static readonly string[] s_notes = ["README.md", "llama-tiny/expected.json", "mistral-tiny/expected.json", "qwen2-tiny/expected.json"];

    [Test]
    public void No_file_of_the_golden_set_is_left_unread()
    {
        foreach (string family in new[] { "phi3-tiny", "llama-tiny", "mistral-tiny", "qwen2-tiny" })
            foreach (string file in s_model)
                s_readers.TryAdd($"{family}/{file}", nameof(GoldenFamilyTests));
        string[] files = [.. Directory.EnumerateFiles(GoldenSet.Root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(GoldenSet.Root, path).Replace('\\', '/')).Except(s_notes).Order(StringComparer.Ordinal)];
        foreach (string shard in files.Where(file => file.StartsWith("phi3-tiny-sharded/model-", StringComparison.Ordinal)))
            s_readers.TryAdd(shard, nameof(GoldenHubCheckpointTests));
        TestContext.Out.WriteLine($"{files.Length} golden files and {s_notes.Length} notes in {GoldenSet.Root}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(files.Except(s_readers.Keys), Is.Empty, "no test reads these");
            Assert.That(s_readers.Keys.Except(files).Except(GoldenSet.Optional), Is.Empty, "these are missing");
            foreach (string file in files.Intersect(s_readers.Keys))
                Assert.That(Names(s_readers[file], file), $"{s_readers[file]} is no golden fixture or does not name {file}");
        }
    }

    // by the file's own name, or by its folder's where the whole folder is loaded
    private static bool Names(string fixture, string file, [CallerFilePath] string here = "")
    {
        string source = Path.Combine(Path.GetDirectoryName(here)!, fixture + ".cs");
        Type? type = typeof(GoldenFilesTests).Assembly.GetType($"{typeof(GoldenFilesTests).Namespace}.{fixture}");
        return type != null && type.GetCustomAttributes(typeof(CategoryAttribute), true).Cast<CategoryAttribute>().Any(category => category.Name == "Golden")
            && file.Split('/').Any(part => File.ReadAllText(source).Contains(part, StringComparison.Ordinal));
    }
}
