using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// The pre-tokenizers of Qwen2 and Llama-3 against Hugging Face tokenizers: GPT-NeoX's golden vocabulary under their tokenizer.json's steps, on the golden
/// texts, texts made for the expression's corners and 400 seeded mixtures of difficult characters.
/// </summary>
public class TiktokenTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tiktoken").FullName;

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("qwen2", TiktokenSplit.Qwen2Pattern, "NFC", false)]
    [TestCase("llama3", TiktokenSplit.Llama3Pattern, null, true)]
    public void Texts_encode_as_Hugging_Face_tokenizers(string family, string pattern, string? normalizer, bool ignoresMerges)
    {
        var tokenizer = (ByteLevelBpe)TokenizerFolder.OpenJson(Write(family, pattern, normalizer, ignoresMerges));
        GoldenTally rows = new($"tokenizers/{family}");
        foreach (JsonElement row in Expected().GetProperty("rows").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            rows.Begin(text);
            rows.Same("ids", tokenizer.EncodeToIds(text), row.GetProperty(family).EnumerateArray().Select(id => id.GetInt32()));
        }

        rows.Finish();
    }

    [Test]
    public void An_expression_that_NET_would_not_run_exactly_is_refused() =>
        Assert.That(() => TokenizerFolder.OpenJson(Write("other", @"\w+", null, false)), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{Path.Combine(_folder, "other.json")}: pre_tokenizer has the expression \\w+: \\w is not read"));

    private string Write(string name, string pattern, string? normalizer, bool ignoresMerges)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllBytes(Beside("../Golden/tokenizers/bytelevel-neox/tokenizer.json")))!;
        json["normalizer"] = normalizer is null ? null : new JsonObject { ["type"] = normalizer };
        json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false }),
        };
        json["model"]!["ignore_merges"] = ignoresMerges;
        string path = Path.Combine(_folder, name + ".json");
        File.WriteAllText(path, json.ToJsonString());
        return path;
    }

    private static JsonElement Expected() => JsonDocument.Parse(File.ReadAllBytes(Beside("tiktoken.expected.json"))).RootElement;

    private static string Beside(string file, [CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, file);
}
