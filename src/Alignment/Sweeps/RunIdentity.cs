using System.Text.Json;
using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>
/// Run ids from content: a readable slug and a hash of everything that decides the result. The same point of the same recipe on the same data has
/// the same id in every process; points added to a grid leave the others' ids as they are, but a preference run's id holds the whole SFT grid,
/// because that decides which model it starts from.
/// </summary>
/// <param name="recipe">The recipe.</param>
/// <param name="data">Fingerprint of the data.</param>
/// <param name="models">Fingerprint of the policy's and gold model's folders, empty where neither is one.</param>
internal sealed class RunIdentity(Recipe recipe, string data, string models)
{
    // raised when code changes what a recipe computes
    private const int Version = 2;
    private const int HashDigits = 10;

    /// <summary>The id of a grid point.</summary>
    public string Of(GridPoint point)
    {
        bool sft = Grid.IsBeforeMethods(point);
        object content = new
        {
            Version,
            recipe.Seed,
            Policy = (object)(recipe.Policy with { Lora = Grid.Lora(recipe, point) }),
            Gold = (object)recipe.Gold,
            Data = data,
            Models = models,
            recipe.Generation,
            recipe.TestPrompts,
            Sft = recipe.Sft?.Training,
            SftLora = sft ? null : recipe.Sft?.Lora,
            SftGrid = sft ? null : Grid.SftPoints(recipe).Select(start => start.Slug),
            Grid.Stage(recipe, point)?.Training,
            point.Method,
            point.Parameters,
        };
        return $"{point.Slug}-{Fingerprint.Of(JsonSerializer.Serialize(content), HashDigits)}";
    }
}
