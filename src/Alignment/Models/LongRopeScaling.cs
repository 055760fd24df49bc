using System.Text.Json;
using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>
/// LongRoPE (Ding et al. 2024, arXiv 2402.13753): a divisor for each frequency, one list for sequences within the positions of the first training and
/// one for longer ones; cosines and sines grow by an amplitude in both. The choice is made for each sequence by its own length, so that what a sequence
/// gets does not depend on its company: transformers makes it once for a whole batch, by its longest row.
/// </summary>
/// <param name="ShortFactors">[width / 2].</param>
/// <param name="LongFactors">[width / 2].</param>
/// <param name="OriginalPositions">Positions of the first training.</param>
/// <param name="Amplitude">What cosines and sines are multiplied by.</param>
internal sealed record LongRopeScaling(ValueList<double> ShortFactors, ValueList<double> LongFactors, long OriginalPositions, double Amplitude) : IRotaryScaling
{
    public const string Kind = "longrope";

    private static readonly JsonKind<double[]> s_factors = new("a list of positive numbers", [], static (JsonElement value, out double[] read) =>
    {
        bool allowed = value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double number) && number > 0 && double.IsFinite(number));
        read = allowed ? [.. value.EnumerateArray().Select(item => item.GetDouble())] : [];
        return allowed;
    });

    public long? ShortPositions => OriginalPositions;

    /// <summary>Reads it.</summary>
    /// <param name="json">The object.</param>
    /// <param name="support">What else config.json says.</param>
    public static LongRopeScaling Read(JsonObjectReader json, RotarySupport support)
    {
        long first = json.Get(RotaryKeys.FirstPositions, JsonKind.Size, support.FirstPositions ?? 4096), half = (long)(support.HeadWidth * support.Share) / 2;
        json.Require(support.FirstPositions is null || first == support.FirstPositions,
            $"{json.Place}.{RotaryKeys.FirstPositions} is {first} and $.{RotaryKeys.FirstPositions} is {support.FirstPositions}: they must say the same");
        double ratio = (double)support.Positions / first, factor = json.Get("factor", JsonKind.Positive, ratio);
        json.Require(factor == ratio, FormattableString.Invariant($"{json.Place}.factor must be $.max_position_embeddings / $.{RotaryKeys.FirstPositions} = {ratio}, was {factor}"));
        return new(Factors("short_factor"), Factors("long_factor"), first, json.Get("attention_factor", JsonKind.Positive, Grown(support.Positions, first)));

        ValueList<double> Factors(string name)
        {
            double[] read = json.Get(name, s_factors);
            json.Require(read.Length == half || read.Length == 0, $"{json.Place}.{name} must have one number for each pair of turned dimensions, {half}, was {read.Length}");
            return [.. read];
        }
    }

    // Phi-3 of transformers 4 allows these three keys alone
    public Dictionary<string, object> ToJson(long positions)
    {
        var json = new Dictionary<string, object> { [RotaryScaling.OlderType] = Kind, ["short_factor"] = ShortFactors, ["long_factor"] = LongFactors };
        if (Amplitude != Grown(positions, OriginalPositions))
            json["attention_factor"] = RotaryScaling.Float(Amplitude);
        return json;
    }

    /// <summary>The amplitude where nothing else is said.</summary>
    public static double Grown(long positions, long first) => positions <= first ? 1 : Math.Sqrt(1 + Math.Log((double)positions / first) / Math.Log(first));

    public Tensor Frequencies(RotarySettings rotary, bool longer)
    {
        using var scope = NewDisposeScope();
        Tensor factors = tensor([.. longer ? LongFactors : ShortFactors], ScalarType.Float32);
        return (1.0 / (factors * rotary.Powers())).MoveToOuterDisposeScope();
    }
}
