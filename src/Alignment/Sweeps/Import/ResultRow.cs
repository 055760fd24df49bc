using System.Text.Json;
using Alignment.Data;

namespace Alignment.Sweeps.Import;

/// <summary>
/// A line of scored responses from elsewhere: prompt, response and score; where they are known also chosen, chosen_score, tokens (a list of ids) or
/// length (their number), policy_log_prob, sft_log_prob and ended. Other members are passed over.
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

    /// <summary>It ended before the limit of new tokens.</summary>
    public bool Ended { get; init; } = true;

    /// <summary>Reads a file, .jsonl or .jsonl.gz.</summary>
    /// <exception cref="InvalidDataException">A row is faulty; the message is file(line): reason: detail.</exception>
    public static IEnumerable<(int Line, ResultRow Row)> Read(string path)
    {
        foreach ((int line, byte[] bytes) in JsonLines.Read(path))
        {
            ResultRow row;
            try
            {
                row = Of(JsonRow.Parse(bytes));
            }
            catch (RowFault fault)
            {
                throw new InvalidDataException($"{path}({line}): {fault.Message}", fault);
            }

            yield return (line, row);
        }
    }

    /// <summary>One token a word, at least one: the length where no row tells of tokens.</summary>
    public IReadOnlyList<int> Words() => Unknown(Math.Max(1, Response.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length));

    private static ResultRow Of(JsonRow json) => new(PromptText.Of(PlainPairReader.Prompt(json.Member("prompt"))), json.Text("response"), JsonRow.Number(json.Member("score"), "score"))
    {
        Chosen = json.Optional("chosen") is { } chosen ? JsonRow.Text(chosen, "chosen") : null,
        ChosenScore = Number(json, "chosen_score"),
        Tokens = json.Optional("tokens") is { } tokens ? Ids(tokens) : json.Optional("length") is { } length ? Unknown(Whole(length, "length", least: 1)) : null,
        PolicyLogProb = Number(json, "policy_log_prob"),
        SftLogProb = Number(json, "sft_log_prob"),
        Ended = json.Optional("ended") == null || json.Truth("ended"),
    };

    private static double Number(JsonRow json, string name) => json.Optional(name) is { } value ? JsonRow.Number(value, name) : double.NaN;

    private static int[] Ids(JsonElement list) => list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
        ? [.. list.EnumerateArray().Select((id, i) => Whole(id, $"tokens[{i}]", least: 0))]
        : throw new RowFault("wrong type", $"\"tokens\" is {(list.ValueKind == JsonValueKind.Array ? "empty" : JsonRow.Name(list))}, wanted a list of token ids");

    private static int Whole(JsonElement value, string name, int least) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int whole) && whole >= least
        ? whole
        : throw new RowFault("wrong type", $"\"{name}\" is {JsonRow.Name(value)}, wanted a whole number >= {least}");

    private static int[] Unknown(int count) => [.. Enumerable.Repeat(UnknownToken, count)];
}
