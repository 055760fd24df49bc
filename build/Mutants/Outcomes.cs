using System.Globalization;

namespace Alignment.Mutants;

/// <summary>What became of a mutant, in the words of mutation-testing-elements, and the test that told.</summary>
internal sealed record Outcome(int Number, string Status, string Test)
{
    /// <summary>Of a mutant to be tried again in another process.</summary>
    public const string Again = "Again";

    public bool Detected => Status is "Killed" or "Timeout";
}

/// <summary>The outcomes so far: a file of lines, since a process may die of a mutant at any moment.</summary>
internal sealed class Outcomes(string file)
{
    private const string Begun = "Begun";

    public List<Outcome> Read() => [.. All().Where(outcome => outcome.Status is not (Begun or Outcome.Again))];

    /// <summary>The mutant that the last process was at when it ended, if it has no outcome.</summary>
    public int? Unfinished() => All().LastOrDefault() is { Status: Begun } last ? last.Number : null;

    /// <summary>How many lines the file has.</summary>
    public int Lines => All().Count();

    public void Begin(int number) => Add(new(number, Begun, ""));

    public void Add(Outcome outcome) => File.AppendAllText(file, $"{outcome.Number}\t{outcome.Status}\t{outcome.Test.ReplaceLineEndings(" ")}\n");

    /// <summary>Forgets what no test has detected.</summary>
    public void KeepDetected()
    {
        List<Outcome> detected = [.. All().Where(outcome => outcome.Detected)];
        File.Delete(file);
        detected.ForEach(Add);
    }

    private IEnumerable<Outcome> All() => !File.Exists(file) ? []
        : File.ReadLines(file).Select(line => line.Split('\t')).Select(parts => new Outcome(int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2]));
}
