using System.Globalization;
using System.Text.Json;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>Which of SafeRLHF's two labels says what is chosen.</summary>
internal enum PreferredAxis
{
    /// <summary>safer_response_id.</summary>
    Safer,

    /// <summary>better_response_id: the more helpful one.</summary>
    Better,
}

/// <summary>Rows of PKU-SafeRLHF (Ji et al. 2023), of branch v0 and of the current one; of the two labels the recipe names the one that counts.</summary>
internal static class SafeRlhfReader
{
    private const string SaferId = "safer_response_id", BetterId = "better_response_id";

    // tables of text or of numbers with gaps have them as "0" and 0.0
    private static readonly JsonKind<int> s_zeroOrOne = new("0 or 1", 0, static (JsonElement value, out int read) =>
    {
        double number = double.NaN;
        bool isOne = value.ValueKind == JsonValueKind.Number ? value.TryGetDouble(out number)
            : value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
        read = number == 1 ? 1 : 0;
        return isOne && number is 0 or 1;
    });

    /// <summary>The row has the members.</summary>
    public static bool IsOne(JsonObjectReader row) => row.Has("response_0") && row.Has("response_1");

    /// <returns>The pair; none and the reason where the filter leaves it out.</returns>
    /// <exception cref="RowFault">The row is malformed, a text is empty or the labels contradict each other.</exception>
    public static ReadRow Read(JsonObjectReader row, string source, PairFilter filter, PreferredAxis axis)
    {
        string[] responses = [row.Get("response_0", JsonKind.Text), row.Get("response_1", JsonKind.Text)];
        bool[] safe = [row.Get("is_response_0_safe", JsonKind.Truth), row.Get("is_response_1_safe", JsonKind.Truth)];
        int safer = row.Get(SaferId, s_zeroOrOne), better = row.Get(BetterId, s_zeroOrOne);
        if (!safe[safer] && safe[1 - safer])
            throw new RowFault("labels contradict", $"{SaferId} is {safer}, but response {safer} is marked unsafe and response {1 - safer} safe");
        int chosen = axis == PreferredAxis.Safer ? safer : better;
        PreferencePair pair = new(source, [new(Role.User, Rows.Prompt(row.Get("prompt", JsonKind.Text)))],
            Rows.Response(responses[chosen], $"response_{chosen}"), Rows.Response(responses[1 - chosen], $"response_{1 - chosen}"));
        if (filter.HasFlag(PairFilter.DoubleSafe) && safe[0] && safe[1])
            return ReadRow.Without("double safe");
        return filter.HasFlag(PairFilter.DoubleUnsafe) && !safe[0] && !safe[1] ? ReadRow.Without("double unsafe")
            : new(pair) { Noted = safer == better ? null : "the safer response is not the better one" };
    }
}
