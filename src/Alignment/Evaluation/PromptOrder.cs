using System.Globalization;

namespace Alignment.Evaluation;

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
