using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.Mutants;

// measure|again|goon FOLDER TESTS SCORE PROCESSES SECONDS: tries the mutants of FOLDER/reports/mutation-report.json, those that no test has detected so far, or what an
// interrupted run has left, each against tests of so many seconds at most; ends with 1 below the score. coverage|try|static FOLDER TESTS PROCESS SECONDS: the processes that it starts
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
(string what, string folder, string tests) = (args[0], args[1], args[2]);
string reportFile = Path.Combine(folder, "reports", "mutation-report.json");
if (what is "measure" or "again" or "goon")
{
    JsonNode report = JsonNode.Parse(File.ReadAllText(reportFile))!;
    Measurement measurement = new(Mutant.Read(report), folder, tests, int.Parse(args[4], CultureInfo.InvariantCulture), args[5]);
    measurement.Run(what);
    return measurement.Report(report, reportFile) < double.Parse(args[3], CultureInfo.InvariantCulture) ? 1 : 0;
}

Console.SetOut(TextWriter.Null);
int number = int.Parse(args[3], CultureInfo.InvariantCulture);
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
int[] numbers = [.. File.ReadLines(Path.Combine(folder, $"numbers.{number}.txt")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
Outcomes outcomes = new(folder, number);
Likelihood likelihood = new(coverage, Mutant.Read(JsonNode.Parse(File.ReadAllText(reportFile))!), outcomes.Read());
Worker worker = new(new ProductCopy(process, -1, wanted, coverage.Fixtures), coverage, outcomes, likelihood, double.Parse(args[4], CultureInfo.InvariantCulture));
if (what == "static")
    worker.TryStatic(numbers, mutant => new ProductCopy(ProductCopy.Another(), mutant, wanted, fixtures: null));
else
    worker.TryAll(numbers);
return 0;
