using System.Text.Json;
using System.Text.Json.Serialization;
using NUnit.Framework.Interfaces;

namespace Alignment.Mutants;

/// <summary>One test that passes without mutants: what it passes by and how long it takes.</summary>
internal sealed record CoveringTest(string Name, string Fixture, double Seconds, HashSet<int> Mutants)
{
    /// <summary>The fixture without the arguments that a class may have.</summary>
    [JsonIgnore]
    public string Class => Fixture.Split('(')[0];
}

/// <summary>Which tests reach which mutants, of runs of every test without any.</summary>
/// <param name="Tests">Those that pass.</param>
/// <param name="Static">
/// Mutants that are passed by once a process, while a static member is made, a test runs for the first time or tests are listed: these need a copy of the product of their own.
/// </param>
/// <param name="Failed">Tests that fail without mutants, which say nothing.</param>
internal sealed record Coverage(List<CoveringTest> Tests, HashSet<int> Static, List<string> Failed)
{
    /// <summary>The classes of the tests, without the arguments that a class may have.</summary>
    [JsonIgnore]
    public IReadOnlyCollection<string> Fixtures => [.. Tests.Select(test => test.Class).Distinct()];

    /// <summary>Runs every test twice: what only the first run passes by is done once a process, as by a lazy value or a static member without mutants of its own.</summary>
    /// <param name="mutants">Tells what is passed by.</param>
    /// <param name="load">Lists the tests.</param>
    public static Coverage Measured(MutantSwitch mutants, Func<TestAssemblies> load)
    {
        mutants.Capture(true);
        TestAssemblies assemblies = load();
        int[] whileLoading = mutants.PassedBy().All;
        Coverage first = Run(), again = Run();
        mutants.Capture(false);
        // the first time is the longer one: a copy of the product makes its static members and is compiled anew
        ILookup<string, double> seconds = first.Tests.ToLookup(test => test.Name, test => test.Seconds);
        List<CoveringTest> tests = [.. again.Tests.Where(test => seconds.Contains(test.Name)).Select(test => test with { Seconds = seconds[test.Name].Max() })];
        return new(tests, [.. first.Static, .. again.Static, .. whileLoading.Concat(Passed(first.Tests)).Except(Passed(tests))], [.. first.Failed.Union(again.Failed)]);

        static IEnumerable<int> Passed(IEnumerable<CoveringTest> tests) => tests.SelectMany(test => test.Mutants);

        Coverage Run()
        {
            Listener listener = new(mutants);
            assemblies.Run(assemblies.Tests.Select(test => test.FullName).ToHashSet(), listener, stopAtFirstFailure: false);
            foreach (CoveringTest test in listener.Coverage.Tests)
                test.Mutants.UnionWith(listener.OfFixtures.GetValueOrDefault(test.Fixture, []));
            return listener.Coverage;
        }
    }

    public static Coverage Read(string file) => JsonSerializer.Deserialize<Coverage>(File.ReadAllText(file))!;

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this));

    private sealed class Listener(MutantSwitch mutants) : ITestListener
    {
        public Coverage Coverage { get; } = new([], [], []);

        public Dictionary<string, HashSet<int>> OfFixtures { get; } = [];

        public void TestStarted(ITest test) => TakeOutside(test);

        public void TestFinished(ITestResult result)
        {
            ITest test = result.Test;
            if (test.IsSuite)
                TakeOutside(test);
            else if (result.ResultState.Status is TestStatus.Failed)
                Coverage.Failed.Add(test.FullName);
            else if (result.ResultState.Status is TestStatus.Passed or TestStatus.Warning)
                Coverage.Tests.Add(new(test.FullName, TestAssemblies.Fixture(test)!, result.Duration, Take()));
        }

        public void TestOutput(TestOutput output)
        {
        }

        public void SendMessage(TestMessage message)
        {
        }

        // what is passed by between tests is a fixture's setting up, which all of its tests need
        private void TakeOutside(ITest test)
        {
            HashSet<int> passedBy = Take();
            if (passedBy.Count > 0 && TestAssemblies.Fixture(test) is { } fixture && !OfFixtures.TryAdd(fixture, passedBy))
                OfFixtures[fixture].UnionWith(passedBy);
        }

        private HashSet<int> Take()
        {
            (int[] all, int[] ofStatics) = mutants.PassedBy();
            Coverage.Static.UnionWith(ofStatics);
            return [.. all];
        }
    }
}
