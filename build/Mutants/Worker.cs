using NUnit.Framework.Interfaces;

namespace Alignment.Mutants;

/// <summary>Tries mutants one after another in this process, each against the tests that reach it, cheapest class of tests first, until one fails.</summary>
internal sealed class Worker(ProductCopy own, Coverage coverage, Outcomes outcomes)
{
    private const int MostCopies = 25; // of the product in one process: none is ever unloaded
    private const double ListingSeconds = 10;

    private readonly Watch _watch = new(outcomes);
    private string? _latest; // the class that detected the last one in a copy: its neighbours are likely to be the same's

    /// <summary>Ends early where a mutant has spoiled the process for those after it.</summary>
    public void TryAll(IReadOnlyList<int> numbers)
    {
        foreach (int number in numbers)
            if (!Try(number, () => own, test => test.Mutants.Contains(number), isFirst: number == numbers[0]))
                return;
    }

    /// <summary>
    /// Tries some that are passed by while static members are made, each in a copy of the product in which it is on before anything is loaded, against all tests:
    /// what reads a static member does not pass by what made it.
    /// </summary>
    /// <param name="numbers">The first of them are tried.</param>
    /// <param name="copy">Makes a copy in which a mutant is on.</param>
    public void TryStatic(IReadOnlyList<int> numbers, Func<int, ProductCopy> copy)
    {
        foreach (int number in numbers.Take(MostCopies))
            if (!Try(number, () => copy(number), _ => true, isFirst: number == numbers[0]))
                return;
    }

    private bool Try(int number, Func<ProductCopy> product, Func<CoveringTest, bool> reaches, bool isFirst)
    {
        outcomes.Begin(number);
        ProductCopy changed = product();
        CoveringTest? killer = Killer(number, changed, reaches);
        if (changed != own)
            _latest = killer?.Fixture ?? _latest;
        // where the test fails without the mutant, too, it is for what this or an earlier mutant has left in memory. The first in a process has no earlier one
        bool isSpoiled = killer != null && FirstFailure(number, own, [killer]) != null;
        outcomes.Add(new(number, killer == null ? "Survived" : isSpoiled && !isFirst ? Outcome.Again : "Killed", killer?.Name ?? ""));
        return !isSpoiled;
    }

    private CoveringTest? Killer(int number, ProductCopy product, Func<CoveringTest, bool> reaches)
    {
        IEnumerable<List<CoveringTest>> classes = coverage.Tests.Where(reaches).GroupBy(test => test.Fixture)
            .Select(tests => tests.ToList()).OrderBy(tests => tests[0].Fixture != _latest).ThenBy(tests => tests.Sum(test => test.Seconds));
        foreach (List<CoveringTest> tests in classes)
        {
            product.Mutants.TurnOn(number);
            CoveringTest? killer = FirstFailure(number, product, tests);
            product.Mutants.TurnOn(-1);
            if (killer != null)
                return killer;
        }
        return null;
    }

    private CoveringTest? FirstFailure(int number, ProductCopy product, List<CoveringTest> tests)
    {
        Listener listener = new();
        _watch.Start(number, "the list of tests", ListingSeconds);
        TestAssemblies listed = product.TestsOf(tests[0].Class);
        _watch.Start(number, tests[0].Fixture, tests.Sum(test => test.Seconds));
        listed.Run(tests.Select(test => test.Name).ToHashSet(), listener, stopAtFirstFailure: true);
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
