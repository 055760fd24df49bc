using Alignment.Data;
using Alignment.Files;

namespace Alignment.Sweeps.Import;

/// <summary>The prompts of an import: those of its first file, in its order; every other file must answer the same, in any order.</summary>
internal sealed class ResultPrompts
{
    private const int Named = 3, Shown = 60;

    private readonly Dictionary<(string Text, int Occurrence), int> _index = [];

    private ResultPrompts(IReadOnlyList<ResultRow> first) => First = first;

    /// <summary>The rows of the first file, by prompt.</summary>
    public IReadOnlyList<ResultRow> First { get; }

    /// <summary>The first file tells of tokens; otherwise lengths count words.</summary>
    public bool HasTokens => First[0].Tokens != null;

    /// <summary>Takes the prompts of a file.</summary>
    /// <exception cref="InvalidDataException">It is faulty or has no row.</exception>
    public static ResultPrompts Of(string path)
    {
        var prompts = new ResultPrompts([.. ResultRow.Read(path).Select(read => read.Row)]);
        if (prompts.First.Count == 0)
            throw new InvalidDataException($"{path}: no row; wanted one a prompt, with \"prompt\", \"response\" and \"score\"");
        foreach ((int index, (string Text, int Occurrence) key) in Keys(prompts.First).Index())
            prompts._index.Add(key, index);
        return prompts;
    }

    /// <summary>The rows of another file in the order of the prompts.</summary>
    /// <exception cref="InvalidDataException">It is faulty, or answers other prompts; the message names the first of them.</exception>
    public IReadOnlyList<ResultRow> Read(string path)
    {
        (int Line, ResultRow Row)[] read = [.. ResultRow.Read(path)];
        var rows = new ResultRow?[First.Count];
        List<string> unknown = [];
        foreach ((int position, (string Text, int Occurrence) key) in Keys([.. read.Select(item => item.Row)]).Index())
        {
            (int line, ResultRow row) = read[position];
            if (HasTokens && row.Tokens == null)
                throw new InvalidDataException($"{path}({line}): neither \"tokens\" nor \"length\", which the first file has; lengths are compared in one unit");
            if (_index.TryGetValue(key, out int index))
                rows[index] = row;
            else
                unknown.Add($"line {line} answers \"{Short(key.Text)}\"{(key.Occurrence > 0 ? " once more than the first file" : ", which the first file does not")}");
        }

        string[] faults =
        [
            .. unknown.Take(Named), .. rows.Index().Where(row => row.Item == null).Take(Named).Select(row => $"nothing answers \"{Short(First[row.Index].Prompt)}\""),
        ];
        return faults.Length == 0 ? [.. rows.OfType<ResultRow>()] : throw new InvalidDataException($"{path}: runs are compared on the same prompts: {string.Join("; ", faults)}");
    }

    // a prompt that stands twice is answered twice
    private static IEnumerable<(string Text, int Occurrence)> Keys(IReadOnlyList<ResultRow> rows)
    {
        Dictionary<string, int> seen = [];
        foreach (ResultRow row in rows)
        {
            int occurrence = seen.GetValueOrDefault(row.Prompt);
            seen[row.Prompt] = occurrence + 1;
            yield return (row.Prompt, occurrence);
        }
    }

    private static string Short(string text) => text.ReplaceLineEndings(" ") is var line && line.Length > Shown ? line[..Shown] + "…" : line;
}

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

    private static ResultRow Of(JsonObjectReader json) => new(PromptText.Of(PlainPairReader.Prompt(json)), json.Get("response", JsonKind.Text), json.Get("score", JsonKind.Finite))
    {
        Chosen = json.Get("chosen", JsonKind.Text!, null),
        ChosenScore = json.Get("chosen_score", JsonKind.Finite, double.NaN),
        Tokens = json.Has("tokens") ? json.List("tokens", JsonKind.Whole(least: 0), "a list of token ids")
            : json.Has("length") ? Unknown(json.Get("length", JsonKind.Whole(least: 1))) : null,
        PolicyLogProb = json.Get("policy_log_prob", JsonKind.Finite, double.NaN),
        SftLogProb = json.Get("sft_log_prob", JsonKind.Finite, double.NaN),
        Ended = json.Get("ended", JsonKind.Truth, true),
    };

    private static int[] Unknown(int count) => [.. Enumerable.Repeat(UnknownToken, count)];
}
