namespace Alignment.Mutants;

/// <summary>
/// Which tests are likely to detect a mutant for their time: what has detected mutants of the same file, and before that is known, what reaches little else.
/// Quick tests of a class are run together, for what they set up once, others by themselves.
/// </summary>
internal sealed class Likelihood
{
    private const double Overhead = 0.01; // seconds that starting a run of tests takes, however quick they are
    private const double Together = 0.5; // seconds of a class's tests up to which it is run as a whole

    private readonly Dictionary<int, string> _files;
    private readonly Dictionary<string, string> _parts;
    private readonly Dictionary<(string File, string Part), double> _likelihoods = [];

    /// <summary>Begins with what is known.</summary>
    public Likelihood(Coverage coverage, List<Mutant> mutants, List<Outcome> outcomes)
    {
        _files = mutants.ToDictionary(mutant => mutant.Number, mutant => mutant.File);
        _parts = coverage.Tests.GroupBy(test => test.Fixture).SelectMany(ofClass => ofClass.Select(test => (test.Name, Part: Seconds(ofClass) <= Together ? test.Fixture : test.Name)))
            .DistinctBy(test => test.Name).ToDictionary(test => test.Name, test => test.Part);
        foreach (IGrouping<string, CoveringTest> tests in coverage.Tests.GroupBy(test => _parts[test.Name]))
        {
            HashSet<int> reached = [.. tests.SelectMany(test => test.Mutants).Where(_files.ContainsKey)];
            foreach (IGrouping<string, int> ofFile in reached.GroupBy(number => _files[number]))
                _likelihoods[(ofFile.Key, tests.Key)] = (double)ofFile.Count() / reached.Count;
        }
        foreach (Outcome outcome in outcomes.Where(outcome => outcome.Detected))
            Detected(outcome.Number, outcome.Test);
    }

    /// <summary>Takes into account what a test has detected.</summary>
    public void Detected(int number, string test)
    {
        (string, string) key = (_files[number], _parts.GetValueOrDefault(test, test));
        _likelihoods[key] = _likelihoods.GetValueOrDefault(key) + 1;
    }

    /// <summary>Some tests in parts, each of one class; the part that is likeliest to detect a mutant for its seconds comes first.</summary>
    public IEnumerable<List<CoveringTest>> Ordered(int number, IEnumerable<CoveringTest> tests) => tests.GroupBy(test => _parts[test.Name]).Select(part => part.ToList())
        .OrderBy(part => (Overhead + Seconds(part)) / _likelihoods.GetValueOrDefault((_files[number], _parts[part[0].Name]), 1e-3));

    private static double Seconds(IEnumerable<CoveringTest> tests) => tests.Sum(test => test.Seconds);
}
