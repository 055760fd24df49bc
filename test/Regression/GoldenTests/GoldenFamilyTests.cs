using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>Every decoder family against transformers, from the folder alone: each tensor of expected_logits.safetensors is a test.</summary>
[Category("Golden")]
public class GoldenFamilyTests
{
    private static readonly string[] s_folders = ["phi3-tiny", "llama-tiny", "mistral-tiny", "qwen2-tiny"];

    private static IEnumerable<TestCaseData> Expected()
    {
        using var scope = NewDisposeScope();
        return [.. s_folders.SelectMany(folder => GoldenTensors.Read(folder, "expected_logits.safetensors").Names.Select(name => new TestCaseData(folder, name)))];
    }

    [TestCaseSource(nameof(Expected))]
    public void Logits_are_those_of_the_reference(string folder, string name)
    {
        using var scope = NewDisposeScope();
        string side = name.Split('.').First(part => part is "right" or "left");
        var golden = new GoldenModel(folder);
        Tensor wanted = GoldenTensors.Read(folder, "expected_logits.safetensors")[name];
        GoldenTally tally = new($"{folder}/expected_logits.safetensors, {name}");
        if (name.EndsWith(".position_ids", StringComparison.Ordinal))
            golden.Compare(tally, name, (DecoderPass.Positions(golden.Mask(side)), wanted), side, new(0, 0));
        else
            using (Decoder model = Model(folder, name))
            {
                Tolerance tolerance = model.Head.dtype == ScalarType.BFloat16 ? GoldenTolerances.BFloat16Logits : GoldenTolerances.Logits(folder);
                golden.Compare(tally, name, (golden.Logits(model, side), wanted), side, tolerance);
                if (model.Head.dtype == ScalarType.BFloat16)
                {
                    golden.Compare(tally, name + ", token by token", (GoldenPaths.Cached(model, golden, side), wanted), side, tolerance);
                    golden.Compare(tally, name + ", packed", (GoldenPaths.Packed(model, golden, side), wanted), side, tolerance);
                }
            }
        tally.Finish();
    }

    [TestCaseSource(nameof(s_folders))]
    public void A_saved_folder_holds_the_same_names_and_bits_and_is_read_again(string folder)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Decoder.Load(GoldenSet.File(folder));
        string saved = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"family-{TestContext.CurrentContext.Test.ID}");
        try
        {
            model.Save(saved, new Dictionary<string, byte[]>());
            GoldenTensors before = GoldenTensors.Read(folder, "model.safetensors");
            Dictionary<string, Tensor> after = SafetensorsFile.Read(Path.Combine(saved, "model.safetensors"));
            Assert.That(after.Keys, Is.EquivalentTo(before.Names));
            using Decoder again = Decoder.Load(saved);
            foreach ((string name, Tensor tensor) in again.state_dict())
                Assert.That(tensor.bytes.SequenceEqual(before[name].bytes) && after[name].bytes.SequenceEqual(before[name].bytes), name);
            Assert.That(again.Config with { EndTokens = model.Config.EndTokens }, Is.EqualTo(model.Config));
            Assert.That(again.Config.EndTokens, Is.EqualTo(model.Config.EndTokens));
        }
        finally
        {
            Directory.Delete(saved, recursive: true);
        }
    }

    [Test]
    public void Generation_ends_by_generation_config_json() => Assert.That(DecoderConfig.ReadFolder(GoldenSet.File("phi3-tiny")).EndTokens,
        Is.EqualTo(GoldenSet.Document("phi3-tiny", "generation_config.json")["eos_token_id"].Ids));

    private static Decoder Model(string folder, string name) => string.Join('.', name.Split('.').Where(part => part is not ("right" or "left"))) switch
    {
        "logits" => Decoder.Load(GoldenSet.File(folder)),
        "bf16weights.logits" => GoldenPhi3.Load(weights: "phi3-tiny-bf16"),
        "bf16compute.logits" => Decoder.Load(GoldenSet.File("phi3-tiny-bf16"), Placement.Of(Precision.BFloat16, CPU)),
        "window.logits_keys_sw" => GoldenPhi3.Load("config.window.json", WindowReading.ItselfIncluded),
        "window.logits_keys_sw_plus_1" => GoldenPhi3.Load("config.window.json", WindowReading.ItselfExtra),
        _ => throw new NotSupportedException($"{folder}/expected_logits.safetensors has {name}, which no test here computes"),
    };
}
