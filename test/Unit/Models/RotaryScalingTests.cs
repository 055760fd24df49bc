using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>Llama 3.2's frequencies (theta 500,000, head width 64), computed in float64 by the definition.</summary>
public class RotaryScalingTests
{
    private static readonly Llama3Scaling s_llama32 = new(Factor: 32, LowFrequencyFactor: 1, HighFrequencyFactor: 4, OriginalPositions: 8192);

    [TestCase(0, 1.0, 1.0, TestName = "the shortest wavelength stays")]
    [TestCase(28, 3.2114459947525913e-3, 3.2114459947525913e-3, TestName = "1956 positions, below 8192 / 4, stay")]
    [TestCase(30, 2.1311195369119653e-3, 1.290547928209264e-3, TestName = "2948 positions are blended")]
    [TestCase(34, 9.384738703573801e-4, 9.70828780262767e-5, TestName = "6695 positions are blended")]
    [TestCase(36, 6.22772421914596e-4, 1.9461638184831125e-5, TestName = "10089 positions, above 8192, are divided by the factor")]
    [TestCase(62, 3.0138581521391708e-6, 9.418306725434909e-8, TestName = "the longest wavelength is divided by the factor")]
    public void A_frequency_is_scaled_by_its_wavelength(int element, double frequency, double scaled)
    {
        using var scope = NewDisposeScope();
        var rotary = new RotarySettings(64, 500_000, s_llama32);
        Assert.That(rotary.Unscaled()[element / 2].item<float>(), Is.EqualTo(frequency).Within(1e-4).Percent);
        Assert.That(rotary.Frequencies()[element / 2].item<float>(), Is.EqualTo(scaled).Within(1e-3).Percent);
    }

    [Test]
    public void A_written_configuration_is_read_back_with_its_scaling()
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "scaled-config.json");
        DecoderConfig config = TinyPhi3.Config with { Family = DecoderFamily.Llama, RotaryScaling = s_llama32, SlidingWindow = null };
        File.WriteAllText(path, config.ToJson());
        Assert.That(DecoderConfig.Read(path).RotaryScaling, Is.EqualTo(s_llama32));
        File.Delete(path);
    }

    // what the classes of transformers 4.57 and 5.2 take without a complaint: a decimal point, and the type under this name
    [TestCase("gemma3_text", "{\"rope_type\":\"linear\",\"factor\":8.0}")]
    [TestCase("olmo2, linear", "{\"type\":\"linear\",\"factor\":2.0}")]
    [TestCase(TinyFamilies.Long, "{\"type\":\"longrope\",\"short_factor\":[1.5,2],\"long_factor\":[4,9]}")]
    [TestCase("llama, scaled", "{\"rope_type\":\"llama3\",\"factor\":4.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,\"original_max_position_embeddings\":16}")]
    public void A_scaling_is_written_as_transformers_takes_it(string name, string json)
    {
        using var config = System.Text.Json.JsonDocument.Parse(TinyFamilies.Config(name).ToJson());
        Assert.That(System.Text.Json.JsonSerializer.Serialize(config.RootElement.GetProperty("rope_scaling")), Is.EqualTo(json));
    }

    [Test]
    public void A_model_turns_by_the_scaled_angles()
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        DecoderConfig config = TinyPhi3.Config with { Family = DecoderFamily.Llama, SlidingWindow = null };
        using Decoder plain = Decoder.Initialised(config, 1), same = Decoder.Initialised(config with { RotaryScaling = s_llama32 with { Factor = 1 } }, 1),
            scaled = Decoder.Initialised(config with { RotaryScaling = s_llama32 with { OriginalPositions = 8 } }, 1);
        Tensor tokens = arange(12, ScalarType.Int64).unsqueeze(0), expected = plain.forward(tokens);
        Assert.That((same.forward(tokens) - expected).abs().max().item<float>(), Is.LessThan(1e-6), "a factor of 1 changes nothing");
        Assert.That((scaled.forward(tokens) - expected).abs().max().item<float>(), Is.GreaterThan(1e-5));
    }
}
