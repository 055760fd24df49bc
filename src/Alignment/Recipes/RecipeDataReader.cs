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
        bool Drops(string key) => json.OneOf(key, "keep", "keep", "drop") == "drop";
        string format = json.OneOf("format", "", [.. PairFormats.ByName.Keys]);
        PairFilter filter = (Drops("doubleSafe") ? PairFilter.DoubleSafe : PairFilter.None) | (Drops("doubleUnsafe") ? PairFilter.DoubleUnsafe : PairFilter.None);
        var source = new PairSource(PairFormats.ByName.GetValueOrDefault(format), json.Text("file"), json.Whole("maxSkippedRows", NumberRule.AtLeast(0), 0), filter)
        {
            Columns = json.OptionalObject("columns") is { } columns ? Columns(columns) : null,
        };
        if (!json.Has("format"))
            json.Fault($"\"format\" is missing; it must be {string.Join(" or ", PairFormats.ByName.Keys)}");
        if (source.Columns != null && format.Length > 0 && source.Format != PairFormat.Plain)
            json.Fault($"names columns, which only format pairs leaves open; the format is {format}");
        if (filter != PairFilter.None && format.Length > 0 && source.Format != PairFormat.SafeRlhf)
            json.Fault($"drops doubly safe or unsafe rows, which only safe-rlhf has labels for; the format is {format}");
        json.Finish();
        return source;
    }
}
