using Alignment.Recipes;
using Alignment.Tests.Unit.Mutations;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Recipes;

/// <summary>Damaged recipes are read, with all their grid points, or give one RecipeException that names the file.</summary>
[NonParallelizable]
public class RecipeMutationTests
{
    [TestCase("tiny"), TestCase("hh-rlhf"), TestCase("paper")]
    public void Four_hundred_damaged_recipes_are_read_or_refused(string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("mine.json");
        File.WriteAllText(path, RecipeFile.ShippedText(name));
        new MutationRun(path, typeof(RecipeException)).Read(400, () =>
        {
            Recipe recipe = RecipeFile.Load(path, folder.Path);
            return Grid.SftPoints(recipe).Count + Grid.PreferencePoints(recipe).Count;
        });
    }
}
