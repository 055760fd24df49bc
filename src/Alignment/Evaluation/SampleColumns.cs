using System.Globalization;

namespace Alignment.Evaluation;

/// <summary>
/// The numbers of a run's samples by ascending prompt index, without the texts: what statistics over a whole grid need, at 44 bytes a sample.
/// What is unknown of imported results is not a number.
/// </summary>
public sealed record SampleColumns
{
    /// <summary>[prompts] index of each prompt in the test set, ascending.</summary>
    public required int[] PromptIndex { get; init; }

    /// <summary>[prompts] gold score of the response.</summary>
    public required double[] Score { get; init; }

    /// <summary>[prompts] gold score of the chosen response.</summary>
    public required double[] ChosenScore { get; init; }

    /// <summary>[prompts] gold score of the SFT model's response.</summary>
    public required double[] SftScore { get; init; }

    /// <summary>[prompts] length of the response, tokens.</summary>
    public required double[] Length { get; init; }

    /// <summary>[prompts] log π/π_SFT of the response, nats.</summary>
    public required double[] Kl { get; init; }

    /// <summary>[prompts] log π/π_SFT divided by the response's own length, nats per token.</summary>
    public double[] KlPerToken => [.. Kl.Zip(Length, (nats, tokens) => nats / tokens)];

    /// <summary>The columns of rows in any order.</summary>
    /// <exception cref="InvalidDataException">No sample, a prompt that is there twice, or an unusable value; the message names them.</exception>
    public static SampleColumns Of(IEnumerable<SampleRow> samples) => Of([.. samples.Select(row => new SampleNumbers(row.PromptIndex, row.Length,
        row.Score, row.ChosenScore, row.SftScore, row.PolicyLogProb, row.SftLogProb))]);

    /// <summary>Reads samples.jsonl; texts are skipped, so that a file of any size costs only its numbers.</summary>
    /// <exception cref="InvalidDataException">A line is not a sample, or the samples are not usable; the message names the place.</exception>
    public static SampleColumns Read(string path) => Of(SampleNumbersFile.Read(path));

    private static SampleColumns Of(List<SampleNumbers> samples)
    {
        SampleNumbers[] sorted = [.. samples.OrderBy(row => row.PromptIndex)];
        if (sorted.Length == 0)
            throw new InvalidDataException("a run without samples has no metrics: at least one prompt is needed");
        int[] prompts = [.. sorted.Select(row => row.PromptIndex)];
        PromptOrder.RequireUnique(prompts);
        PromptOrder.RequireUsable([.. sorted.Select(Fault).OfType<string>()]);
        return new SampleColumns
        {
            PromptIndex = prompts,
            Score = [.. sorted.Select(row => row.Score)],
            ChosenScore = [.. sorted.Select(row => row.ChosenScore)],
            SftScore = [.. sorted.Select(row => row.SftScore)],
            Length = [.. sorted.Select(row => (double)row.Tokens)],
            Kl = [.. sorted.Select(row => row.PolicyLogProb - row.SftLogProb)],
        };
    }

    private static string? Fault(SampleNumbers row)
    {
        if (row.Tokens == 0)
            return $"prompt_index {row.PromptIndex} has no tokens (EOS counts as one)";
        if (double.IsNaN(row.Score))
            return $"prompt_index {row.PromptIndex} has no score";
        foreach ((string name, double value) in row.Values)
            if (double.IsInfinity(value))
                return string.Create(CultureInfo.InvariantCulture, $"prompt_index {row.PromptIndex} has {name} {value}");
        return null;
    }
}
