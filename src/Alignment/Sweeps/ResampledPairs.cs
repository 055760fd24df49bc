using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Data;
using Alignment.Files;

namespace Alignment.Sweeps;

/// <summary>A response to a training prompt.</summary>
/// <param name="Tokens">Ids, the one that ended it included: what is trained on.</param>
/// <param name="Ended">The last one is an end; false: it was cut at the limit of new tokens.</param>
/// <param name="Text">What it says, which a judge has read.</param>
/// <param name="Score">The judge's.</param>
internal sealed record Answer(int[] Tokens, bool Ended, string Text, double Score);

/// <summary>What became of a training prompt: a line of the pairs' file.</summary>
/// <param name="Source">Of the pair whose prompt it is.</param>
/// <param name="LeftOut">Why there is no pair; null where there is one.</param>
/// <param name="Chosen">The response of the highest score.</param>
/// <param name="Rejected">That of the lowest.</param>
internal sealed record ResampledRow(string Source, string? LeftOut, Answer? Chosen, Answer? Rejected)
{
    /// <summary>Why a prompt is left out: nothing is best, or best and worst are one text.</summary>
    public const string Tie = "all responses have one score", Identical = "the responses are one text";

    /// <summary>The best and the worst of a prompt's responses; of equals the first.</summary>
    /// <param name="source">Of the prompt.</param>
    /// <param name="answers">At least one.</param>
    public static ResampledRow Of(string source, IReadOnlyList<Answer> answers)
    {
        Answer best = answers.MaxBy(answer => answer.Score)!, worst = answers.MinBy(answer => answer.Score)!;
        bool isOne = answers.All(answer => answer.Text == answers[0].Text) || (best.Score > worst.Score && best.Text == worst.Text);
        string? leftOut = isOne ? Identical : best.Score > worst.Score ? null : Tie;
        return leftOut == null ? new(source, null, best, worst) : new(source, leftOut, null, null);
    }
}

/// <summary>pairs-DIGITS.jsonl, the pairs of a round on-policy: a line for each training prompt, in their order.</summary>
/// <param name="Rows">[training prompts].</param>
internal sealed record ResampledPairs(IReadOnlyList<ResampledRow> Rows)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>How many prompts became a pair.</summary>
    public int Count => Rows.Count(row => row.LeftOut == null);

    /// <summary>How many did not, by reason.</summary>
    public int LeftOut(string reason) => Rows.Count(row => row.LeftOut == reason);

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">It is damaged; the message names the line.</exception>
    public static ResampledPairs Read(string path)
    {
        List<ResampledRow> rows = [];
        foreach (string line in File.ReadLines(path))
            try
            {
                rows.Add(JsonSerializer.Deserialize<ResampledRow>(line, s_json) is { Source: not null } row && (row.LeftOut != null || row is { Chosen.Tokens: not null, Rejected.Tokens: not null })
                    ? row : throw new JsonException("null"));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{path}({rows.Count + 1}): not a pair of a round on-policy; delete the file, the pairs are made again", e);
            }

        return new(rows);
    }

    /// <summary>Writes the file.</summary>
    public void Write(string path) => AtomicFile.WriteText(path, string.Concat(Rows.Select(row => JsonSerializer.Serialize(row, s_json) + "\n")));

    /// <summary>A sweep's data with these pairs to train on.</summary>
    /// <param name="data">With the prompts they answer.</param>
    /// <param name="file">Where they were read from.</param>
    /// <exception cref="InvalidDataException">It has not a line for each prompt.</exception>
    public SweepData In(SweepData data, string file) => Rows.Count != data.TrainingPrompts.Count
        ? throw new InvalidDataException($"{file}: has {Rows.Count} lines for {data.TrainingPrompts.Count} training prompts; delete the file, the pairs are made again") : data with
        {
            Training = TokenizedPairs.Of(Rows.Zip(data.TrainingPrompts).Where(at => at.First.LeftOut == null)
            .Select(at => new TokenizedPair(at.First.Source, at.Second, at.First.Chosen!.Tokens, at.First.Rejected!.Tokens, !at.First.Chosen.Ended, !at.First.Rejected.Ended))),
            PairsFile = file,
        };
}
