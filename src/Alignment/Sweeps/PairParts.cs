using Alignment.Data;
using Alignment.Recipes;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>Pairs in the parts a sweep needs. No test prompt is in another part unless the recipe keeps such prompts.</summary>
/// <param name="Training">For the policy.</param>
/// <param name="Reward">For the gold model.</param>
/// <param name="Test">Test prompts with the data set's responses, and what became of the others.</param>
internal sealed record PairParts(IReadOnlyList<PreferencePair> Training, IReadOnlyList<PreferencePair> Reward, TestPrompts Test)
{
    /// <summary>Reads the files a recipe names and splits them by prompt.</summary>
    public static PairParts Read(Recipe recipe, FileChoice files, TextRule? texts, SweepOptions options, Action<string> log)
    {
        (IReadOnlyList<PreferencePair> pairs, IReadOnlyList<PreferencePair> others) = SweepFaults.Both(
            () => Pairs(recipe, files.Train, "data.train.file", texts, options, log),
            () => files.Test is { } other ? Pairs(recipe, other, "data.test.file", texts, options, log) : []);
        PromptSplit split = PromptSplit.Of(pairs, files.Split, recipe.Seed);
        IReadOnlyList<PreferencePair> all = files.Test is null ? split.Test : others;
        TestPrompts test = TestPrompts.Of(all, split.Training.Concat(split.Reward), files.SeenTestPrompts, files.RepeatedTestPrompts);
        Tell(test.Seen, "are among the prompts that are trained on", files.SeenTestPrompts, log);
        Tell(test.Repeated, "repeat an earlier one", files.RepeatedTestPrompts, log);
        log($"test prompts: {all.Count} rows, {TestPrompts.Distinct(all)} different prompts");
        log($"pairs: {split.Training.Count} for the policy, {split.Reward.Count} for the gold model, {test.Pairs.Count} test prompts");
        return new(split.Training, split.Reward, test);
    }

    private static void Tell(IReadOnlyList<PreferencePair> prompts, string what, PromptRule rule, Action<string> log)
    {
        if (prompts.Count > 0)
            log($"test prompts: {prompts.Count} {what} and are {(rule == PromptRule.Keep ? "kept" : "left out")}: {TestPrompts.Names(prompts)}");
    }

    private static IReadOnlyList<PreferencePair> Pairs(Recipe recipe, PairSource source, string key, TextRule? texts, SweepOptions options, Action<string> log)
    {
        string path = RecipePath.Find(recipe, options, source.File, key);
        var reading = new ReadOptions
        {
            MaxSkipped = source.MaxSkippedRows,
            Filter = source.Filter,
            Columns = source.Format == PairFormat.Plain ? source.Columns ?? PairColumns.Tell(path) : null,
            Texts = texts,
        };
        PreferenceData data = PreferenceData.Read(source.Format, path, reading);
        log($"{Path.GetFileName(path)}: {data.Report}{(reading.Columns is { } columns && !columns.AreUsual ? $"; {columns}" : "")}");
        foreach (string fault in data.Report.Faults)
            log($"  left out: {fault}");
        return data.Pairs;
    }
}

/// <summary>A conversation as people read it.</summary>
internal static class PromptText
{
    /// <summary>The text of a single turn; several turns with their speakers.</summary>
    public static string Of(IReadOnlyList<Message> turns) =>
        turns is [var only] ? only.Text : string.Join("\n\n", turns.Select(turn => $"{turn.Role}: {turn.Text}"));
}
