using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>What labelled responses cannot be used for, and what they lack: found before anything is trained.</summary>
internal static class LabelCheck
{
    /// <summary>The faults; none where the training rows are pairs.</summary>
    public static IEnumerable<string> Faults(Recipe recipe, SweepData data)
    {
        if (data.Labelled is not { } rows)
            yield break;
        const string Given = "the training data labels responses one by one (format unpaired)";
        var methods = Grid.Settings(recipe).DistinctBy(point => point.Method).Select(point => (point.Method, Methods.Objective(point).OnLabels)).ToArray();
        string[] ofPairs = [.. methods.Where(method => method.OnLabels == null).Select(method => method.Method)];
        if (ofPairs.Length > 0)
            yield return $"{recipe.At("$.methods")}: {string.Join(", ", ofPairs)} need{(ofPairs.Length == 1 ? "s" : "")} pairs, and {Given}: "
                + $"{string.Join(" and ", Methods.OnLabels)} train on those; leave out what does not, or give pairs";
        if (!rows.HasMismatched && methods.Any(method => method.OnLabels is { NeedsMismatched: true }))
            yield return $"{recipe.At("$.data")}: all training rows have the same prompt, and KTO compares with responses to others: give rows with at least two prompts";
        if (rows.Desirable.Count == 0 && recipe.Sft != null)
            yield return $"{recipe.At("$.sft")}: no response is labelled desirable, and SFT learns those: leave \"sft\" out, or give rows whose label is true";
        GoldChoice[] trained = [.. recipe.AllJudges.Where(judge => judge is TrainedGold)];
        foreach (GoldChoice judge in trained)
            yield return $"{recipe.At($"$.{judge.Key}")} is trained on pairs, and {Given}: name a reward model's folder instead (\"folder\" and \"maxLength\")";
        if (trained.Length == 0 && data.Reward.Count > 0)
            yield return $"{recipe.At("$.data.split")}: \"rewardModel\" keeps rows for a gold model that is trained on pairs, and {Given}: leave it out";
        if (recipe.Resample != null)
            yield return $"{recipe.At("$.data.resample")} makes pairs for the methods to train on a second time, and {Given}: leave it out, or give pairs";
    }
}
