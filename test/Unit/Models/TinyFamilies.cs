using Alignment.Files;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>A small model of every family, with all that sets it apart, and random numbers wherever a fresh model has zeros or ones.</summary>
internal static class TinyFamilies
{
    public const string Long = "phi3, longrope";

    private static readonly DecoderConfig s_base = TinyPhi3.Config with { RotaryTheta = 100, EndTokens = [2] };

    private static readonly Dictionary<string, DecoderConfig> s_configs = new()
    {
        ["phi3"] = s_base,
        // two of four pairs are turned; rows of more than six tokens by other factors
        [Long] = s_base with { RotaryShare = 0.5, RotaryScaling = new LongRopeScaling([1.5, 2], [4, 9], 6, LongRopeScaling.Grown(64, 6)) },
        ["llama"] = Of("llama") with { Shape = Head(10), AttentionBias = true, MlpBias = true },
        ["llama, scaled"] = Of("llama") with { TiedHead = true, RotaryScaling = new Llama3Scaling(4, 1, 4, 16) },
        ["llama, linear"] = Of("llama") with { RotaryScaling = new LinearScaling(3) },
        ["mistral"] = Of("mistral") with { Shape = Head(10), SlidingWindow = 4 },
        ["qwen2"] = Of("qwen2") with { RotaryScaling = new YarnScaling(4, 16, 1.2) { SlowTurns = 0.5, WholeDimensions = false } },
        ["qwen2, window"] = Of("qwen2") with { SlidingWindow = 4, WindowedLayers = [false, true] },
        ["qwen3"] = Of("qwen3") with { Shape = Head(12), TiedHead = true },
        ["smollm3"] = Of("smollm3") with { TurnedLayers = [true, false], PadToken = 3 },
        ["granite"] = Of("granite") with { EmbeddingScale = 3, ResidualScale = 0.5, ScoreMultiplier = 0.2, LogitDivisor = 4 },
        ["olmo2"] = Of("olmo2") with { PadToken = 1 },
        ["olmo2, linear"] = Of("olmo2") with { PadToken = 1, RotaryScaling = new LinearScaling(2) },
        ["olmo3"] = Of("olmo3") with { PadToken = 1, SlidingWindow = 4, WindowedLayers = [true, false], WindowRotaryTheta = 100, RotaryScaling = new YarnScaling(8, 16, 1.3) },
        ["gemma2"] = Of("gemma2") with
        {
            Shape = Head(12),
            TiedHead = true,
            PadToken = 0,
            SlidingWindow = 4,
            WindowedLayers = [true, false],
            QueryScalar = 20,
            ScoreCap = 2,
            LogitCap = 3,
            EmbeddingScale = Math.Sqrt(48),
        },
        ["gemma3_text"] = Of("gemma3_text") with
        {
            Shape = Head(12),
            TiedHead = true,
            PadToken = 0,
            SlidingWindow = 4,
            WindowedLayers = [true, false],
            WindowRotaryTheta = 50,
            RotaryScaling = new LinearScaling(8),
            QueryScalar = 24,
            EmbeddingScale = Math.Sqrt(48),
        },
    };

    /// <summary>Their names, each beginning with a model type.</summary>
    public static IEnumerable<string> Names => s_configs.Keys;

    public static DecoderConfig Config(string name) => s_configs[name];

    public static Decoder Model(string name)
    {
        Decoder model = TinyPhi3.Model(Config(name));
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        foreach ((string parameter, Tensor value) in model.named_parameters().Where(item => item.parameter.dim() == 1))
        {
            var random = new SeededRandom(4, "test/" + parameter);
            value.add_(tensor(Enumerable.Range(0, (int)value.numel()).Select(_ => (float)(0.2 * random.NextNormal())).ToArray()));
        }
        return model;
    }

    private static DecoderConfig Of(string type) => s_base with { Family = DecoderFamily.All.Single(family => family.ModelType == type), NormEpsilon = 1e-6 };

    private static ModelShape Head(long width) => s_base.Shape with { HeadWidth = width };
}
