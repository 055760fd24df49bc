using System.Text.Json;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>Pairs of PKU-SafeRLHF to leave out.</summary>
[Flags]
internal enum PairFilter
{
    /// <summary>Every pair stays.</summary>
    None = 0,

    /// <summary>Without pairs of two safe responses.</summary>
    DoubleSafe = 1,

    /// <summary>Without pairs of two unsafe responses.</summary>
    DoubleUnsafe = 2,
}

/// <summary>Rows of PKU-SafeRLHF, branch v0 (Ji et al. 2023); the safer response is the chosen one.</summary>
internal static class SafeRlhfReader
{
    private static readonly JsonKind<int> s_zeroOrOne = new("0 or 1", 0, static (JsonElement value, out int read) =>
    {
        read = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out read) && read is 0 or 1;
    });

    /// <returns>null and the reason where the filter leaves the pair out.</returns>
    /// <exception cref="RowFault">The row is malformed, a text is empty or the labels contradict each other.</exception>
    public static (PreferencePair? Pair, string? LeftOut) Read(JsonObjectReader row, string source, PairFilter filter)
    {
        string[] responses = [row.Get("response_0", JsonKind.Text), row.Get("response_1", JsonKind.Text)];
        bool[] safe = [row.Get("is_response_0_safe", JsonKind.Truth), row.Get("is_response_1_safe", JsonKind.Truth)];
        int safer = row.Get("safer_response_id", s_zeroOrOne);
        _ = row.Get("better_response_id", s_zeroOrOne);
        if (!safe[safer] && safe[1 - safer])
            throw new RowFault("labels contradict",
                $"safer_response_id is {safer}, but response {safer} is marked unsafe and response {1 - safer} safe");
        PreferencePair pair = new(source, [new(Role.User, Rows.Prompt(row.Get("prompt", JsonKind.Text)))],
            Rows.Response(responses[safer], $"response_{safer}"), Rows.Response(responses[1 - safer], $"response_{1 - safer}"));
        if (filter.HasFlag(PairFilter.DoubleSafe) && safe[0] && safe[1])
            return (null, "double safe");
        return filter.HasFlag(PairFilter.DoubleUnsafe) && !safe[0] && !safe[1] ? (null, "double unsafe") : (pair, null);
    }
}
