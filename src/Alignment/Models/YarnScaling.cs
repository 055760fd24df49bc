using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// YaRN (Peng et al. 2023, arXiv 2309.00071): dimensions that turn often within the positions of the first training keep their frequency, those that
/// turn seldom are divided by a factor, and a ramp lies between; cosines and sines grow by an amplitude.
/// </summary>
/// <param name="Factor">What slow frequencies are divided by; &gt; 0.</param>
/// <param name="OriginalPositions">Positions of the first training.</param>
/// <param name="Amplitude">What cosines and sines are multiplied by.</param>
internal sealed record YarnScaling(double Factor, long OriginalPositions, double Amplitude) : IRotaryScaling
{
    public const string Kind = "yarn";

    /// <summary>Dimensions that turn more often keep their frequency.</summary>
    public double FastTurns { get; init; } = 32;

    /// <summary>Dimensions that turn less often are divided by the whole factor.</summary>
    public double SlowTurns { get; init; } = 1;

    /// <summary>The ramp begins and ends at whole dimensions.</summary>
    public bool WholeDimensions { get; init; } = true;

    /// <summary>Reads it.</summary>
    /// <param name="json">The object.</param>
    /// <param name="positions">OriginalPositions where the object is silent.</param>
    public static YarnScaling Read(JsonObjectReader json, long positions)
    {
        double factor = json.Get("factor", JsonKind.Positive);
        double? scale = json.Has("mscale") ? json.Get("mscale", JsonKind.Positive) : null, all = json.Has("mscale_all_dim") ? json.Get("mscale_all_dim", JsonKind.Positive) : null;
        double amplitude = scale is { } own && all is { } whole ? Grown(factor, own) / Grown(factor, whole) : Grown(factor, 1);
        return new(factor, json.Get(RotaryKeys.FirstPositions, JsonKind.Size, positions), json.Get("attention_factor", JsonKind.Positive, amplitude))
        {
            FastTurns = json.Get("beta_fast", JsonKind.Positive, 32),
            SlowTurns = json.Get("beta_slow", JsonKind.Positive, 1),
            WholeDimensions = json.Get("truncate", JsonKind.Truth, true),
        };
    }

    public Dictionary<string, object> ToJson(long positions)
    {
        var json = new Dictionary<string, object>
        {
            [RotaryScaling.Type] = Kind,
            ["factor"] = RotaryScaling.Float(Factor),
            [RotaryKeys.FirstPositions] = OriginalPositions,
            ["attention_factor"] = RotaryScaling.Float(Amplitude),
            ["beta_fast"] = RotaryScaling.Float(FastTurns),
            ["beta_slow"] = RotaryScaling.Float(SlowTurns),
        };
        if (!WholeDimensions)
            json["truncate"] = false;
        return json;
    }

    public Tensor Frequencies(RotarySettings rotary, bool longer)
    {
        using var scope = NewDisposeScope();
        Tensor wavelengths = rotary.Powers();
        Tensor kept = 1.0 / wavelengths, divided = 1.0 / (wavelengths * Factor);
        (double first, double last) = (Dimension(rotary, FastTurns), Dimension(rotary, SlowTurns));
        if (WholeDimensions)
            (first, last) = (Math.Floor(first), Math.Ceiling(last));
        (first, last) = (Math.Max(first, 0), Math.Min(last, rotary.Width - 1));
        if (first == last)
            last += 0.001; // no division by zero
        Tensor share = 1 - ((arange(rotary.Width / 2, ScalarType.Float32) - first) / (last - first)).clamp(0, 1); // of the kept frequency
        return (divided * (1 - share) + kept * share).MoveToOuterDisposeScope();
    }

    // the dimension whose frequency turns so often within the first positions
    private double Dimension(RotarySettings rotary, double turns) =>
        rotary.Width * Math.Log(OriginalPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(rotary.Theta));

    private static double Grown(double factor, double scale) => factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;
}
