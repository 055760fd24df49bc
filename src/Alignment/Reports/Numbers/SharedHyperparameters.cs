using System.Globalization;
using Alignment.Recipes;

namespace Alignment.Reports.Numbers;

/// <summary>The hyperparameters of which all methods of a sweep tried the same values: such as learning rate and epochs of a grid. They part settings into those that compare.</summary>
internal static class SharedHyperparameters
{
    /// <summary>Their names; none where fewer than two methods are given.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<MethodRuns> methods)
    {
        if (methods.Count < 2)
            return [];
        IEnumerable<string> names = methods[0].Ranked.SelectMany(run => run.Point.Parameters).Select(parameter => parameter.Key).Where(name => name != Grid.Seed).Distinct();
        return [.. names.Where(name => methods.Skip(1).All(method => Tried(method, name).SetEquals(Tried(methods[0], name))))];
    }

    /// <summary>A setting's values of <paramref name="names"/>, one text for equal ones; numbers by size, however they are spelled.</summary>
    public static string Values(Setting setting, IReadOnlyList<string> names) => string.Join(' ',
        names.Select(name => setting.Parameters.Where(parameter => parameter.Key == name).Select(parameter => $"{name} {Plain(parameter.Value)}").FirstOrDefault("")));

    private static HashSet<string> Tried(MethodRuns method, string name) =>
        [.. method.Ranked.Select(run => run.Point.Spelling(name) is { } text ? Plain(text) : "")];

    private static string Plain(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number.ToString("R", CultureInfo.InvariantCulture) : text;
}
