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

/// <summary>The numbers of one line of samples.jsonl.</summary>
internal readonly record struct SampleNumbers(
    int PromptIndex, int Tokens, double Score, double ChosenScore, double SftScore, double PolicyLogProb, double SftLogProb)
{
    public IEnumerable<(string Name, double Value)> Values =>
    [
        ("score", Score), ("chosen_score", ChosenScore), ("sft_score", SftScore), ("policy_log_prob", PolicyLogProb), ("sft_log_prob", SftLogProb),
    ];
}

/// <summary>Brings the samples of runs into the order of their prompts, so that position i is the same prompt in every run.</summary>
public static class PromptOrder
{
    private const int Named = 10;

    /// <summary>The samples by ascending prompt index.</summary>
    /// <exception cref="InvalidDataException">No sample, a prompt that is there twice, or an unusable value; the message names them.</exception>
    public static IReadOnlyList<SampleRow> Sorted(IEnumerable<SampleRow> samples)
    {
        SampleRow[] sorted = [.. samples.OrderBy(row => row.PromptIndex)];
        if (sorted.Length == 0)
            throw new InvalidDataException("a run without samples has no metrics: at least one prompt is needed");

        RequireUnique([.. sorted.Select(row => row.PromptIndex)]);
        RequireUsable([.. sorted.Select(Fault).OfType<string>()]);
        return sorted;
    }

    internal static void RequireUnique(IReadOnlyList<int> prompts)
    {
        int[] twice = [.. prompts.GroupBy(index => index).Where(same => same.Count() > 1).Select(same => same.Key)];
        if (twice.Length > 0)
            throw new InvalidDataException($"prompt_index {List(twice)} is there more than once: a run has one sample a prompt");
    }

    internal static void RequireUsable(IReadOnlyList<string> faults)
    {
        if (faults.Count > 0)
            throw new InvalidDataException($"samples without usable values: {string.Join("; ", faults.Take(Named))}{More(faults.Count)}");
    }

    /// <summary>Checks that two runs in prompt order answer the same prompts.</summary>
    /// <exception cref="InvalidDataException">A prompt is in one run only; the message names run and prompts.</exception>
    public static void RequireSame(IReadOnlyList<SampleRow> a, IReadOnlyList<SampleRow> b) =>
        RequireSame([.. a.Select(row => row.PromptIndex)], [.. b.Select(row => row.PromptIndex)]);

    internal static void RequireSame(IReadOnlyList<int> a, IReadOnlyList<int> b)
    {
        int[] onlyA = [.. a.Except(b)], onlyB = [.. b.Except(a)];
        if (onlyA.Length + onlyB.Length == 0)
            return;
        string[] parts =
        [
            .. onlyB.Length > 0 ? [$"the first lacks prompt_index {List(onlyB)}"] : Array.Empty<string>(),
            .. onlyA.Length > 0 ? [$"the second lacks prompt_index {List(onlyA)}"] : Array.Empty<string>(),
        ];
        throw new InvalidDataException($"two runs can be paired only on the same prompts: {string.Join("; ", parts)}");
    }

    private static string? Fault(SampleRow row)
    {
        if (row.Length == 0)
            return $"prompt_index {row.PromptIndex} has no tokens (EOS counts as one)";
        (string Name, double Value)[] values =
        [
            ("score", row.Score), ("chosen_score", row.ChosenScore), ("sft_score", row.SftScore),
            ("policy_log_prob", row.PolicyLogProb), ("sft_log_prob", row.SftLogProb),
        ];
        (string Name, double Value)[] bad = [.. values.Where(v => !double.IsFinite(v.Value))];
        return bad.Length == 0 ? null : string.Create(Invariant, $"prompt_index {row.PromptIndex} has {bad[0].Name} {bad[0].Value}");
    }

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    private static string List(int[] indices) => string.Join(", ", indices.Take(Named)) + More(indices.Length);

    private static string More(int count) => count > Named ? $", … ({count} in all)" : "";
}
