using Alignment.Files;
using Alignment.Training;

namespace Alignment.Recipes;

/// <summary>Reads the parts of a recipe that are grids: SFT, what preference runs share, and each method.</summary>
internal static class RecipeGridReader
{
    public static StageGrid Sft(JsonObjectReader? json, ulong seed)
    {
        StageGrid stage = Points(json, seed);
        json?.Finish();
        return stage;
    }

    public static StageGrid Preference(JsonObjectReader? json, ulong seed)
    {
        StageGrid stage = Points(json, seed) with { Seeds = json?.Numbers("seeds", NumberRule.AtLeast(0), []) ?? [] };
        json?.Finish();
        return stage;
    }

    private static StageGrid Points(JsonObjectReader? json, ulong seed)
    {
        // learning rate and epochs are each point's own
        var training = new TrainingSettings { LearningRate = 0, Epochs = 1, BatchSize = 1, Seed = seed };
        return json == null ? new([], [], training)
            : new StageGrid(json.Numbers("epochs", NumberRule.AtLeast(1)), json.Numbers("learningRate", NumberRule.Positive),
                Training(json, training with { BatchSize = json.Whole("batchSize", NumberRule.AtLeast(1)) }));
    }

    private static TrainingSettings Training(JsonObjectReader json, TrainingSettings absent) => absent with
    {
        BatchSize = json.Whole("batchSize", NumberRule.AtLeast(1), absent.BatchSize),
        Schedule = new LearningRateSchedule(Shape(json.OneOf("schedule", absent.Schedule.Shape.ToString().ToLowerInvariant(), "cosine", "linear", "constant")),
            json.Number("warmupRatio", NumberRule.Fraction, absent.Schedule.WarmupRatio)),
        WeightDecay = json.Number("weightDecay", NumberRule.NotNegative, absent.WeightDecay),
        Beta1 = json.Number("adamBeta1", NumberRule.BelowOne, absent.Beta1),
        Beta2 = json.Number("adamBeta2", NumberRule.BelowOne, absent.Beta2),
        Epsilon = json.Number("adamEpsilon", NumberRule.Positive, absent.Epsilon),
        MaxGradientNorm = json.Number("maxGradientNorm", NumberRule.Positive, absent.MaxGradientNorm),
    };

    private static ScheduleShape Shape(string name) => Enum.TryParse(name, ignoreCase: true, out ScheduleShape shape) ? shape : default;

    public static IReadOnlyList<MethodGrid> MethodGrids(JsonObjectReader? json, StageGrid shared)
    {
        if (json == null)
            return [];
        List<MethodGrid> grids = [];
        foreach (string name in json.Members.Select(member => member.Name))
        {
            MethodDefinition? method = Methods.All.FirstOrDefault(known => known.Name == name);
            if (method == null)
                continue; // Finish names it, with the known ones
            JsonObjectReader grid = json.Object(name)!;
            // a method's own epochs, learning rates and optimiser settings win over those of "preference"
            var stage = new StageGrid(grid.Numbers("epochs", NumberRule.AtLeast(1), shared.Epochs),
                grid.Numbers("learningRate", NumberRule.Positive, shared.LearningRates), Training(grid, shared.Training))
            {
                Seeds = grid.Numbers("seeds", NumberRule.AtLeast(0), shared.Seeds),
            };
            grids.Add(new MethodGrid(name, [.. Given(grid, method).Select(group => Axis(grid, group))], stage));
            grid.Finish();
        }

        foreach (MethodDefinition method in Methods.All)
            json.Has(method.Name);
        if (!json.Members.Any())
            json.Fault("names no method; known: " + string.Join(", ", Methods.All.Select(method => method.Name)));
        json.Finish();
        return grids;
    }

    private static IEnumerable<MethodAxis[]> Given(JsonObjectReader json, MethodDefinition method) =>
        method.Axes.Where(group => json.Has(group[0].Key) || !group[0].Optional);

    private static KeyValuePair<string, IReadOnlyList<Spelled>> Axis(JsonObjectReader json, MethodAxis[] group)
    {
        MethodAxis[] given = [.. group.Where(axis => json.Has(axis.Key))];
        if (given.Length > 1)
            json.Fault($"gives {string.Join(" and ", given.Select(axis => axis.Key))} together; they say the same thing, give one of them");
        if (given.Length == 0 && group.Length > 1)
            json.Fault($"needs {string.Join(" or ", group.Select(axis => axis.Key))}");
        MethodAxis axis = given.FirstOrDefault() ?? group[0];
        return new(axis.Name, given.Length == 0 && group.Length > 1 ? [] : json.Numbers(axis.Key, axis.Rule));
    }
}
