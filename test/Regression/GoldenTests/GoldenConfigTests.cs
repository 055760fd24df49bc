using System.Text.Json.Nodes;
using Alignment.Models;
using Alignment.Models.NeoX;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>Every key of the golden configurations is read by the library, or changes no number: one that is read is refused where it is of a kind that it cannot be.</summary>
[Category("Golden")]
public class GoldenConfigTests
{
    // what a run does not compute with: dropout is none here, and the rest tells how files were made and how they are kept in memory
    private static readonly string[] s_decoration =
    [
        "architectures", "attention_dropout", "embd_pdrop", "resid_pdrop", "hidden_dropout", "classifier_dropout", "torch_dtype", "dtype", "transformers_version", "use_cache",
        "pretraining_tp", "original_max_position_embeddings", "max_window_layers", "_from_model_config", "_name_or_path", "tokenizer_class",
    ];

    private static IEnumerable<string> Files => Directory.EnumerateFiles(GoldenSet.Root, "config*.json", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(GoldenSet.Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Files))]
    public void A_key_is_read_or_known_to_change_nothing(string file)
    {
        JsonObject json = Json(file);
        string[] keys = [.. json.Select(member => member.Key)];
        // a reward model writes no text, and Qwen2's window is off unless it is turned on
        string[] unused = IsReward(file) ? ["bos_token_id", "eos_token_id", "tie_word_embeddings"] : json["use_sliding_window"] is { } window && !window.GetValue<bool>() ? ["sliding_window"] : [];
        string[] passedOver = [.. keys.Except(s_decoration).Except(unused).Where(key => !IsRead(file, key))];
        TestContext.Out.WriteLine($"{file}: {keys.Length} keys");
        Assert.That(passedOver, Is.Empty);
    }

    private static bool IsReward(string file) => file.StartsWith("gptneox", StringComparison.Ordinal);

    private static bool IsRead(string file, string key)
    {
        JsonObject json = Json(file);
        json[key] = new JsonObject { ["nothing"] = "of this kind" };
        string changed = Path.Combine(Directory.CreateTempSubdirectory("golden-config").FullName, "config.json");
        File.WriteAllText(changed, json.ToJsonString());
        try
        {
            _ = IsReward(file) ? (object)NeoXConfig.Read(changed) : DecoderConfig.Read(changed);
            return false;
        }
        catch (InvalidDataException e)
        {
            return e.Message.Contains(key, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(changed)!, recursive: true);
        }
    }

    private static JsonObject Json(string file) => JsonNode.Parse(File.ReadAllBytes(GoldenSet.File(file.Split('/'))))!.AsObject();
}
