using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>
/// What a config.json says of rotary positions: transformers 4 in keys of the whole (rope_theta, rope_scaling, and a key for the share of a head that
/// is turned), transformers 5 in the object rope_parameters. Where both stand they must say the same.
/// </summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="Share">Share of each head's dimensions that is turned.</param>
/// <param name="Scaling">How the frequencies are scaled; null where they are not.</param>
internal sealed record RotaryKeys(double Theta, double Share, RotaryScaling? Scaling)
{
    private const string Five = "rope_parameters", FiveTheta = "rope_theta", FiveShare = "partial_rotary_factor", FourScaling = "rope_scaling";

    /// <summary>Reads them from either place.</summary>
    /// <param name="json">The whole config.json.</param>
    /// <param name="four">How transformers 4 names the numbers, and what they are where nothing says.</param>
    /// <param name="scales">Frequencies may be scaled.</param>
    public static RotaryKeys Read(JsonObjectReader json, RotaryNames four, bool scales)
    {
        JsonObjectReader? five = json.OptionalObject(Five);
        if (five?.Members.Any(member => member.Value.ValueKind == JsonValueKind.Object) == true)
            five.Fault("has numbers for each kind of layer, and this model has one kind");
        if (!scales)
            json.OnlyNull(FourScaling);
        JsonObjectReader? older = scales ? json.OptionalObject(FourScaling) : null;
        RotaryScaling? said = older is null ? null : RotaryScaling.Read(older, scales), parameters = five is null ? null : RotaryScaling.Read(five, scales);
        json.Require(older is null || five is null || said == parameters, $"$.{FourScaling} and $.{Five} contradict each other");
        return new(Agreed(json, four.Theta, five, FiveTheta, four.AbsentTheta), Agreed(json, four.Share, five, FiveShare, four.AbsentShare), parameters ?? said);
    }

    private static double Agreed(JsonObjectReader json, string four, JsonObjectReader? five, string name, double absent)
    {
        double older = json.Get(four, JsonKind.Positive, absent);
        double newer = five?.Get(name, JsonKind.Positive, older) ?? older;
        json.Require(newer == older || !json.Has(four), string.Create(CultureInfo.InvariantCulture,
            $"$.{four} is {older} and $.{Five}.{name} is {newer}: they must say the same"));
        return newer;
    }
}

/// <summary>How transformers 4 names the numbers of rotary positions in a family's config.json.</summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="AbsentTheta">Where nothing says.</param>
/// <param name="Share">Share of a head that is turned.</param>
/// <param name="AbsentShare">Where nothing says.</param>
internal sealed record RotaryNames(string Theta, double AbsentTheta, string Share, double AbsentShare);
