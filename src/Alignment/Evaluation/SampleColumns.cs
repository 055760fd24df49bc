using System.Globalization;

namespace Alignment.Evaluation;

/// <summary>
/// The numbers of a run's samples by ascending prompt index, without the texts: what statistics over a whole grid need, at 84 bytes a sample.
/// Position i is the same prompt in every run of a sweep. What is unknown of imported results is not a number.
/// </summary>
internal sealed record SampleColumns
{
    // prompts and faults that a message names
    private const int Named = 10;

    /// <summary>[prompts] index of each prompt in the test set, ascending.</summary>
    public required int[] PromptIndex { get; init; }

    /// <summary>[prompts] length of the response, tokens.</summary>
    public required double[] Length { get; init; }

    /// <summary>[prompts] gold score of the response.</summary>
    public required double[] Score { get; init; }

    /// <summary>[prompts] gold score of the chosen response.</summary>
    public required double[] ChosenScore { get; init; }

    /// <summary>[prompts] gold score of the SFT model's response.</summary>
    public required double[] SftScore { get; init; }

    /// <summary>[prompts] summed log-probability of the response under the policy, nats.</summary>
    public required double[] PolicyLogProb { get; init; }

    /// <summary>[prompts] summed log-probability of the response under the SFT model, nats.</summary>
    public required double[] SftLogProb { get; init; }

    /// <summary>[prompts] the k3 estimate of KL(π ‖ π_SFT), nats (<see cref="KlEstimates.K3"/>).</summary>
    public required double[] KlK3 { get; init; }

    /// <summary>[prompts] 1 where the response was cut at the limit of new tokens, else 0.</summary>
    public required double[] Cut { get; init; }

    /// <summary>[prompts] 1 where the prompt lost its beginning, else 0.</summary>
    public required double[] PromptCut { get; init; }

    /// <summary>[prompts] 1 where the gold model's input lost its beginning, else 0.</summary>
    public required double[] GoldInputCut { get; init; }

    /// <summary>[prompts] log π/π_SFT of the response, nats: the k1 estimate of KL(π ‖ π_SFT); a single sample's share may be negative.</summary>
    public double[] Kl => [.. PolicyLogProb.Zip(SftLogProb, (policy, sft) => policy - sft)];

    /// <summary>[prompts] log π/π_SFT divided by the response's own length, nats per token (the paper's length-normalised KL).</summary>
    public double[] KlPerToken => [.. Kl.Zip(Length, (nats, tokens) => nats / tokens)];

    /// <summary>The columns of rows in any order.</summary>
    /// <exception cref="InvalidDataException">No sample, a prompt that is there twice, or an unusable value; the message names them.</exception>
    public static SampleColumns Of(IReadOnlyList<SampleRow> samples) => Columns(samples).Checked(UnusableFault);

    /// <summary>The columns of rows of which every number is known, as those of our own runs; but for the chosen response's score where no row has one.</summary>
    /// <exception cref="InvalidDataException">No sample, a prompt that is there twice, or a value that is not finite; the message names them.</exception>
    public static SampleColumns OfWhole(IReadOnlyList<SampleRow> samples)
    {
        Func<double, bool> isBadChosen = samples.Any(row => row.Chosen.Length > 0) ? IsUnknown : double.IsInfinity;
        return Columns(samples).Checked((columns, i) => columns.NoTokens(i) ?? columns.Fault(i, IsUnknown, isBadChosen));
    }

    /// <summary>Reads samples.jsonl; texts are skipped, so that a file of any size costs only its numbers.</summary>
    /// <exception cref="InvalidDataException">A line is not a sample, or the samples are not usable; the message names the place.</exception>
    public static SampleColumns Read(string path) => SampleNumbersFile.Read(path).Checked(UnusableFault);

    /// <summary>Checks that two runs answer the same prompts.</summary>
    /// <exception cref="InvalidDataException">A prompt is in one run only; the message names run and prompts.</exception>
    public static void RequireSamePrompts(SampleColumns first, SampleColumns second)
    {
        int[] a = first.PromptIndex, b = second.PromptIndex;
        if (a.AsSpan().SequenceEqual(b))
            return;
        int[] onlyA = [.. a.Except(b)], onlyB = [.. b.Except(a)];
        string[] parts =
        [
            .. onlyB.Length > 0 ? [$"the first lacks prompt_index {List(onlyB)}"] : Array.Empty<string>(),
            .. onlyA.Length > 0 ? [$"the second lacks prompt_index {List(onlyA)}"] : Array.Empty<string>(),
        ];
        throw new InvalidDataException($"two runs can be paired only on the same prompts: {string.Join("; ", parts)}");
    }

