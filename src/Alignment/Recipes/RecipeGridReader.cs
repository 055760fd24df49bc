using Alignment.Files;
using Alignment.Objectives;
using Alignment.Training;

namespace Alignment.Recipes;

/// <summary>Reads the parts of a recipe that are grids: SFT, what preference runs share, and each method.</summary>
internal static class RecipeGridReader
{
    // null, and epochs of 0, say that there is none
    public static StageGrid? Sft(JsonObjectReader? json, ulong seed)
    {
        if (json == null)
            return null;
        StageGrid stage = Points(json, seed, NumberRule.AtLeast(0)) with { Lora = RecipeReader.Lora(json.OptionalObject("lora")) };
        bool none = stage.Epochs is [{ Value: 0, Spelling.Length: > 0 }];
        foreach ((int index, Spelled epochs) in stage.Epochs.Index())
            if (epochs.Value == 0 && epochs.Spelling.Length > 0 && !none)
                json.Fault(Grid.Epochs.Key, index, "0 stands alone, as [0]: it leaves SFT out");
        json.Finish();
        return none ? null : stage;
    }

    public static StageGrid Preference(JsonObjectReader? json, ulong seed)
    {
        StageGrid stage = Points(json, seed, Grid.Epochs.Rule);
        if (json != null)
            stage = Repeated(json, stage, stage);
        json?.Finish();
        return stage;
    }

    // seeds and averages, by which one training is done again or looked at again
    private static StageGrid Repeated(JsonObjectReader json, StageGrid stage, StageGrid absent) => stage with
    {
        Seeds = json.Numbers("seeds", Grid.OfSeed.Rule, absent.Seeds),
        Averages = json.Numbers("averages", Grid.OfAverage.Rule, absent.Averages),
        AverageOver = json.Number("averageOver", NumberRule.Share, absent.AverageOver),
    };

    private static StageGrid Points(JsonObjectReader? json, ulong seed, NumberRule epochs)
    {
        // learning rate and epochs are each point's own
        var training = new TrainingSettings { LearningRate = 0, Epochs = 1, BatchSize = 1, Seed = seed };
        return json == null ? new([], [], training)
            : new StageGrid(json.Numbers(Grid.Epochs.Key, epochs), json.Numbers(Grid.LearningRate.Key, Grid.LearningRate.Rule),
                Training(json, training) with { BatchSize = json.Whole("batchSize", NumberRule.AtLeast(1)) });
    }

    private static TrainingSettings Training(JsonObjectReader json, TrainingSettings absent) => absent with
    {
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
            Declaration? method = Declarations.All.FirstOrDefault(known => known.Name == name);
            if (method == null)
                continue; // Finish names it, with the known ones
            JsonObjectReader grid = json.Object(name)!;
            // a method's own epochs, learning rates and optimiser settings win over those of "preference"
            var stage = new StageGrid(grid.Numbers(Grid.Epochs.Key, Grid.Epochs.Rule, shared.Epochs),
                grid.Numbers(Grid.LearningRate.Key, Grid.LearningRate.Rule, shared.LearningRates),
                Training(grid, shared.Training) with { BatchSize = grid.Whole("batchSize", NumberRule.AtLeast(1), shared.Training.BatchSize) });
            var made = new MethodGrid(name, [.. Given(grid, method).Select(parameter => Axis(grid, [.. parameter.Forms]))], Repeated(grid, stage, shared));
            grids.Add(made);
            foreach (string fault in Impossible(Grid.Points(made)))
                grid.Fault(fault);
            grid.Finish();
        }

        foreach (string known in Methods.Names)
            json.Has(known);
        if (!json.Members.Any())
            json.Fault("names no method; known: " + string.Join(", ", Methods.Names));
        json.Finish();
        return grids;
    }

    /// <summary>Single runs: a method's name, and a number for each of its axes, learning rate and epochs, and a seed where it has one of its own.</summary>
    public static IReadOnlyList<GridPoint> Runs(JsonObjectReader json, IReadOnlyList<MethodGrid> grids)
    {
        List<GridPoint> points = [];
        foreach (JsonObjectReader run in json.Objects("runs"))
        {
            string method = run.OneOf("method", grids.Select(grid => grid.Method));
            if (grids.FirstOrDefault(grid => grid.Method == method) is not { } grid)
                continue;
            List<Hyperparameter> axes = [.. grid.Axes.Select(axis => Methods.Parameter(axis.Key)!), Grid.LearningRate, Grid.Epochs];
            if (run.Has(Grid.OfSeed.Key))
                axes.Add(Grid.OfSeed);
            GridPoint point = Grid.Point(method, [.. axes.Select(axis =>
                KeyValuePair.Create(axis == Grid.OfSeed ? Grid.Seed : axis.Name, run.Get(axis.Key, RecipeJson.AsSpelled(axis.Rule))))]);
            points.AddRange(Grid.OfTraining(grid, point));
            foreach (string fault in Impossible([point]))
                run.Fault(fault);
            run.Finish();
        }

        return [.. points.DistinctBy(point => point.Slug)];
    }

    // values that are each allowed and do not go together
    private static IReadOnlyList<string> Impossible(IEnumerable<GridPoint> points)
    {
        List<string> faults = [];
        foreach (GridPoint point in points.Where(point => point.Parameters.All(value => value.Value.Length > 0))) // others are told already
        {
            try
            {
                Methods.Objective(point);
            }
            catch (ArgumentOutOfRangeException e)
            {
                faults.Add(e.Message.Split(" (Parameter")[0]);
            }
        }

        return [.. faults.Distinct()];
    }

    private static IEnumerable<Hyperparameter> Given(JsonObjectReader json, Declaration method) =>
        method.Parameters.Where(parameter => json.Has(parameter.Key) || parameter.Default is null);

    private static KeyValuePair<string, IReadOnlyList<Spelled>> Axis(JsonObjectReader json, Hyperparameter[] forms)
    {
        Hyperparameter[] given = [.. forms.Where(form => json.Has(form.Key))];
        if (given.Length > 1)
            json.Fault($"gives {string.Join(" and ", given.Select(form => form.Key))} together; they say the same thing, give one of them");
        if (given.Length == 0 && forms.Length > 1)
            json.Fault($"needs {string.Join(" or ", forms.Select(form => form.Key))}");
        Hyperparameter form = given.FirstOrDefault() ?? forms[0];
        return new(form.Name, given.Length == 0 && forms.Length > 1 ? [] : json.Numbers(form.Key, form.Rule));
    }
}
