using System.Globalization;

namespace Alignment.Mutants;

/// <summary>What became of a mutant, in the words of mutation-testing-elements, and the test that told.</summary>
internal sealed record Outcome(int Number, string Status, string Test)
{
    /// <summary>Of a mutant to be tried again in another process.</summary>
    public const string Again = "Again";

    public bool Detected => Status is "Killed" or "Timeout";
}

/// <summary>The outcomes so far: a file of lines for each process that tries mutants, since it may die of one at any moment.</summary>
/// <param name="folder">Of the files.</param>
/// <param name="process">Whose file is added to.</param>
internal sealed class Outcomes(string folder, int process)
{
    private const string Begun = "Begun";

    private readonly string _file = Path.Combine(folder, $"outcomes.{process}.tsv");

    /// <summary>Those of all processes.</summary>
    public List<Outcome> Read() => [.. Files().SelectMany(Lines).Where(outcome => outcome.Status is not (Begun or Outcome.Again))];

    /// <summary>The mutant that the last process was at when it ended, if it has no outcome.</summary>
    public int? Unfinished() => Lines(_file).LastOrDefault() is { Status: Begun } last ? last.Number : null;

    /// <summary>How many lines the process's file has.</summary>
    public int Count => Lines(_file).Count();

    public void Begin(int number) => Add(new(number, Begun, ""));

    public void Add(Outcome outcome) => File.AppendAllText(_file, $"{outcome.Number}\t{outcome.Status}\t{outcome.Test.ReplaceLineEndings(" ")}\n");

    /// <summary>Forgets the outcomes of the last time, of all processes.</summary>
    /// <param name="keepDetected">All but what tests have detected.</param>
    public void Forget(bool keepDetected)
    {
        List<Outcome> kept = keepDetected ? Read().FindAll(outcome => outcome.Detected) : [];
        foreach (string file in Files())
            File.Delete(file);
        kept.ForEach(Add);
    }

    private string[] Files() => Directory.GetFiles(folder, "outcomes.*.tsv");

    private static IEnumerable<Outcome> Lines(string file) => !File.Exists(file) ? []
        : File.ReadLines(file).Select(line => line.Split('\t')).Where(parts => parts.Length == 3)
            .Select(parts => new Outcome(int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2]));
}
