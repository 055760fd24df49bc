using Alignment.Data;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>A share of responses that lost something, as a line of the log.</summary>
internal static class CutResponses
{
    /// <summary>A share above the recipe's limit comes with what to do.</summary>
    /// <param name="recipe">Has the limit.</param>
    /// <param name="share">The share.</param>
    /// <param name="what">What happened to these responses.</param>
    /// <param name="advice">What to do.</param>
    public static string Text(Recipe recipe, Share share, string what, string advice) =>
        FormattableString.Invariant($"cut: {share} responses {what}; maxCutShare is {recipe.MaxCutShare}, {(share.Value > recipe.MaxCutShare ? $"above it: {advice}" : "within it")}");
}
