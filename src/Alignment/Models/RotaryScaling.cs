using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>How rotary frequencies are changed so that positions reach further than those of the first training.</summary>
internal interface IRotaryScaling
{
    /// <summary>What cosines and sines are multiplied by.</summary>
    double Amplitude => 1;

    /// <summary>Sequences of more positions have frequencies of their own; null where all have the same.</summary>
    long? ShortPositions => null;

    /// <summary>[width / 2] radians per position, in float32 and in transformers' order of operations.</summary>
    /// <param name="rotary">What is scaled.</param>
    /// <param name="longer">For sequences of more than <see cref="ShortPositions"/>.</param>
    Tensor Frequencies(RotarySettings rotary, bool longer);

    /// <summary>The object rope_scaling.</summary>
    /// <param name="positions">max_position_embeddings.</param>
    Dictionary<string, object> ToJson(long positions);
}

/// <summary>The scalings by their names in config.json.</summary>
internal static class RotaryScaling
{
    public const string Type = "rope_type", OlderType = "type";
    private const string None = "default";

    // those of longrope under the names of its first files
    private static readonly string[] s_long = [None, LongRopeScaling.Kind, "su", "yarn"], s_whole = [None, LinearScaling.Kind, Llama3Scaling.Kind, YarnScaling.Kind];

    /// <summary>A number that transformers takes only with a decimal point.</summary>
    public static object Float(double number) => number % 1 == 0 && Math.Abs(number) < 1e15 ? (decimal)number + 0.0m : number;

    /// <summary>Reads the object rope_scaling, or rope_parameters of transformers 5; null where it says that nothing is scaled.</summary>
    /// <param name="json">The object.</param>
    /// <param name="support">What the model computes, and the positions it has.</param>
    public static IRotaryScaling? Read(JsonObjectReader json, RotarySupport support)
    {
        string[] known = !support.Scaled ? [None] : support.LongRope ? s_long : s_whole;
        string type = json.Get(json.Has(Type) ? Type : OlderType, JsonKind.OneOf($"one of {string.Join(", ", known)}", known), None);
        if (!known.Contains(type))
            return null;
        string older = json.Get(OlderType, JsonKind.Text, type); // by which longrope went under other names
        json.Require(older == type || support.LongRope, $"{json.Place}.{Type} is {type} and {json.Place}.{OlderType} is {older}: they must say the same");
        IRotaryScaling? scaling = type == None ? null
            : support.LongRope ? LongRopeScaling.Read(json, support)
            : type == LinearScaling.Kind ? LinearScaling.Read(json)
            : type == Llama3Scaling.Kind ? Llama3Scaling.Read(json)
            : YarnScaling.Read(json, support.Positions);
        _ = (json.Has(Type), json.Has(OlderType), json.Has(RotaryKeys.FiveTheta), json.Has(RotaryKeys.FiveShare), json.Has(RotaryKeys.FirstPositions));
        foreach (string key in json.Unasked.Where(key => key != "finetuned")) // which tells of the training
            json.Require(false, $"{json.Place}.{key} is not a known key of positions of type {type}");
        return scaling;
    }
}

/// <summary>What a model computes of rotary positions.</summary>
/// <param name="Scaled">Frequencies may be scaled.</param>
/// <param name="LongRope">By longrope alone.</param>
/// <param name="Positions">max_position_embeddings.</param>
/// <param name="HeadWidth">Width of a head.</param>
internal sealed record RotarySupport(bool Scaled, bool LongRope, long Positions, long HeadWidth)
{
    /// <summary>original_max_position_embeddings where config.json has it outside the object; null where not.</summary>
    public long? FirstPositions { get; init; }

    /// <summary>Share of a head that is turned.</summary>
    public double Share { get; init; } = 1;
}

/// <summary>Frequencies divided by a factor: positions lie closer (Chen et al. 2023, arXiv 2306.15595).</summary>
/// <param name="Factor">&gt; 0.</param>
internal sealed record LinearScaling(double Factor) : IRotaryScaling
{
    public const string Kind = "linear";

    public static LinearScaling Read(JsonObjectReader json) => new(json.Get("factor", JsonKind.Positive));

    public Tensor Frequencies(RotarySettings rotary, bool longer)
    {
        using var scope = NewDisposeScope();
        return (rotary.Unscaled() / Factor).MoveToOuterDisposeScope();
    }

    public Dictionary<string, object> ToJson(long positions) => new() { [RotaryScaling.Type] = Kind, ["factor"] = RotaryScaling.Float(Factor) };
}

/// <summary>
/// Llama 3.1's scaled rotary frequencies (Grattafiori et al. 2024, arXiv 2407.21783): those whose wavelength passes the positions of the first training
/// are divided by a factor, short ones stay, and those between are blended.
/// </summary>
/// <param name="Factor">What long wavelengths grow by; &gt; 0.</param>
/// <param name="LowFrequencyFactor">Wavelengths above OriginalPositions / this are long; &gt; 0.</param>
/// <param name="HighFrequencyFactor">Wavelengths below OriginalPositions / this are short; above <paramref name="LowFrequencyFactor"/>.</param>
/// <param name="OriginalPositions">Positions of the first training.</param>
internal sealed record Llama3Scaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, long OriginalPositions) : IRotaryScaling
{
    public const string Kind = "llama3";

    public static Llama3Scaling Read(JsonObjectReader json)
    {
        var scaling = new Llama3Scaling(json.Get("factor", JsonKind.Positive), json.Get("low_freq_factor", JsonKind.Positive),
            json.Get("high_freq_factor", JsonKind.Positive), json.Get(RotaryKeys.FirstPositions, JsonKind.Size));
        json.Require(scaling.HighFrequencyFactor >= scaling.LowFrequencyFactor, FormattableString.Invariant(
            $"{json.Place}.high_freq_factor must be at least low_freq_factor, was {scaling.HighFrequencyFactor} with {scaling.LowFrequencyFactor}"));
        return scaling;
    }

    public Dictionary<string, object> ToJson(long positions) => new()
    {
        [RotaryScaling.Type] = Kind,
        ["factor"] = RotaryScaling.Float(Factor),
        ["low_freq_factor"] = RotaryScaling.Float(LowFrequencyFactor),
        ["high_freq_factor"] = RotaryScaling.Float(HighFrequencyFactor),
        [RotaryKeys.FirstPositions] = OriginalPositions,
    };

    public Tensor Frequencies(RotarySettings rotary, bool longer)
    {
        using var scope = NewDisposeScope();
        Tensor frequencies = rotary.Unscaled();
        Tensor wavelengths = 2 * Math.PI / frequencies;
        double longest = OriginalPositions / LowFrequencyFactor, shortest = OriginalPositions / HighFrequencyFactor;
        Tensor divided = where(wavelengths.gt(longest), frequencies / Factor, frequencies);
        Tensor share = (OriginalPositions / wavelengths - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        Tensor blended = (1 - share) * divided / Factor + share * divided;
        Tensor between = wavelengths.lt(shortest).logical_not().logical_and(wavelengths.gt(longest).logical_not());
        return where(between, blended, divided).MoveToOuterDisposeScope();
    }
}
