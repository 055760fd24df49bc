using Alignment.Data;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;

namespace Alignment.Recipes;

/// <summary>Turns a recipe's JSON into a <see cref="Recipe"/>; each part is read by a function of its own.</summary>
internal static class RecipeReader
{
    // in a recipe as in PEFT's configuration; a list may hold it too
    private static readonly JsonKind<string> s_allLinear = JsonKind.OneOf($"a list of names of linear layers, or \"{LoraSettings.AllLinear}\"", [LoraSettings.AllLinear]);

    public static Recipe Read(JsonObjectReader json, string file)
    {
        ulong seed = (ulong)json.Whole("seed", NumberRule.AtLeast(0));
        StageGrid? sft = RecipeGridReader.Sft(json.ObjectOrNull("sft"), seed);
        StageGrid preference = RecipeGridReader.Preference(json.Object("preference"), seed);
        JsonObjectReader? generation = json.Object("generation");
        var recipe = new Recipe
        {
            Name = json.FolderName("name"),
            File = file,
            Seed = seed,
            Policy = Policy(json.Object("policy")),
            Data = RecipeDataReader.Data(json.Object("data")),
            Judges = RecipeGoldReader.Judges(json),
            Lengths = Lengths(json.Object("lengths")),
            Sft = sft,
            Methods = RecipeGridReader.MethodGrids(json.Object("methods"), preference),
            Search = Search(json.OptionalObject("search")),
            Paths = json.Has("paths") ? Path.GetFullPath(json.Text("paths"), Path.GetDirectoryName(file)!) : null,
            MaxCutShare = generation?.Number("maxCutShare", NumberRule.Fraction, Recipe.DefaultMaxCutShare) ?? Recipe.DefaultMaxCutShare,
            Generation = Generation(generation),
            TestPrompts = json.Whole("testPrompts", NumberRule.AtLeast(1)),
            ResponsesPerPrompt = json.Has("responsesPerPrompt") ? json.Whole("responsesPerPrompt", NumberRule.AtLeast(1)) : 1,
            KeepWeights = json.OneOf("keepWeights", "all", "all", "best") == "best" ? WeightsToKeep.Best : WeightsToKeep.All,
        };
        if (recipe.Judges.Any(judge => judge is WorldGold) && recipe.Data is not (WorldChoice or null))
            json.Fault("gold \"world\" scores only the embedded world's prompts; give \"folder\", \"decoder\" or \"neox\" for data from files");
        if (recipe is { Sft: null, Policy: NewPolicy })
            json.Fault("trains a new model without SFT, from random weights; give \"sft\", or \"policy\" with a folder to start from");
        if (recipe is { ResponsesPerPrompt: > 1, Generation.Temperature: 0 })
            json.Fault("samples at temperature 0, at which all responses to a prompt are the same: give \"generation\" a temperature above 0, or leave \"responsesPerPrompt\" out");
        if (json.Has("runs"))
            recipe = recipe with { Runs = RecipeGridReader.Runs(json, recipe.Methods) };
        if (recipe.Search is { } search && json.OptionalObject("search") is { } asked)
            CheckBudget(asked, search.Runs, recipe);
        RecipeResampleReader.Check(json, recipe);
        json.Finish();
        return recipe;
    }

    private static SearchBudget? Search(JsonObjectReader? json)
    {
        if (json == null)
            return null;
        var budget = new SearchBudget(json.Whole("runs", NumberRule.AtLeast(1)));
        json.Finish();
        return budget;
    }

    // each method is tried once, and no point more than twice
    private static void CheckBudget(JsonObjectReader json, int runs, Recipe recipe)
    {
        int methods = recipe.Methods.Count, settings = Grid.Settings(recipe).Count;
        if (settings > 0 && runs < methods)
            json.Fault($"has {runs} runs for {methods} methods, of which each has to be tried: raise runs, or name fewer methods");
        if (settings > 0 && runs > 2 * settings)
            json.Fault($"has {runs} runs for {settings} settings, of which none is run more than twice: lower runs to at most {2 * settings}");
    }

    private static PolicyChoice Policy(JsonObjectReader? json)
    {
        if (json == null)
            return new PolicyFolder("");
        PolicyChoice policy = json.Has("folder") ? new PolicyFolder(json.Text("folder")) { Base = json.Has("base") ? json.Text("base") : null } : new NewPolicy(Shape(json));
        policy = policy with { Lora = Lora(json.OptionalObject("lora")), Precision = json.Choice("precision", Precision.Float32) };
        json.Finish();
        return policy;
    }

    public static LoraSettings? Lora(JsonObjectReader? json)
    {
        if (json == null)
            return null;
        var lora = new LoraSettings
        {
            Rank = json.Whole("rank", NumberRule.AtLeast(1)),
            Alpha = json.Number("alpha", NumberRule.Positive),
            Targets = json.Has("targets") && json.Member("targets").IsText ? [json.Get("targets", s_allLinear)] : json.Texts("targets"),
        };
        json.Finish();
        return lora;
    }

    internal static ModelShape Shape(JsonObjectReader json)
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
            OnLongPrompt = json.Choice("longPrompts", LongRow.Cut),
            OnLongPair = json.Choice("longPairs", LongRow.Cut),
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
}
