using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>
/// What a config.json says of rotary positions: transformers 4 in keys of the whole (rope_theta, rope_scaling, and a key for the share of a head that
/// is turned), transformers 5 in the object rope_parameters, which may hold one object for each kind of layer. Where both stand they must say the same.
/// </summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="Share">Share of each head's dimensions that is turned.</param>
/// <param name="Scaling">How the frequencies are scaled; null where they are not.</param>
internal sealed record RotaryKeys(double Theta, double Share, IRotaryScaling? Scaling)
{
    public const string FiveTheta = "rope_theta", FiveShare = "partial_rotary_factor", FirstPositions = "original_max_position_embeddings";
    private const string Five = "rope_parameters", FourScaling = "rope_scaling", Full = "full_attention", Windowed = "sliding_attention";

    /// <summary>Base of the frequencies of windowed layers, which are not scaled; null where those are turned as the others.</summary>
    public double? WindowTheta { get; init; }

    /// <summary>Reads them from either place.</summary>
    /// <param name="json">The whole config.json.</param>
    /// <param name="four">How transformers 4 names the numbers, and what they are where nothing says.</param>
    /// <param name="support">What the model computes.</param>
    public static RotaryKeys Read(JsonObjectReader json, RotaryNames four, RotarySupport support)
    {
        (JsonObjectReader? five, JsonObjectReader? windows) = Parts(json, four);
        double share = Agreed(json, four.Share, five, FiveShare, four.AbsentShare), theta = Agreed(json, four.Theta, five, FiveTheta, four.AbsentTheta);
        if (!support.Scaled)
            json.OnlyNull(FourScaling);
        RotarySupport known = support with { Share = share, FirstPositions = support.LongRope && json.Has(FirstPositions) ? json.Get(FirstPositions, JsonKind.Size) : null };
        IRotaryScaling? said = support.Scaled && json.OptionalObject(FourScaling) is { } older ? RotaryScaling.Read(older, known) : null;
        IRotaryScaling? parameters = five is null ? null : RotaryScaling.Read(five, known);
        json.Require(!json.Has(FourScaling) || !support.Scaled || five is null || Equals(said, parameters), $"$.{FourScaling} and $.{Five} contradict each other");
        return new(theta, share, parameters ?? said) { WindowTheta = ReadWindows(json, four, windows, theta) };
    }

    // rope_parameters of the layers without a window, or of all, and of those with one
    private static (JsonObjectReader? Five, JsonObjectReader? Windows) Parts(JsonObjectReader json, RotaryNames four)
    {
        JsonObjectReader? five = json.OptionalObject(Five);
        if (five?.Members.Any(member => member.Value.ValueKind == JsonValueKind.Object) != true)
            return (five, null);
        if (four.PlainWindows)
            return (five.OptionalObject(Full), five.OptionalObject(Windowed));
        five.Fault("has numbers for each kind of layer, and this model has one kind");
        return (null, null);
    }

    private static double? ReadWindows(JsonObjectReader json, RotaryNames four, JsonObjectReader? five, double theta)
    {
        if (!four.PlainWindows)
            return null;
        if (five != null)
            RotaryScaling.Read(five, new(Scaled: false, LongRope: false, 0, 0));
        if (four.WindowTheta is { } name)
            return Agreed(json, name, five, FiveTheta, four.AbsentWindowTheta);
        json.Require(five is null || five.Get(FiveTheta, JsonKind.Positive, theta) == theta, $"$.{Five} must have one {FiveTheta} for all layers");
        return theta;
    }

    private static double Agreed(JsonObjectReader json, string four, JsonObjectReader? five, string name, double absent)
    {
        double older = json.Get(four, JsonKind.Positive, absent);
        double newer = five?.Get(name, JsonKind.Positive, older) ?? older;
        json.Require(newer == older || !json.Has(four), string.Create(CultureInfo.InvariantCulture,
            $"$.{four} is {older} and {five?.Place}.{name} is {newer}: they must say the same"));
        return newer;
    }
}

/// <summary>How transformers 4 names the numbers of rotary positions in a family's config.json.</summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="AbsentTheta">Where nothing says.</param>
/// <param name="Share">Share of a head that is turned.</param>
/// <param name="AbsentShare">Where nothing says.</param>
internal sealed record RotaryNames(string Theta, double AbsentTheta, string Share, double AbsentShare)
{
    /// <summary>Layers with a window are not scaled.</summary>
    public bool PlainWindows { get; init; }

    /// <summary>Base of the frequencies of layers with a window; null where it is the one of all.</summary>
    public string? WindowTheta { get; init; }

    /// <summary>Where nothing says.</summary>
    public double AbsentWindowTheta { get; init; }
}
