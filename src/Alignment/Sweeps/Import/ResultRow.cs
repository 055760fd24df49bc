using Alignment.Data;
using Alignment.Files;

namespace Alignment.Sweeps.Import;

/// <summary>
/// A line of scored responses from elsewhere: prompt, response and score; where they are known also chosen, chosen_score, tokens (a list of ids) or
/// length (their number), policy_log_prob, sft_log_prob, kl_k3 and ended. Other members are passed over.
/// </summary>
internal sealed record ResultRow(string Prompt, string Response, double Score)
{
    // stands for every token of which only the number is known
    private const int UnknownToken = -1;

    /// <summary>The data set's chosen response, or null.</summary>
    public string? Chosen { get; init; }

    /// <summary>Its score, or not a number.</summary>
    public double ChosenScore { get; init; } = double.NaN;

    /// <summary>The response's tokens, or null where the row says nothing of them.</summary>
    public IReadOnlyList<int>? Tokens { get; init; }

    /// <summary>Summed log-probability under the policy, nats, or not a number.</summary>
    public double PolicyLogProb { get; init; } = double.NaN;

    /// <summary>Summed log-probability under the SFT model, nats, or not a number.</summary>
    public double SftLogProb { get; init; } = double.NaN;

    /// <summary>The k3 estimate of KL over the response, nats, or not a number.</summary>
    public double KlK3 { get; init; } = double.NaN;

    /// <summary>It ended before the limit of new tokens; null where the row does not say.</summary>
    public bool? Ended { get; init; }

    /// <summary>Reads a file, .jsonl or .jsonl.gz.</summary>
    /// <exception cref="InvalidDataException">A row is faulty; the message is file(line): reason: detail.</exception>
    public static IEnumerable<(int Line, ResultRow Row)> Read(string path)
    {
        foreach (JsonLine line in JsonLines.Read(path))
        {
            ResultRow row;
            try
            {
                row = Of(JsonRow.Parse(line.Bytes));
            }
            catch (RowFault fault)
            {
                throw new InvalidDataException($"{line.Path}({line.Number}): {fault.Message}", fault);
            }

            yield return (line.Number, row);
        }
    }

    /// <summary>One token a word, at least one: the length where no row tells of tokens.</summary>
    public IReadOnlyList<int> Words() => Unknown(Math.Max(1, Response.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length));

    private static ResultRow Of(JsonObjectReader json) => new(PromptText.Of(PlainPairReader.Prompt(json)), json.Get("response", JsonKind.Text), json.Get("score", JsonKind.Finite))
    {
        Chosen = json.Get("chosen", JsonKind.Text!, null),
        ChosenScore = json.Get("chosen_score", JsonKind.Finite, double.NaN),
        Tokens = json.Has("tokens") ? json.List("tokens", JsonKind.Whole(least: 0), "a list of token ids")
            : json.Has("length") ? Unknown(json.Get("length", JsonKind.Whole(least: 1))) : null,
        PolicyLogProb = json.Get("policy_log_prob", JsonKind.Finite, double.NaN),
        SftLogProb = json.Get("sft_log_prob", JsonKind.Finite, double.NaN),
        KlK3 = json.Get("kl_k3", JsonKind.Number(NumberRule.NotNegative), double.NaN),
        Ended = json.Has("ended") ? json.Get("ended", JsonKind.Truth) : null,
    };

    private static int[] Unknown(int count) => [.. Enumerable.Repeat(UnknownToken, count)];
}
