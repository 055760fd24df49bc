using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>What is certain to fail, or to mislead, in a round on-policy: found before anything is trained.</summary>
internal static class ResampleCheck
{
    /// <summary>The faults.</summary>
    /// <param name="recipe">Has such a round.</param>
    /// <param name="options">Say where judges are.</param>
    /// <param name="data">With the training prompts.</param>
    /// <param name="hashes">Of judges' files.</param>
    /// <param name="judgesAreSound">Judges' folders can be read, so that they can be compared.</param>
    public static IEnumerable<string> Faults(Recipe recipe, SweepOptions options, SweepData data, FileHashes hashes, bool judgesAreSound)
    {
        int longest = data.TrainingPrompts.Max(prompt => prompt.Length), room = recipe.Lengths.MaxTotal - longest, news = recipe.Generation.MaxNewTokens;
        if (news > room)
            yield return $"{recipe.At("$.data.resample")}: the longest training prompt has {longest} tokens and with maxNewTokens {news} goes beyond maxTotal {recipe.Lengths.MaxTotal}, "
                + $"and what is sampled is trained on whole: raise maxTotal to {longest + news}, or lower maxNewTokens to {room}";
        if (judgesAreSound && IsSame(recipe.Resample!.Judge, recipe.Judges[0], judge => GoldModel.Identity(judge, recipe, options, data, hashes),
            folder => ModelFingerprint.OfWeights(RecipePath.Find(recipe, options, folder.Folder, $"{folder.Key}.folder"), hashes)))
            yield return $"{recipe.At("$.data.resample.judge")} {RecipeResampleReader.TheSame(recipe.Judges[0])}";
    }

    // of a folder the weights decide, wherever it lies and whatever it is called
    private static bool IsSame(GoldChoice one, GoldChoice other, Func<GoldChoice, string> identity, Func<GoldFolder, string> weights) =>
        (one, other) is (GoldFolder first, GoldFolder second) ? weights(first) == weights(second) : identity(one) == identity(other);
}
