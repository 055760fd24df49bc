using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>Every decoder family against transformers, from the folder alone.</summary>
[Category("Golden")]
public class GoldenFamilyTests
{
    [TestCase("phi3-tiny", "right", 1e-4)]
    [TestCase("phi3-tiny", "left", 1e-4)]
    [TestCase("llama-tiny", "right", 1e-4)]
    [TestCase("llama-tiny", "left", 1e-4)]
    [TestCase("mistral-tiny", "right", 1e-4)]
    [TestCase("mistral-tiny", "left", 1e-4)]
    [TestCase("qwen2-tiny", "right", 2e-4)]
    [TestCase("qwen2-tiny", "left", 2e-4)]
    public void Logits_are_those_of_the_reference(string folder, string side, double tolerance)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using Decoder model = Decoder.Load(GoldenSet.File(folder));
        Dictionary<string, Tensor> inputs = GoldenTensors.Read(folder, "inputs.safetensors");
        Tensor mask = inputs[side + ".attention_mask"], wanted = GoldenTensors.Read(folder, "expected_logits.safetensors")[side + ".logits"];
        Tensor logits = nn.functional.linear(model.HiddenStates(inputs[side + ".input_ids"], mask), model.Head);
        double error = where(mask.ne(0).unsqueeze(-1), (logits - wanted).abs(), zeros_like(wanted)).max().item<float>();
        TestContext.Out.WriteLine(FormattableString.Invariant($"{folder} {side}: largest difference {error:E1}"));
        Assert.That(error, Is.LessThanOrEqualTo(tolerance));
    }

    [TestCase("phi3-tiny")]
    [TestCase("llama-tiny")]
    [TestCase("mistral-tiny")]
    [TestCase("qwen2-tiny")]
    public void A_saved_folder_holds_the_same_names_and_bits_and_is_read_again(string folder)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Decoder.Load(GoldenSet.File(folder));
        string saved = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"family-{TestContext.CurrentContext.Test.ID}");
        try
        {
            model.Save(saved, new Dictionary<string, byte[]>());
            Dictionary<string, Tensor> before = GoldenTensors.Read(folder, "model.safetensors");
            Dictionary<string, Tensor> after = SafetensorsFile.Read(Path.Combine(saved, "model.safetensors"));
            Assert.That(after.Keys, Is.EquivalentTo(before.Keys));
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
    public void Generation_ends_by_generation_config_json() =>
        Assert.That(DecoderConfig.ReadFolder(GoldenSet.File("phi3-tiny")).EndTokens, Is.EqualTo(new[] { 300, 307, 301 }));
}
