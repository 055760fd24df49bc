using System.Globalization;
using System.Text.Json.Serialization;
using Alignment.Files;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;

namespace Alignment.Recipes;

/// <summary>The points of a recipe, in the order they are run: SFT first, then method by method.</summary>
internal static class Grid
{
    /// <summary>The name of the SFT points' method.</summary>
    public const string Sft = "SFT";

    /// <summary>The name of the only point before the methods where a recipe has no SFT: the policy's folder as it is.</summary>
    public const string Start = "Start";

    /// <summary>The parameter that tells repetitions of one point apart.</summary>
    public const string Seed = "Seed";

    /// <summary>What every method's and SFT's grid varies, beside an objective's own hyperparameters.</summary>
    internal static Hyperparameter LearningRate { get; } = new("learningRate", "lr", NumberRule.Positive) { Symbol = "learning rate" };

    /// <inheritdoc cref="LearningRate"/>
    internal static Hyperparameter Epochs { get; } = new("epochs", "e", NumberRule.AtLeast(1)) { Symbol = "epochs" };

    /// <summary>What <see cref="Seed"/> may be.</summary>
    internal static Hyperparameter OfSeed { get; } = new("seed", "s", NumberRule.AtLeast(0));

    /// <summary>The parameter of a point that is the mean of so many of a training's last checkpoints.</summary>
    internal static Hyperparameter OfAverage { get; } = new("average", "avg", NumberRule.AtLeast(2)) { Symbol = "checkpoints averaged" };

    /// <summary>Learning rate, epochs, average and seed.</summary>
    internal static IReadOnlyList<Hyperparameter> OfStages { get; } = [LearningRate, Epochs, OfAverage, OfSeed];

    /// <summary>The SFT grid, or the one point that stands for the policy's folder as it is: what preference runs start from.</summary>
    public static IReadOnlyList<GridPoint> SftPoints(Recipe recipe) =>
        recipe.Sft is { } sft ? [.. Points(new MethodGrid(Sft, [], sft))] : [new GridPoint(Start, "start", [])];

    /// <summary>Whether a point is one of <see cref="SftPoints"/>.</summary>
    public static bool IsBeforeMethods(GridPoint point) => point.Method is Sft or Start;

    /// <summary>What the model of one of <see cref="SftPoints"/> is called, behind "the".</summary>
    public static string ModelOf(GridPoint? start) => start?.Method == Start ? "start model" : "SFT model";

    /// <summary>
    /// The points of every method, then single runs; of a search all that it may come to, each setting with its first seed and its second, and their averages.
    /// With a round on-policy all of them come once more.
    /// </summary>
    public static IReadOnlyList<GridPoint> PreferencePoints(Recipe recipe)
    {
        IEnumerable<GridPoint> points = recipe.Search == null ? recipe.Methods.SelectMany(Points)
            : Settings(recipe).SelectMany(setting => (GridPoint[])[setting, Again(recipe, setting)]).SelectMany(point => OfTraining(recipe, point));
        GridPoint[] all = [.. points.Concat(recipe.Runs).DistinctBy(point => point.Slug)];
        return recipe.Resample == null ? all : [.. all, .. all.Select(OnPolicy)];
    }

    /// <summary>The same point, trained on the pairs of the round on-policy.</summary>
    public static GridPoint OnPolicy(GridPoint point) => point with { OnPolicy = true, Slug = point.Slug.Insert(point.Method.Length, "-onpolicy") };

    /// <summary>The settings that can be trained, of every method: its points with the first of the seeds, without averages.</summary>
    public static IReadOnlyList<GridPoint> Settings(Recipe recipe) =>
        [.. recipe.Methods.SelectMany(grid => Points(grid with { Stage = grid.Stage with { Seeds = [.. grid.Stage.Seeds.Take(1)], Averages = [] } }))];

    /// <summary>The point that is trained for a point's weights: itself, but where it is an average.</summary>
    public static GridPoint Trained(GridPoint point)
    {
        if (point.Spelling(OfAverage.Name) is not { } checkpoints)
            return point;
        GridPoint setting = point.WithoutSeed();
        string mark = $"-{OfAverage.Letter}{checkpoints}";
        return point with
        {
            Slug = (setting.Slug.EndsWith(mark, StringComparison.Ordinal) ? setting.Slug[..^mark.Length] : setting.Slug) + point.Slug[setting.Slug.Length..],
            Parameters = [.. point.Parameters.Where(parameter => parameter.Key != OfAverage.Name)],
        };
    }

    /// <summary>All points that come of a point's training: the one that is trained, then its averages.</summary>
    public static IReadOnlyList<GridPoint> OfTraining(Recipe recipe, GridPoint point) =>
        recipe.Methods.FirstOrDefault(grid => grid.Method == point.Method) is { } grid ? OfTraining(grid, Trained(point)) : [point];

    internal static IReadOnlyList<GridPoint> OfTraining(MethodGrid grid, GridPoint trained)
    {
        GridPoint setting = trained.WithoutSeed();
        return [trained, .. grid.Stage.Averages.Select(checkpoints => trained with
        {
            Slug = $"{setting.Slug}-{OfAverage.Letter}{checkpoints.Spelling}{trained.Slug[setting.Slug.Length..]}",
            Parameters = [.. setting.Parameters, new(OfAverage.Name, checkpoints.Spelling), .. trained.Parameters.Where(parameter => parameter.Key == Seed)],
        })];
    }

