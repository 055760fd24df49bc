using System.Globalization;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>What a model is asked, and how it answers: the same on every rank.</summary>
/// <param name="Draw">0, −1, −2, …: the test prompts, for their first, second, third response; 1, 2, …: the training prompts, for one of several.</param>
/// <param name="Prompts">Their ids; a response's random numbers depend on the place in this list.</param>
/// <param name="Settings">How tokens are drawn.</param>
internal sealed record AskedPrompts(int Draw, IReadOnlyList<int[]> Prompts, SamplingSettings Settings)
{
    private string Stream => string.Create(CultureInfo.InvariantCulture, $"{(Draw > 0 ? "resample" : "sampling")}{(Draw == 0 ? "" : $"/{(Draw > 0 ? Draw : 1 - Draw)}")}");

    /// <summary>Which of the prompts are asked, by their places in the list.</summary>
    public IReadOnlyList<int> Asked { get; init; } = [.. Enumerable.Range(0, Prompts.Count)];

    /// <summary>How many responses a test prompt gets before this one.</summary>
    public int Before => Math.Max(0, -Draw);

    /// <summary>The test prompts.</summary>
    /// <param name="recipe">Says how they are answered.</param>
    /// <param name="data">With the prompts.</param>
    /// <param name="before">How many responses a prompt gets before this one.</param>
    public static AskedPrompts Test(Recipe recipe, SweepData data, int before) => new(-before, data.TestPrompts, recipe.Generation);

    /// <summary>The training prompts of a round on-policy.</summary>
    /// <param name="recipe">Has one.</param>
    /// <param name="data">With the prompts.</param>
    /// <param name="draw">Which of the responses, from 1 on.</param>
    public static AskedPrompts Training(Recipe recipe, SweepData data, int draw) => new(draw, data.TrainingPrompts, recipe.Resample!.Sampling(recipe.Generation));

    /// <summary>Those of an order to the ranks.</summary>
    public static AskedPrompts Of(RankOrder order, Recipe recipe, SweepData data) => order.Draw <= 0 ? Test(recipe, data, -order.Draw) : Training(recipe, data, order.Draw);

    /// <summary>What draws the responses.</summary>
    public Sampler By(ILanguageModel model, Recipe recipe, SweepData data) => new(model, Settings, data.EndTokens, recipe.Seed) { Stream = Stream };

    /// <summary>Asks the other ranks for their part.</summary>
    /// <param name="place">Where they find the model.</param>
    /// <param name="prompts">Those that are left.</param>
    public RankOrder Order(RankModel place, IEnumerable<SamplingPrompt> prompts) => new(RankTask.Sample, place) { Prompts = [.. prompts.Select(prompt => prompt.Index)], Draw = Draw };
}
