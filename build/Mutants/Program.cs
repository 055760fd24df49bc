using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
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

Console.SetOut(TextWriter.Null);
string coverageFile = Path.Combine(folder, "coverage.json");
Regex wanted = new(tests);
AssemblyLoadContext process = AssemblyLoadContext.Default;
if (what == "coverage")
{
    MutantSwitch mutants = new(process.LoadFromAssemblyName(new AssemblyName("Alignment")));
    mutants.TurnOn(-1);
    Coverage.Measured(mutants, () => TestAssemblies.Of(process, wanted, [])).Write(coverageFile);
    return 0;
}
Coverage coverage = Coverage.Read(coverageFile);
int[] numbers = [.. File.ReadLines(Path.Combine(folder, "numbers.txt")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
Worker worker = new(new ProductCopy(process, -1, wanted, coverage.Fixtures), coverage, outcomes);
if (what == "static")
    worker.TryStatic(numbers, number => new ProductCopy(ProductCopy.Another(), number, wanted, fixtures: null));
else
    worker.TryAll(numbers);
return 0;
