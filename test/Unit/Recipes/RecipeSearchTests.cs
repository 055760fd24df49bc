using Alignment.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Recipes;

/// <summary>Ranges in the place of lists, and searches.</summary>
public class RecipeSearchTests
{
    [TestCase("""{ "low": 1e-7, "high": 5e-6, "scale": "log", "points": 5 }""", "1e-7 2.66e-7 7.07e-7 1.88e-6 5e-6")]
    [TestCase("""{ "low": 0.010, "high": 1, "points": 3 }""", "0.010 0.1 1")]
    [TestCase("""{ "low": 0.05, "high": 0.5, "scale": "linear", "points": 4 }""", "0.05 0.2 0.35 0.5")]
    [TestCase("""{ "low": 0.999, "high": 1.001, "scale": "linear", "points": 5 }""", "0.999 0.9995 1 1.0005 1.001")]
    [TestCase("""{ "low": 3, "high": 5e5, "points": 2 }""", "3 5e5")]
    public void A_range_is_a_list_with_its_ends_as_they_are_spelled(string range, string values)
    {
        Recipe recipe = Load(("\"LN-DPO\": { \"beta\": [1.0, 2.5] }", $"\"LN-DPO\": {{ \"beta\": {range} }}"));
        Assert.That(recipe.Methods[1].Axes[0].Value.Select(value => value.Spelling), Is.EqualTo(values.Split(' ')));
        Assert.That(recipe.Methods[1].Axes[0].Value.Select(value => value.Value), Is.EqualTo(values.Split(' ').Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))));
    }

    [TestCase("""{ "low": 1, "high": 8, "points": 4 }""", "1 2 4 8"), TestCase("""{ "low": 1, "high": 4, "points": 4 }""", "1 2 3 4"), TestCase("""{ "low": 1, "high": 5, "scale": "linear", "points": 3 }""", "1 3 5")]
    public void A_range_of_whole_numbers_has_whole_numbers(string range, string values) =>
        Assert.That(Load(("\"preference\": { \"epochs\": [1]", $"\"preference\": {{ \"epochs\": {range}")).Methods[0].Stage.Epochs.Select(value => value.Spelling), Is.EqualTo(values.Split(' ')));

    [TestCase("""{ "low": 2, "high": 1, "points": 3 }""", "$.methods.DPO.beta low 2 must be below high 1")]
    [TestCase("""{ "low": 0, "high": 1, "points": 3, "scale": "linear" }""", "$.methods.DPO.beta.low must be a number > 0, was 0")]
    [TestCase("""{ "low": 1, "high": 2, "points": 1 }""", "$.methods.DPO.beta.points must be a whole number >= 2 and <= 100, was 1")]
    [TestCase("""{ "low": 1, "high": 2, "points": 3, "scale": "square" }""", "$.methods.DPO.beta.scale must be log or linear, was \"square\"")]
    [TestCase("""{ "high": 2, "points": 3, "step": 1 }""", "$.methods.DPO.beta \"low\" is missing; it must be a number > 0|$.methods.DPO.beta.step is not a known key; known here: high, low, points, scale")]
    public void A_range_that_is_none_is_refused(string range, string faults) =>
        Assert.That(Faults(("\"DPO\": { \"beta\": [0.1] }", $"\"DPO\": {{ \"beta\": {range} }}")), Is.EqualTo(faults.Split('|').Select(fault => $"small.json(11): {fault}")));

    [Test]
    public void A_range_that_begins_at_0_has_no_log_scale() => Assert.That(Faults(("\"gamma\": [0.5, 1]", "\"gamma\": { \"low\": 0, \"high\": 1, \"points\": 3 }")),
        Is.EqualTo(new[] { "small.json(13): $.methods.SimPO.gamma low 0 is not on a log scale: raise it, or give \"scale\": \"linear\"" }));

    [Test]
    public void Too_few_whole_numbers_are_refused() => Assert.That(Faults(("\"preference\": { \"epochs\": [1]", "\"preference\": { \"epochs\": { \"low\": 1, \"high\": 3, \"points\": 4 }")),
        Is.EqualTo(new[] { "small.json(9): $.preference.epochs there are no 4 whole numbers from 1 to 3: lower points" }));

    [TestCase("{ \"runs\": 2 }", "$.search has 2 runs for 3 methods, of which each has to be tried: raise runs, or name fewer methods")]
    [TestCase("{ \"runs\": 21 }", "$.search has 21 runs for 10 settings, of which none is run more than twice: lower runs to at most 20")]
    [TestCase("{ \"runs\": 0 }", "$.search.runs must be a whole number >= 1, was 0"), TestCase("{}", "$.search \"runs\" is missing; it must be a whole number >= 1")]
    [TestCase("{ \"runs\": 4, \"rounds\": 2 }", "$.search.rounds is not a known key; known here: runs")]
    public void A_search_that_cannot_be_is_refused(string search, string fault) =>
        Assert.That(Faults(("\"testPrompts\": 10", $"\"search\": {search}, \"testPrompts\": 10"))[0], Does.EndWith(fault).And.StartsWith("small.json(16): "));

    [Test]
    public void A_search_may_come_to_every_setting_with_two_seeds()
    {
        Recipe recipe = Load(("\"testPrompts\": 10", "\"search\": { \"runs\": 4 }, \"testPrompts\": 10"));
        Assert.That(recipe.Search, Is.EqualTo(new SearchBudget(4)));
        Assert.That(Grid.Settings(recipe).Select(point => point.Slug), Is.EqualTo(Grid.PreferencePoints(Load()).Select(point => point.Slug)), "the runs of a grid are those of a search");
        Assert.That(Grid.PreferencePoints(recipe).Take(4).Select(point => point.Slug), Is.EqualTo(new[] { "DPO-b0.1-lr1e-4-e1", "DPO-b0.1-lr1e-4-e1-s8", "DPO-b0.1-lr3e-4-e1", "DPO-b0.1-lr3e-4-e1-s8" }));
    }

    [TestCase("[4, 9, 5]", "s4", "s9"), TestCase("[4]", "s4", "s5")]
    public void Where_seeds_are_given_a_setting_has_the_first_and_is_repeated_with_the_second(string seeds, string first, string second)
    {
        Recipe recipe = Load(("\"warmupRatio\": 0.2 }", $"\"warmupRatio\": 0.2, \"seeds\": {seeds} }}"), ("\"testPrompts\": 10", "\"search\": { \"runs\": 4 }, \"testPrompts\": 10"));
        Assert.That(Grid.PreferencePoints(recipe).Take(2).Select(point => point.Slug), Is.EqualTo(new[] { $"DPO-b0.1-lr1e-4-e1-{first}", $"DPO-b0.1-lr1e-4-e1-{second}" }));
        Assert.That(Grid.PreferencePoints(recipe)[1].Parameters[^1], Is.EqualTo(KeyValuePair.Create("Seed", second[1..])));
        Assert.That(Grid.PreferencePoints(recipe)[1].Parameters, Has.Count.EqualTo(4));
    }

    [Test]
    public void A_search_picks_trainings_and_may_come_to_their_averages()
    {
        Recipe recipe = Load(("\"warmupRatio\": 0.2 }", "\"warmupRatio\": 0.2, \"averages\": [2] }"), ("\"testPrompts\": 10", "\"search\": { \"runs\": 4 }, \"testPrompts\": 10"));
        Assert.That(Grid.PreferencePoints(recipe).Take(4).Select(point => point.Slug), Is.EqualTo(new[] { "DPO-b0.1-lr1e-4-e1", "DPO-b0.1-lr1e-4-e1-avg2", "DPO-b0.1-lr1e-4-e1-s8", "DPO-b0.1-lr1e-4-e1-avg2-s8" }));
        Assert.That(Grid.Settings(recipe).Select(point => point.Slug), Is.EqualTo(Grid.Settings(Load()).Select(point => point.Slug)));
    }

    private static Recipe Load(params (string Piece, string Replacement)[] edits) =>
        RecipeFile.Parse(edits.Aggregate(RecipeText.Good, (text, edit) => text.Contains(edit.Piece, StringComparison.Ordinal) ? text.Replace(edit.Piece, edit.Replacement, StringComparison.Ordinal)
            : throw new ArgumentException(edit.Piece)), "/somewhere/small.json");

    private static IReadOnlyList<string> Faults(params (string Piece, string Replacement)[] edits) => Assert.Throws<RecipeException>(() => Load(edits))!.Faults;
}
