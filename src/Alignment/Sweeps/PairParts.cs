using Alignment.Data;
using Alignment.Recipes;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>Pairs in the parts a sweep needs; no two parts share a prompt.</summary>
internal sealed record PairParts(IReadOnlyList<PreferencePair> Training, IReadOnlyList<PreferencePair> Reward, IReadOnlyList<PreferencePair> Test)
{
    /// <summary>Reads the files a recipe names and splits them by prompt.</summary>
    public static PairParts Read(Recipe recipe, FileChoice files, SweepOptions options, Action<string> log)
    {
        IReadOnlyList<PreferencePair> pairs = Pairs(recipe, files.Train, "data.train.file", options, log);
        PromptSplit split = PromptSplit.Of(pairs, files.Split, recipe.Seed);
        IReadOnlyList<PreferencePair> test = files.Test is { } other ? Pairs(recipe, other, "data.test.file", options, log) : split.Test;
        log($"pairs: {split.Training.Count} for the policy, {split.Reward.Count} for the gold model, {test.Count} test prompts");
        return new(split.Training, split.Reward, test);
    }

    private static IReadOnlyList<PreferencePair> Pairs(Recipe recipe, PairSource source, string key, SweepOptions options, Action<string> log)
    {
        string path = RecipePath.Find(recipe, options, source.File, key);
        PreferenceData data = PreferenceData.Read(source.Format, path, new ReadOptions { MaxSkipped = source.MaxSkippedRows, Filter = source.Filter });
        log($"{Path.GetFileName(path)}: {data.Report}");
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