    private static SampleColumns Columns(IReadOnlyList<SampleRow> samples) => new()
    {
        PromptIndex = [.. samples.Select(row => row.PromptIndex)],
        Length = [.. samples.Select(row => (double)row.Length)],
        Score = [.. samples.Select(row => row.Score)],
        ChosenScore = [.. samples.Select(row => row.ChosenScore)],
        SftScore = [.. samples.Select(row => row.SftScore)],
        PolicyLogProb = [.. samples.Select(row => row.PolicyLogProb)],
        SftLogProb = [.. samples.Select(row => row.SftLogProb)],
        KlK3 = [.. samples.Select(row => row.KlK3)],
        Cut = [.. samples.Select(row => OneIf(!row.Ended))],
        PromptCut = [.. samples.Select(row => OneIf(row.PromptCut))],
        GoldInputCut = [.. samples.Select(row => OneIf(row.GoldInputCut))],
    };

    private static double OneIf(bool? holds) => holds is { } known ? known ? 1 : 0 : double.NaN;

    // in the order of the prompts; a fault is what makes the sample at a position unusable
    private SampleColumns Checked(Func<SampleColumns, int, string?> fault)
    {
        int[] order = [.. Enumerable.Range(0, PromptIndex.Length).OrderBy(i => PromptIndex[i])];
        if (order.Length == 0)
            throw new InvalidDataException("a run without samples has no metrics: at least one prompt is needed");
        T[] Sorted<T>(T[] column) => [.. order.Select(i => column[i])];
        var sorted = new SampleColumns
        {
            PromptIndex = Sorted(PromptIndex),
            Length = Sorted(Length),
            Score = Sorted(Score),
            ChosenScore = Sorted(ChosenScore),
            SftScore = Sorted(SftScore),
            PolicyLogProb = Sorted(PolicyLogProb),
            SftLogProb = Sorted(SftLogProb),
            KlK3 = Sorted(KlK3),
            Cut = Sorted(Cut),
            PromptCut = Sorted(PromptCut),
            GoldInputCut = Sorted(GoldInputCut),
        };

        int[] twice = [.. sorted.PromptIndex.GroupBy(index => index).Where(same => same.Count() > 1).Select(same => same.Key)];
        if (twice.Length > 0)
            throw new InvalidDataException($"prompt_index {List(twice)} is there more than once: a run has one sample a prompt");
        string[] faults = [.. order.Select((_, i) => fault(sorted, i)).OfType<string>()];
        return faults.Length == 0
            ? sorted
            : throw new InvalidDataException($"samples without usable values: {string.Join("; ", faults.Take(Named))}{More(faults.Length)}");
    }

    private static string? UnusableFault(SampleColumns samples, int i) => samples.NoTokens(i)
        ?? (double.IsNaN(samples.Score[i]) ? $"prompt_index {samples.PromptIndex[i]} has no score" : samples.Fault(i, double.IsInfinity, double.IsInfinity));

    private static bool IsUnknown(double value) => !double.IsFinite(value);

    private string? NoTokens(int i) => Length[i] == 0 ? $"prompt_index {PromptIndex[i]} has no tokens (EOS counts as one)" : null;

    private string? Fault(int i, Func<double, bool> isBad, Func<double, bool> isBadChosen)
    {
        foreach ((string name, double value) in new[] { ("score", Score[i]), ("chosen_score", ChosenScore[i]), ("sft_score", SftScore[i]),
            ("policy_log_prob", PolicyLogProb[i]), ("sft_log_prob", SftLogProb[i]), ("kl_k3", KlK3[i]) })
            if (name == "chosen_score" ? isBadChosen(value) : isBad(value))
                return string.Create(CultureInfo.InvariantCulture, $"prompt_index {PromptIndex[i]} has {name} {value}");
        return null;
    }

    private static string List(int[] indices) => string.Join(", ", indices.Take(Named)) + More(indices.Length);

    private static string More(int count) => count > Named ? $", … ({count} in all)" : "";
}
