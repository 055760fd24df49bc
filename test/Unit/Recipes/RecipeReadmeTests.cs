using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Alignment.Objectives;
using Alignment.Recipes;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Recipes;

/// <summary>The reference of recipes against the reader: a key nobody knows, put into every object, makes it tell all that it knows.</summary>
public partial class RecipeReadmeTests
{
    private static readonly string s_readme = File.ReadAllText(Path.GetFullPath(Path.Combine(Here(), "../../../src/Alignment/Recipes/README.md")));

    [TestCase("""{ "policy": { "folder": "p", "?": 0, "lora": { "?": 0 } }, "data": { "world": { "?": 0 }, "?": 0 }, "gold": { "world": { "?": 0 }, "?": 0 } }""")]
    [TestCase("""{ "policy": { "?": 0 }, "data": { "train": { "?": 0 }, "test": { "?": 0 }, "split": { "?": 0 }, "?": 0 }, "gold": { "folder": "g", "?": 0 } }""")]
    [TestCase("""{ "data": { "world": { "?": 0 }, "resample": { "?": 0, "judge": { "world": {}, "?": 0 } } } }""")]
    [TestCase("""{ "gold": { "neox": { "?": 0 } }, "lengths": { "?": 0 }, "generation": { "?": 0 }, "?": 0 }""")]
    [TestCase("""{ "sft": { "?": 0, "lora": { "?": 0 } }, "preference": { "?": 0 }, "methods": { "DPO": { "?": 0 } } }""")]
    public void Every_key_the_reader_knows_is_in_the_reference(string recipe)
    {
        RecipeException faults = Assert.Throws<RecipeException>(() => RecipeFile.Parse(recipe, "/somewhere/all.json"))!;
        string[] known = [.. faults.Faults.Select(fault => fault.Split("known here: ")).Where(parts => parts.Length > 1).SelectMany(parts => parts[1].Split(", ")).Distinct()];
        int unknown = recipe.Split("\"?\"").Length - 1;
        Assert.That(faults.Faults.Count(fault => fault.Contains("is not a known key", StringComparison.Ordinal)), Is.EqualTo(unknown), "every object told");
        Assert.That(known.Where(key => key is not ("beta" or "nllWeight") && !s_readme.Contains($"`{key}`", StringComparison.Ordinal)), Is.Empty, "beta and the like stand in the methods' own table");
    }

    [Test]
    public void The_example_of_the_reference_is_accepted()
    {
        Recipe recipe = RecipeFile.Parse(s_readme.Split("```jsonc\n")[1].Split("```")[0], "/somewhere/mine.json");
        Assert.That(Grid.PreferencePoints(recipe).Select(point => point.Slug), Does.Contain("LN-DPO-b5-lr1e-6-e1-s2"));
        Assert.That(recipe.Methods.Select(grid => Methods.Objective(Grid.PreferencePoints(recipe).First(point => point.Method == grid.Method))),
            Is.EqualTo(new Objective[] { new Dpo(0.01), new LnDpo(1), new SimPo(2, 0.5) }));
    }

    [Test]
    public void Defaults_of_the_reference_are_those_of_the_settings()
    {
        TrainingSettings training = RecipeFile.Parse(RecipeText.Good, "/somewhere/small.json").Sft!.Training;
        Assert.That(Default("warmupRatio"), Is.EqualTo(Text(training.Schedule.WarmupRatio)));
        Assert.That(Default("weightDecay"), Is.EqualTo(Text(training.WeightDecay)));
        Assert.That(Default("adamBeta1`, `adamBeta2"), Is.EqualTo($"{Text(training.Beta1)}, {Text(training.Beta2)}"));
        Assert.That(double.Parse(Default("adamEpsilon"), CultureInfo.InvariantCulture), Is.EqualTo(training.Epsilon));
        Assert.That(Default("maxGradientNorm"), Is.EqualTo(Text(training.MaxGradientNorm)));
    }

    // the gold model's rows come first and have defaults of their own
    private static string Default(string key) =>
        Row().Matches(s_readme).Select(match => (Key: match.Groups["key"].Value, Default: match.Groups["default"].Value)).Last(row => row.Key == key).Default;

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"^\| `(?<key>.+?)` \| [^|]* \| (?<default>[^|]*?) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
