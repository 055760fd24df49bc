using System.Globalization;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// Processes killed with SIGKILL at random moments, over every stage of a sweep that also trains its gold model: what goes on after them ends
/// with the bytes and the files of an undisturbed sweep, and nothing else stays. <c>-p:Kills=100</c> kills so often; a few times by default.
/// </summary>
[NonParallelizable, Category("Kills")]
public sealed class KilledAnywhereTests
{
    private const int Few = 5;

    private readonly string _root = Directory.CreateTempSubdirectory("killed-anywhere").FullName;

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Whenever_processes_are_killed_the_sweep_ends_with_the_same_bytes_and_no_leftovers()
    {
        int kills = TestContext.Parameters.Get("Kills") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Few;
        string recipe = GoldRecipe.Write(_root), undisturbed = Path.Combine(_root, "undisturbed");
        (IReadOnlyList<string> lines, TimeSpan whole, bool ended) = ChildProcess.RunFor(recipe, undisturbed, TimeSpan.MaxValue);
        Assert.That(ended);
        Assert.That(lines, Has.Some.StartsWith("[gold] train"));
        SortedDictionary<string, string> results = StoreFiles.Results(undisturbed);
        string[] files = StoreFiles.Names(undisturbed);

        var random = new SeededRandom(1, "kills");
        int done = 0;
        for (int store = 0; done < kills; store++)
        {
            string sweeps = Path.Combine(_root, $"store-{store}");
            List<string> last = [];
            for (bool end = false; !end;)
            {
                // now and then late enough to come to its end; when all kills are done, always
                TimeSpan after = done < kills ? whole * (0.9 * random.NextDouble()) : TimeSpan.MaxValue;
                (IReadOnlyList<string> printed, TimeSpan time, end) = ChildProcess.RunFor(recipe, sweeps, after);
                if (end && last.Count == 0)
                    whole = time; // the first one was slower
                if (!end)
                {
                    done++;
                    last.Add(printed.Count == 0 ? "(nothing)" : printed[^1]);
                }
            }

            TestContext.Progress.WriteLine($"store {store}: killed {last.Count} times, after: {string.Join("; ", last)}");
            Assert.That(StoreFiles.Results(sweeps), Is.EqualTo(results), $"store {store}");
            Assert.That(StoreFiles.Names(sweeps), Is.EqualTo(files), $"store {store}");
            Directory.Delete(sweeps, recursive: true);
        }

        TestContext.Progress.WriteLine($"{done} kills, the same bytes each time");
    }
}
