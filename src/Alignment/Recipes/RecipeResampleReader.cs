using Alignment.Files;

namespace Alignment.Recipes;

/// <summary>Reads the part of a recipe's data that asks for a round on-policy.</summary>
internal static class RecipeResampleReader
{
    private const string Key = "resample";

    // its fault is told
    private static readonly GoldChoice s_none = new GoldFolder("", 1);

    /// <summary>The round; null where none is asked for.</summary>
    /// <param name="data">The recipe's data.</param>
    public static Resampling? Read(JsonObjectReader data)
    {
        if (data.OptionalObject(Key) is not { } json)
            return null;
        var resample = new Resampling(json.Whole("responses", NumberRule.AtLeast(2)), json.Object("judge") is { } judge ? RecipeGoldReader.Judge(judge) : s_none)
        {
            Temperature = json.Has("temperature") ? json.Number("temperature", NumberRule.Positive) : null,
            TopP = json.Has("topP") ? json.Number("topP", NumberRule.Share) : null,
        };
        json.Finish();
        return resample;
    }

    /// <summary>What does not go together with the rest of the recipe.</summary>
    /// <param name="root">The recipe as it is written.</param>
    /// <param name="recipe">The recipe as it was read.</param>
    public static void Check(JsonObjectReader root, Recipe recipe)
    {
        if (recipe.Resample is not { } resample)
            return;
        if (recipe.Search != null)
            Round().Fault("runs every point of the grids a second time, on pairs of its own, and \"search\" runs some of them: leave one of the two out");
        if (resample.Sampling(recipe.Generation).Temperature == 0)
            Round().Fault("samples at the temperature of \"generation\", 0, at which all responses to a prompt are the same: give it a \"temperature\" above 0");
        if (resample.Judge is WorldGold && recipe.Data is not WorldChoice)
            Round().Object("judge")!.Fault("\"world\" scores only the embedded world's prompts; give \"folder\", \"decoder\" or \"neox\" for data from files");
        if (recipe.Judges.Count > 0 && IsSame(resample.Judge, recipe.Judges[0]))
            Round().Object("judge")!.Fault(TheSame(recipe.Judges[0]));
        else if (recipe.Judges.FirstOrDefault(other => RecipeGoldReader.Letters(other.Name) == RecipeGoldReader.Letters(resample.Judge.Name)) is { } twin)
            Round().Object("judge")!.Fault($"is the second judge of the name \"{twin.Name}\" (letters and digits count); give each a \"name\" of its own");

        JsonObjectReader Round() => root.Object("data")!.Object(Key)!;
    }

    /// <summary>What is wrong where the judge that chooses the pairs is the one that decides.</summary>
    public static string TheSame(GoldChoice decides) =>
        $"is the judge that decides, {decides.Name}: a policy trained on what it chose would be scored by it, too; give another one";

    // whatever it is called and however much it reads; a folder's content is compared when it is there
    private static bool IsSame(GoldChoice one, GoldChoice other) => (one, other) switch
    {
        (GoldFolder first, GoldFolder second) => first.Folder == second.Folder && first.Folder.Length > 0,
        _ => one with { Name = "", Key = "" } == other with { Name = "", Key = "" },
    };
}
