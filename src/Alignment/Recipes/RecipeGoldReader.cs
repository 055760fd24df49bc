using Alignment.Files;
using Alignment.Models.NeoX;
using Alignment.Rewards;

namespace Alignment.Recipes;

/// <summary>Reads the part of a recipe that says who scores the responses: one judge, or a list of them.</summary>
internal static class RecipeGoldReader
{
    public static IReadOnlyList<GoldChoice> Judges(JsonObjectReader recipe)
    {
        IReadOnlyList<JsonObjectReader> given = recipe.ObjectOrObjects("gold");
        GoldChoice[] judges = [.. given.Select(Judge)];
        foreach (var twice in judges.GroupBy(judge => Letters(judge.Name)).Where(same => same.Count() > 1))
            given[Array.IndexOf(judges, twice.Last())].Fault($"is the second judge of the name \"{twice.Last().Name}\" (letters and digits count); give each a \"name\" of its own");
        return judges;
    }

    /// <summary>One judge.</summary>
    public static GoldChoice Judge(JsonObjectReader json)
    {
        GoldChoice gold = json switch
        {
            _ when json.OptionalObject("world") is { } world => Empty(world),
            _ when json.Has("folder") => new GoldFolder(json.Text("folder"), json.Whole("maxLength", NumberRule.AtLeast(1)))
            {
                Template = RecipeDataReader.Template(json),
                TemplateSettings = RecipeTemplateReader.Settings(json),
            },
            _ when json.OptionalObject("decoder") is { } decoder => decoder.Has("folder") ? DecoderFolder(decoder) : Decoder(decoder),
            _ when json.Object("neox") is { } neox => Neox(neox),
            _ => new GoldFolder("", 1), // its fault is told
        };
        gold = gold with { Name = json.Has("name") ? json.FolderName("name") : OwnName(gold), Key = json.Place["$.".Length..] };
        json.Finish();
        return gold;
    }

    /// <summary>What tells names apart: folders and links are named after judges.</summary>
    public static string Letters(string name) => new([.. name.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant)]);

    // a folder's own name may hold what other folders' names do not
    private static string OwnName(GoldChoice gold) => gold switch
    {
        WorldGold => "world",
        GoldFolder named when Path.GetFileName(named.Folder.TrimEnd('/')).Trim('.') is { Length: > 0 } last =>
            new([.. last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')]),
        _ => "gold",
    };

    private static WorldGold Empty(JsonObjectReader json)
    {
        json.Finish();
        return new WorldGold();
    }

    private static NeoXGold Neox(JsonObjectReader json)
    {
        NumberRule one = NumberRule.AtLeast(1);
        var shape = new NeoXConfig
        {
            Vocabulary = 0,
            Width = json.Whole("width", one),
            Layers = json.Whole("layers", one),
            Heads = json.Whole("heads", one),
            MlpWidth = json.Whole("mlpWidth", one),
            Pooling = json.OneOf("pooling", "last", "last", "mean") == "mean" ? RewardPooling.Mean : RewardPooling.Last,
        };
        var absent = new RewardTrainingSettings();
        RewardTrainingSettings settings = Training(json, absent) with { Dropout = json.Number("dropout", NumberRule.BelowOne, absent.Dropout) };
        json.Finish();
        return new NeoXGold(shape, settings);
    }

    private static DecoderGold Decoder(JsonObjectReader json)
    {
        string family = json.OneOf("family", "llama", [.. DecoderGold.Families.Select(known => known.ModelType)]);
        var gold = new DecoderGold(family, RecipeReader.Shape(json), Training(json, new() { Dropout = 0 }));
        if (gold.Training.MaxLength > gold.Shape.MaxPositions)
            json.Fault($"maxLength {gold.Training.MaxLength} is beyond maxPositions {gold.Shape.MaxPositions}");
        json.Finish();
        return gold;
    }

    // weights that have learned much already are moved little
    private static DecoderFolderGold DecoderFolder(JsonObjectReader json)
    {
        var gold = new DecoderFolderGold(json.Text("folder"), Training(json, new() { Dropout = 0, Epochs = 1, LearningRate = 1e-5, WeightDecay = 0 }))
        {
            Template = RecipeDataReader.Template(json),
            TemplateSettings = RecipeTemplateReader.Settings(json),
        };
        json.Finish();
        return gold;
    }

    private static RewardTrainingSettings Training(JsonObjectReader json, RewardTrainingSettings absent) => absent with
    {
        Epochs = json.Whole("epochs", NumberRule.AtLeast(1), absent.Epochs),
        LearningRate = json.Number("learningRate", NumberRule.Positive, absent.LearningRate),
        BatchPairs = json.Whole("batchSize", NumberRule.AtLeast(1), absent.BatchPairs),
        WeightDecay = json.Number("weightDecay", NumberRule.NotNegative, absent.WeightDecay),
        MaxLength = json.Whole("maxLength", NumberRule.AtLeast(1)),
    };
}
