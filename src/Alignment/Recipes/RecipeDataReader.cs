using Alignment.Data;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Recipes;

/// <summary>Reads the part of a recipe that says where data comes from.</summary>
internal static class RecipeDataReader
{
    public static DataChoice Data(JsonObjectReader? json)
    {
        if (json == null)
            return new WorldChoice(1);
        DataChoice data = json.OptionalObject("world") is { } world ? World(world) : Files(json);
        data = data with { Resample = RecipeResampleReader.Read(json) };
        json.Finish();
        return data;
    }

    private static WorldChoice World(JsonObjectReader json)
    {
        var world = new WorldChoice(json.Whole("trainingPairs", NumberRule.AtLeast(1)));
        json.Finish();
        return world;
    }

    private static FileChoice Files(JsonObjectReader json)
    {
        PairSource train = Source(json.Object("train"));
        PairSource? test = json.OptionalObject("test") is { } other ? Source(other) : null;
        SplitShares split = json.OptionalObject("split") is { } shares ? Split(shares) : new SplitShares(0, 0);
        if (test == null && split.Test == 0)
            json.Fault("names no test prompts: give \"test\" with a file, or \"split\" with a share for test above 0");
        return new FileChoice(train, test, split, json.Has("tokenizer") ? json.Text("tokenizer") : null,
            Template(json))
        {
            TemplateSettings = RecipeTemplateReader.Settings(json),
            Markers = json.Choice("markersInText", MarkersInText.Refuse),
            SeenTestPrompts = json.Choice("seenTestPrompts", PromptRule.Drop),
            RepeatedTestPrompts = json.Choice("repeatedTestPrompts", PromptRule.Drop),
        };
    }

    internal static string? Template(JsonObjectReader json) =>
        json.Has("template") ? json.OneOf("template", "", [.. ChatTemplate.Known.Select(template => template.Name)]) : null;

    private static PairColumns Columns(JsonObjectReader json)
    {
        var columns = new PairColumns(json.Has("prompt") ? json.Text("prompt") : null, json.Text("chosen"), json.Text("rejected"))
        {
            System = json.Has("system") ? json.Text("system") : null,
            Input = json.Has("input") ? json.Text("input") : null,
            Ratings = json.Has("chosenRating") || json.Has("rejectedRating") ? new RatingColumns(json.Text("chosenRating"), json.Text("rejectedRating")) : null,
        };
        json.Finish();
        return columns;
    }

    private static LabelledColumns Labels(JsonObjectReader json)
    {
        var columns = new LabelledColumns(json.Has("prompt") ? json.Text("prompt") : null, json.Text("completion"), json.Text("label"))
        {
            System = json.Has("system") ? json.Text("system") : null,
            Input = json.Has("input") ? json.Text("input") : null,
        };
        json.Finish();
        return columns;
    }

    private static SplitShares Split(JsonObjectReader json)
    {
        var split = new SplitShares(json.Number("rewardModel", NumberRule.Fraction, 0), json.Number("test", NumberRule.Fraction, 0));
        if (split.Reward + split.Test >= 1)
            json.Fault(FormattableString.Invariant($"rewardModel {split.Reward} and test {split.Test} leave nothing to train on; their sum must be below 1"));
        json.Finish();
        return split;
    }

    private static PairSource Source(JsonObjectReader? json)
    {
        if (json == null)
            return new PairSource(PairFormat.Plain, "", 0, PairFilter.None);
        PairFilter Drops(string key, PairFilter filter) => json.OneOf(key, "keep", "keep", "drop") == "drop" ? filter : PairFilter.None;
        PairFormat? format = json.Has("format") ? PairFormats.ByName.GetValueOrDefault(json.OneOf("format", "", [.. PairFormats.ByName.Keys])) : null;
        JsonObjectReader? names = json.OptionalObject("columns");
        LabelledColumns? labels = names != null && (format == PairFormat.Unpaired || format == null && names.Has("label")) ? Labels(names) : null;
        PairColumns? columns = names != null && labels == null ? Columns(names) : null;
        format ??= labels != null ? PairFormat.Unpaired : columns != null ? PairFormat.Plain : null;
        PairFilter safety = Drops("doubleSafe", PairFilter.DoubleSafe) | Drops("doubleUnsafe", PairFilter.DoubleUnsafe),
            ratings = Drops("equalRatings", PairFilter.EqualRatings) | Drops("contraryRatings", PairFilter.ContraryRatings);
        var source = new PairSource(format, json.Text("file"), json.Whole("maxSkippedRows", NumberRule.AtLeast(0), 0), safety | ratings)
        {
            Columns = columns,
            Labels = labels,
            Axis = json.Choice("prefer", PreferredAxis.Safer),
        };
        if (format is { } named)
        {
            string was = $"the format is {PairFormats.Name(named)}";
            if (columns != null && !PairFormats.HasColumns(named))
                json.Fault($"names columns, which only pairs and unpaired leave open; {was}");
            if (safety != PairFilter.None && named != PairFormat.SafeRlhf)
                json.Fault($"drops doubly safe or unsafe rows, which only safe-rlhf has labels for; {was}");
            if (source.Axis != PreferredAxis.Safer && named != PairFormat.SafeRlhf)
                json.Fault($"prefers the better response, which only safe-rlhf has a label for; {was}");
            if (ratings != PairFilter.None && !PairFormats.HasColumns(named))
                json.Fault($"drops rows by their ratings, which only pairs and ultrafeedback have; {was}");
        }

        json.Finish();
        return source;
    }
}
