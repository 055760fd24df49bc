using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// Llama 3.1's scaled rotary frequencies (Grattafiori et al. 2024, arXiv 2407.21783; transformers' rope_type "llama3"): those whose wavelength passes the
/// positions of the first training are divided by a factor, short ones stay, and those between are blended.
/// </summary>
/// <param name="Factor">What long wavelengths grow by; &gt; 0.</param>
/// <param name="LowFrequencyFactor">Wavelengths above OriginalPositions / this are long; &gt; 0.</param>
/// <param name="HighFrequencyFactor">Wavelengths below OriginalPositions / this are short; above <paramref name="LowFrequencyFactor"/>.</param>
/// <param name="OriginalPositions">Positions of the first training.</param>
internal sealed record RotaryScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, long OriginalPositions)
{
    private const string Kind = "llama3", None = "default", Type = "rope_type";

    /// <summary>Reads the object rope_scaling, or rope_parameters of transformers 5; null where it says that nothing is scaled.</summary>
    /// <param name="json">The object.</param>
    /// <param name="scales">Frequencies may be scaled.</param>
    internal static RotaryScaling? Read(JsonObjectReader json, bool scales)
    {
        string[] known = scales ? [None, Kind] : [None];
        // older files say "type"
        string type = json.Get(json.Has(Type) ? Type : "type", JsonKind.OneOf($"one of {string.Join(", ", known)}", known), None);
        if (type == None)
            return null;
        var scaling = new RotaryScaling(json.Get("factor", JsonKind.Positive), json.Get("low_freq_factor", JsonKind.Positive),
            json.Get("high_freq_factor", JsonKind.Positive), json.Get("original_max_position_embeddings", JsonKind.Size));
        json.Require(scaling.HighFrequencyFactor >= scaling.LowFrequencyFactor, FormattableString.Invariant(
            $"{json.Place}.high_freq_factor must be at least low_freq_factor, was {scaling.HighFrequencyFactor} with {scaling.LowFrequencyFactor}"));
        return scaling;
    }

    /// <summary>The object rope_scaling.</summary>
    internal Dictionary<string, object> ToJson() => new()
    {
        ["rope_type"] = Kind,
        ["factor"] = Factor,
        ["low_freq_factor"] = LowFrequencyFactor,
        ["high_freq_factor"] = HighFrequencyFactor,
        ["original_max_position_embeddings"] = OriginalPositions,
    };

    /// <summary>[headWidth / 2] frequencies, radians per position → the scaled ones, in float32 and in transformers' order of operations.</summary>
    public Tensor Apply(Tensor frequencies)
    {
        using var scope = NewDisposeScope();
        Tensor wavelengths = 2 * Math.PI / frequencies;
        double longest = OriginalPositions / LowFrequencyFactor, shortest = OriginalPositions / HighFrequencyFactor;
        Tensor divided = where(wavelengths.gt(longest), frequencies / Factor, frequencies);
        Tensor share = (OriginalPositions / wavelengths - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        Tensor blended = (1 - share) * divided / Factor + share * divided;
        Tensor between = wavelengths.lt(shortest).logical_not().logical_and(wavelengths.gt(longest).logical_not());
        return where(between, blended, divided).MoveToOuterDisposeScope();
    }
}
