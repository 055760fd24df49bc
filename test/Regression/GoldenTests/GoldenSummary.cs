using System.Globalization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>After the last golden test: how many cases and numbers of each file were compared.</summary>
[SetUpFixture]
public sealed class GoldenSummary
{
    private static readonly SortedDictionary<string, (int Cases, int Values)> s_files = new(StringComparer.Ordinal);

    /// <summary>Counts a part of a file; what follows its name after a comma or " and " is left out.</summary>
    public static void Add(string file, int cases, int values)
    {
        string name = file.Split([",", " and ", " in "], StringSplitOptions.None)[0];
        lock (s_files)
            s_files[name] = s_files.GetValueOrDefault(name) is var (before, compared) ? (before + cases, compared + values) : default;
    }

    [OneTimeTearDown]
    public void Print()
    {
        foreach ((string file, (int cases, int values)) in s_files)
            TestContext.Progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"golden: {file}: {cases:N0} cases, {values:N0} comparisons"));
        if (s_files.Count > 0)
            TestContext.Progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"golden: {s_files.Count} files, {s_files.Values.Sum(file => file.Cases):N0} cases, {s_files.Values.Sum(file => (long)file.Values):N0} comparisons"));
    }
}
