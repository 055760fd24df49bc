namespace Alignment.Mutants;

/// <summary>Which classes of tests are likely to detect a mutant for their time: what has detected mutants of the same file, and before that is known, what reaches little else.</summary>
internal sealed class Likelihood
{
    private const double ListingSeconds = 0.01; // of the time that a class takes, however quick its tests are

    private readonly Dictionary<int, string> _files;
    private readonly Dictionary<(string File, string Fixture), double> _ofFixtures = [];

    /// <summary>Begins with what is known.</summary>
    public Likelihood(Coverage coverage, List<Mutant> mutants, List<Outcome> outcomes)
    {
        _files = mutants.ToDictionary(mutant => mutant.Number, mutant => mutant.File);
        ILookup<string, string> fixtures = coverage.Tests.ToLookup(test => test.Name, test => test.Fixture);
        foreach (IGrouping<string, CoveringTest> tests in coverage.Tests.GroupBy(test => test.Fixture))
        {
            HashSet<int> reached = [.. tests.SelectMany(test => test.Mutants).Where(_files.ContainsKey)];
            foreach (IGrouping<string, int> ofFile in reached.GroupBy(number => _files[number]))
                _ofFixtures[(ofFile.Key, tests.Key)] = (double)ofFile.Count() / reached.Count;
        }
        foreach (Outcome outcome in outcomes.Where(outcome => outcome.Detected))
            Detected(outcome.Number, fixtures[outcome.Test].FirstOrDefault(outcome.Test));
    }

    /// <summary>Takes into account what a test has detected.</summary>
    public void Detected(int number, CoveringTest? test)
    {
        if (test != null)
            Detected(number, test.Fixture);
    }

    /// <summary>The classes of some tests, the one that is likeliest to detect a mutant for its seconds first.</summary>
    public IEnumerable<List<CoveringTest>> Ordered(int number, IEnumerable<CoveringTest> tests) => tests.GroupBy(test => test.Fixture).Select(ofClass => ofClass.ToList())
        .OrderBy(ofClass => (ListingSeconds + ofClass.Sum(test => test.Seconds)) / _ofFixtures.GetValueOrDefault((_files[number], ofClass[0].Fixture), 1e-3));

    private void Detected(int number, string fixture)
    {
        (string, string) key = (_files[number], fixture);
        _ofFixtures[key] = _ofFixtures.GetValueOrDefault(key) + 1;
    }
}