    /// <summary>Which average of its training a point is; null for one that is trained itself.</summary>
    public static WeightAverage? Average(Recipe recipe, GridPoint point) =>
        point.IsAverage ? new((int)PointValues.Of(point)[OfAverage.Name], Stage(recipe, point)!.AverageOver) : null;

    /// <summary>A setting with its second seed: the recipe's, or the number after the first.</summary>
    public static GridPoint Again(Recipe recipe, GridPoint setting)
    {
        IReadOnlyList<Spelled> seeds = Stage(recipe, setting)!.Seeds;
        string first = seeds.Count > 0 ? $"-{Letter(Seed)}{seeds[0].Spelling}" : "";
        string second = seeds.Count > 1 ? seeds[1].Spelling : ((seeds.Count > 0 ? seeds[0].Value : recipe.Seed) + 1).ToString(CultureInfo.InvariantCulture);
        return new(setting.Method, $"{setting.Slug[..^first.Length]}-{Letter(Seed)}{second}",
            [.. setting.Parameters.Where(parameter => parameter.Key != Seed), new(Seed, second)]);
    }

    /// <summary>The grid a point belongs to; null for one that is not trained.</summary>
    public static StageGrid? Stage(Recipe recipe, GridPoint point) =>
        IsBeforeMethods(point) ? recipe.Sft : recipe.Methods.First(grid => grid.Method == point.Method).Stage;

    /// <summary>The adapters a point trains; null where it trains all weights, or none.</summary>
    public static LoraSettings? Lora(Recipe recipe, GridPoint point) => IsBeforeMethods(point) ? recipe.Sft?.Lora : recipe.Policy.Lora;

    /// <summary>The points of one method.</summary>
    internal static IEnumerable<GridPoint> Points(MethodGrid grid)
    {
        IEnumerable<KeyValuePair<string, Spelled>[]> points = [[]];
        foreach (var (name, values) in Axes(grid))
            points = [.. points.SelectMany(_ => values, (point, value) => (KeyValuePair<string, Spelled>[])[.. point, new(name, value)])];
        return points.SelectMany(point => OfTraining(grid, Point(grid.Method, point)));
    }

    /// <summary>The point of some values, in the order of the method's axes, then learning rate, epochs and seed.</summary>
    internal static GridPoint Point(string method, KeyValuePair<string, Spelled>[] values) =>
        new(method, Slug(method, values.Select(value => KeyValuePair.Create(value.Key, value.Value.Spelling))), Parameters(values));

    private static IEnumerable<KeyValuePair<string, IReadOnlyList<Spelled>>> Axes(MethodGrid grid) =>
    [
        .. grid.Axes, new(LearningRate.Name, grid.Stage.LearningRates), new(Epochs.Name, grid.Stage.Epochs),
        .. grid.Stage.Seeds.Count > 0 ? [new(Seed, grid.Stage.Seeds)] : Array.Empty<KeyValuePair<string, IReadOnlyList<Spelled>>>(),
    ];

    /// <summary>A point's short name: the method and every parameter's letter with its spelling.</summary>
    internal static string Slug(string method, IEnumerable<KeyValuePair<string, string>> parameters) =>
        method + string.Concat(parameters.Select(value => $"-{Letter(value.Key)}{value.Value}"));

    private static string Letter(string parameter) => Methods.Parameter(parameter)?.Letter ?? parameter.ToLowerInvariant();

    // SimPO's margin is written as gamma in one code base and as gamma / beta in another: a point shows both
    private static List<KeyValuePair<string, string>> Parameters(KeyValuePair<string, Spelled>[] point)
    {
        List<KeyValuePair<string, string>> parameters = [];
        foreach (var (name, value) in point)
        {
            if (Methods.TimesBeta(name) is { } whole)
                parameters.Add(new(whole, Text(value.Value * Beta())));
            parameters.Add(new(name, value.Spelling));
            if (Methods.OverBeta(name) is { } ratio)
                parameters.Add(new(ratio, Text(value.Value / Beta())));
        }
        return parameters;

        double Beta() => point.First(value => value.Key == Hyperparameter.Beta.Name).Value.Value;
        string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
    }
}

/// <summary>One grid point: a method and the values it is trained with, spelled as in the recipe.</summary>
/// <param name="Method">"SFT", "DPO", "LN-DPO", "SimPO", ….</param>
/// <param name="Slug">Short readable name, such as SimPO-b2.0-g1.2-lr1e-3-e1.</param>
/// <param name="Parameters">Beta, Gamma, LearningRate, Epochs → the recipe's spelling, in that order.</param>
public sealed record GridPoint(string Method, string Slug, IReadOnlyList<KeyValuePair<string, string>> Parameters)
{
    /// <summary>It trains on the pairs of a round on-policy instead of the data's own.</summary>
    [JsonInclude, JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool OnPolicy { get; init; }

    /// <summary>How a parameter is spelled; null where the point has none of that name.</summary>
    internal string? Spelling(string name) => Parameters.FirstOrDefault(parameter => parameter.Key == name).Value;

    /// <summary>Its weights are a mean of another point's.</summary>
    internal bool IsAverage => Spelling(Grid.OfAverage.Name) != null;

    /// <summary>Its setting: the same point without the seed, in which repetitions differ.</summary>
    internal GridPoint WithoutSeed() => Spelling(Grid.Seed) is not { } seed ? this : this with
    {
        Slug = Slug.EndsWith($"-s{seed}", StringComparison.Ordinal) ? Slug[..^(seed.Length + 2)] : Slug,
        Parameters = [.. Parameters.Where(parameter => parameter.Key != Grid.Seed)],
    };
}
