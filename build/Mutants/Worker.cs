using NUnit.Framework.Interfaces;

namespace Alignment.Mutants;

/// <summary>Tries mutants one after another in this process, each against the tests that reach it, part by part, until one fails.</summary>
/// <param name="own">The product in which all but static ones are tried.</param>
/// <param name="coverage">Which tests reach which mutants.</param>
/// <param name="outcomes">What is found goes there.</param>
/// <param name="likelihood">Says which tests are worth their time first.</param>
/// <param name="most">Seconds of tests for each mutant: what would go beyond is left out.</param>
internal sealed class Worker(ProductCopy own, Coverage coverage, Outcomes outcomes, Likelihood likelihood, double most)
{
    private const int MostCopies = 25; // of the product in one process: none is ever unloaded
    private const double ListingSeconds = 10;

    private readonly Watch _watch = new(outcomes);

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
        (CoveringTest? killer, string left) = Killer(number, changed, reaches);
        // where the test fails without the mutant, too, it is for what this or an earlier mutant has left in memory. The first in a process has no earlier one
        bool isSpoiled = killer != null && FirstFailure(number, own, [killer]) != null;
        outcomes.Add(new(number, killer == null ? "Survived" : isSpoiled && !isFirst ? Outcome.Again : "Killed", killer?.Name ?? left));
        if (killer != null)
            likelihood.Detected(number, killer.Name);
        return !isSpoiled;
    }

    private (CoveringTest? Killer, string Left) Killer(int number, ProductCopy product, Func<CoveringTest, bool> reaches)
    {
        double tried = 0, left = 0;
        foreach (List<CoveringTest> tests in likelihood.Ordered(number, coverage.Tests.Where(reaches)))
        {
            double seconds = tests.Sum(test => test.Seconds);
            if (tried + seconds > most)
            {
                left += seconds;
                continue;
            }
            tried += seconds;
            product.Mutants.TurnOn(number);
            CoveringTest? killer = FirstFailure(number, product, tests);
            product.Mutants.TurnOn(-1);
            if (killer != null)
                return (killer, "");
        }
        return (null, left == 0 ? "" : $"by {tried:F1} s of tests, {left:F1} s left out");
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
