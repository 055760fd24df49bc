using NUnit.Framework.Interfaces;

namespace Alignment.Mutants;

/// <summary>Tries mutants one after another in this process, each against the tests that reach it, cheapest class of tests first, until one fails.</summary>
internal sealed class Worker(TestAssemblies assemblies, MutantSwitch mutants, Coverage coverage, Outcomes outcomes)
{
    private readonly Watch _watch = new(outcomes);

    /// <summary>Ends early where a mutant has spoiled the process for those after it.</summary>
    public void TryAll(IReadOnlyList<int> numbers)
    {
        foreach (int number in numbers)
        {
            outcomes.Begin(number);
            if (Killer(number, test => test.Mutants.Contains(number)) is not { } killer)
                outcomes.Add(new(number, "Survived", ""));
            else if (FirstFailure(number, [killer]) == null)
                outcomes.Add(new(number, "Killed", killer.Name));
            else
            {
                // the test fails without the mutant, too: what this or an earlier mutant has left in memory. The first in a process has no earlier one
                outcomes.Add(new(number, number == numbers[0] ? "Killed" : Outcome.Again, killer.Name));
                return;
            }
        }
    }

    /// <summary>Tries one that was begun and turned on before anything was loaded, against all tests: what reads a static member does not pass by what made it.</summary>
    public void TryStatic(int number)
    {
        CoveringTest? killer = Killer(number, _ => true);
        outcomes.Add(killer == null ? new(number, "Survived", "") : new(number, "Killed", killer.Name));
    }

    private CoveringTest? Killer(int number, Func<CoveringTest, bool> reaches)
    {
        IEnumerable<List<CoveringTest>> classes = coverage.Tests.Where(reaches).GroupBy(test => test.Fixture)
            .Select(tests => tests.ToList()).OrderBy(tests => tests.Sum(test => test.Seconds));
        foreach (List<CoveringTest> tests in classes)
        {
            mutants.TurnOn(number);
            CoveringTest? killer = FirstFailure(number, tests);
            mutants.TurnOn(-1);
            if (killer != null)
                return killer;
        }
        return null;
    }

    private CoveringTest? FirstFailure(int number, List<CoveringTest> tests)
    {
        Listener listener = new();
        _watch.Start(number, tests[0].Fixture, tests.Sum(test => test.Seconds));
        assemblies.Run(tests.Select(test => test.Name).ToHashSet(), listener, stopAtFirstFailure: true);
        _watch.Stop();
        return tests.Find(test => test.Name == listener.Failed);
    }

    private sealed class Listener : ITestListener
    {
        public string? Failed { get; private set; }

        public void TestStarted(ITest test)
        {
        }

        public void TestFinished(ITestResult result)
        {
            if (!result.Test.IsSuite && result.ResultState.Status == TestStatus.Failed)
                Failed ??= result.Test.FullName;
        }

        public void TestOutput(TestOutput output)
        {
        }

        public void SendMessage(TestMessage message)
        {
        }
    }
}
