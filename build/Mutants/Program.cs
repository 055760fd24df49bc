using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.Mutants;

// measure|again FOLDER TESTS SCORE: tries the mutants of FOLDER/reports/mutation-report.json, or those that no test has detected so far; ends with 1 below the score.
// coverage|try|static FOLDER TESTS: the processes that it starts
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
(string what, string folder, string tests) = (args[0], args[1], args[2]);
Outcomes outcomes = new(Path.Combine(folder, "outcomes.tsv"));
if (what is "measure" or "again")
{
    string file = Path.Combine(folder, "reports", "mutation-report.json");
    JsonNode report = JsonNode.Parse(File.ReadAllText(file))!;
    Measurement measurement = new(Mutant.Read(report), folder, tests, outcomes);
    if (what == "measure")
        File.Delete(Path.Combine(folder, "outcomes.tsv"));
    else
        outcomes.KeepDetected();
    measurement.Run();
    return measurement.Report(report, file) < double.Parse(args[3], CultureInfo.InvariantCulture) ? 1 : 0;
}

MutantSwitch mutants = new(Assembly.Load("Alignment"));
int[] numbers = what == "coverage" ? [] : [.. File.ReadLines(Path.Combine(folder, "numbers.txt")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
mutants.TurnOn(what == "static" ? numbers[0] : -1);
if (what == "static")
    outcomes.Begin(numbers[0]);
Console.SetOut(TextWriter.Null);
string coverage = Path.Combine(folder, "coverage.json");
if (what == "coverage")
{
    Coverage.Measured(mutants, Load).Write(coverage);
    return 0;
}
Worker worker = new(Load(), mutants, Coverage.Read(coverage), outcomes);
if (what == "static")
    worker.TryStatic(numbers[0]);
else
    worker.TryAll(numbers);
return 0;

TestAssemblies Load() => new([Assembly.Load("Alignment.Tests.Unit"), Assembly.Load("Alignment.Tests.Regression")], new Regex(tests));
