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
    /// <summary>How the files were read; null where none was.</summary>
    public IReadOnlyList<DataFileFacts>? Files { get; init; }

    /// <summary>Reads the files a recipe names and splits them by prompt.</summary>
    public static PairParts Read(Recipe recipe, FileChoice files, TextRule? texts, SweepOptions options, Action<string> log)
    {
        (ReadFile first, ReadFile second) = SweepFaults.Both(() => Pairs(recipe, files.Train, "data.train.file", texts, options, log),
            () => files.Test is { } other ? Pairs(recipe, other, "data.test.file", texts, options, log) : new([], null));
        PromptSplit split = PromptSplit.Of(first.Pairs, files.Split, recipe.Seed);
        IReadOnlyList<PreferencePair> all = files.Test is null ? split.Test : second.Pairs;
        TestPrompts test = TestPrompts.Of(all, split.Training.Concat(split.Reward), files.SeenTestPrompts, files.RepeatedTestPrompts);
        Tell(test.Seen, "are among the prompts that are trained on", files.SeenTestPrompts, log);
        Tell(test.Repeated, "repeat an earlier one", files.RepeatedTestPrompts, log);
        log($"test prompts: {all.Count} rows, {TestPrompts.Distinct(all)} different prompts");
        log($"pairs: {split.Training.Count} for the policy, {split.Reward.Count} for the gold model, {test.Pairs.Count} test prompts");
        return new(split.Training, split.Reward, test) { Files = [.. new[] { first.Facts, second.Facts }.OfType<DataFileFacts>()] };
    }

    private static void Tell(IReadOnlyList<PreferencePair> prompts, string what, PromptRule rule, Action<string> log)
    {
        if (prompts.Count > 0)
            log($"test prompts: {prompts.Count} {what} and are {(rule == PromptRule.Keep ? "kept" : "left out")}: {TestPrompts.Names(prompts)}");
    }

    private static ReadFile Pairs(Recipe recipe, PairSource source, string key, TextRule? texts, SweepOptions options, Action<string> log)
    {
        string path = RecipePath.Find(recipe, options, source.File, key), name = Path.GetFileName(path);
        PairFormat format = source.Format ?? PairFormats.Tell(path);
        var reading = new ReadOptions { MaxSkipped = source.MaxSkippedRows, Filter = source.Filter, Axis = source.Axis, Columns = source.Columns, Labels = source.Labels, Texts = texts };
        (IReadOnlyList<PreferencePair> pairs, ReadReport report) = PreferenceData.Read(format, path, reading);
        DataFileFacts facts = DataFileFacts.Of(name, source, report);
        log($"{name}: read as {facts.ReadAs}; told by {facts.ToldBy}");
        log($"{name}: {report}");
        foreach (string fault in report.Faults)
            log($"  left out: {fault}");
        foreach (string left in report.LeftOut.Named())
            log($"  left out: {left}");
        foreach (string noted in report.Noted.Named())
            log($"  noted: {noted}");
        return new(pairs, facts);
    }

    private sealed record ReadFile(IReadOnlyList<PreferencePair> Pairs, DataFileFacts? Facts);
}

/// <summary>A conversation as people read it.</summary>
internal static class PromptText
{
    /// <summary>The text of a single turn; several turns with their speakers.</summary>
    public static string Of(IReadOnlyList<Message> turns) =>
        turns is [var only] ? only.Text : string.Join("\n\n", turns.Select(turn => $"{turn.Role}: {turn.Text}"));
}
