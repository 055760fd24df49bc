using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>Finds the files and folders a recipe names: in the data folder the user gave, else beside the recipe.</summary>
internal static class RecipePath
{
    /// <summary>The full path of a file or folder.</summary>
    /// <param name="recipe">The recipe that names it.</param>
    /// <param name="options">May say where data is.</param>
    /// <param name="name">Absolute, or relative to the data folder or the recipe.</param>
    /// <param name="key">Where the recipe names it, for the message.</param>
    /// <exception cref="RecipeException">It is in neither place.</exception>
    public static string Find(Recipe recipe, SweepOptions options, string name, string key)
    {
        string[] places = [.. new[] { options.DataFolder, Path.GetDirectoryName(recipe.File) }.OfType<string>().Select(folder => Path.GetFullPath(name, folder)).Distinct()];
        return places.FirstOrDefault(Path.Exists) ?? throw new RecipeException(
            [$"{Path.GetFileName(recipe.File)}: $.{key} names {name}, which is not there: looked at {string.Join(" and ", places)}"
                + (options.DataFolder == null ? "; name the folder that holds it with -p:DataDir=FOLDER" : "")]);
    }
}
