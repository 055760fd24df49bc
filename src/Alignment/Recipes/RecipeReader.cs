using Alignment.Data;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Training;

namespace Alignment.Recipes;

/// <summary>Turns a recipe's JSON into a <see cref="Recipe"/>; each stage reads its own object.</summary>
internal static class RecipeReader
{
    public static Recipe Read(JsonObjectReader json, string file)
    {
        ulong seed = (ulong)json.Whole("seed", NumberRule.AtLeast(0));
        StageGrid sft = Stage(json.Object("sft"), seed);
        StageGrid preference = Preference(json.Object("preference"), seed);
        var recipe = new Recipe
        {
            Name = json.FolderName("name"),
            File = file,
            Seed = seed,
            Policy = Policy(json.Object("policy")),
            Data = RecipeDataReader.Data(json.Object("data")),
            Gold = RecipeDataReader.Gold(json.Object("gold")),
            Lengths = Lengths(json.Object("lengths")),
            Sft = sft,
            Methods = MethodGrids(json.Object("methods"), preference),
            Generation = Generation(json.Object("generation")),
            TestPrompts = json.Whole("testPrompts", NumberRule.AtLeast(1)),
        };
        if (recipe.Gold is WorldGold && recipe.Data is not (WorldChoice or null))
            json.Fault("gold \"world\" scores only the embedded world's prompts; give \"neox\" or \"folder\" for data from files");
        json.Finish();
        return recipe;
    }

    private static PolicyChoice Policy(JsonObjectReader? json)
    {
        if (json == null)
            return new PolicyFolder("");
        PolicyChoice policy = json.Has("folder") ? new PolicyFolder(json.Text("folder")) : new NewPolicy(Shape(json));
        policy = policy with { Lora = Lora(json.OptionalObject("lora")) };
        json.Finish();
        return policy;
    }

    private static LoraSettings? Lora(JsonObjectReader? json)
    {
        if (json == null)
            return null;
        var lora = new LoraSettings
        {
            Rank = json.Whole("rank", NumberRule.AtLeast(1)),
            Alpha = json.Number("alpha", NumberRule.Positive),
            Targets = json.Texts("targets"),
        };
        json.Finish();
        return lora;
    }

    private static ModelShape Shape(JsonObjectReader json)
    {
        NumberRule one = NumberRule.AtLeast(1);
        var shape = new ModelShape
        {
            Vocabulary = 0,
            Width = json.Whole("width", one),
            Layers = json.Whole("layers", one),
            Heads = json.Whole("heads", one),
            KeyValueHeads = json.Whole("keyValueHeads", one),
            MlpWidth = json.Whole("mlpWidth", one),
            MaxPositions = json.Whole("maxPositions", one),
        };
        if (shape.Width % shape.Heads != 0 || shape.Width / shape.Heads % 2 != 0)
            json.Fault($"width {shape.Width} must be an even multiple of heads {shape.Heads}");
        if (shape.Heads % shape.KeyValueHeads != 0)
            json.Fault($"heads {shape.Heads} must be a multiple of keyValueHeads {shape.KeyValueHeads}");
        return shape;
    }

    private static LengthLimits Lengths(JsonObjectReader? json)
    {
        if (json == null)
            return new() { MaxPrompt = 1, MaxTotal = 2 };
        var limits = new LengthLimits
        {
            MaxPrompt = json.Whole("maxPrompt", NumberRule.AtLeast(1)),
            MaxTotal = json.Whole("maxTotal", NumberRule.AtLeast(2)),
            OnLongPrompt = json.OneOf("longPrompts", "cut", "cut", "refuse") == "refuse" ? LongPrompt.Refuse : LongPrompt.KeepEnd,
        };
        if (limits.MaxTotal <= limits.MaxPrompt)
            json.Fault($"maxTotal {limits.MaxTotal} must be above maxPrompt {limits.MaxPrompt}, so that a response has room");
        json.Finish();
        return limits;
    }

    private static SamplingSettings Generation(JsonObjectReader? json)
    {
        if (json == null)
            return new SamplingSettings { MaxNewTokens = 1 };
        var settings = new SamplingSettings
        {
            Temperature = json.Number("temperature", NumberRule.NotNegative),
            TopP = json.Number("topP", NumberRule.Share),
            MaxNewTokens = json.Whole("maxNewTokens", NumberRule.AtLeast(1)),
        };
        json.Finish();
        return settings;
    }

    private static StageGrid Stage(JsonObjectReader? json, ulong seed)
    {
        StageGrid stage = Points(json, seed);
        json?.Finish();
        return stage;
    }

    private static StageGrid Preference(JsonObjectReader? json, ulong seed)
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

    private static IReadOnlyList<MethodGrid> MethodGrids(JsonObjectReader? json, StageGrid shared)
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
