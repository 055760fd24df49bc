using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Alignment.Mutants;

/// <summary>Starts the processes that try mutants, one after another: a mutant may end its process, spoil it, or want one of its own.</summary>
internal sealed class Measurement(List<Mutant> mutants, string folder, string tests, Outcomes outcomes)
{
    private readonly long _since = Stopwatch.GetTimestamp();

    public string CoverageFile => Path.Combine(folder, "coverage.json");

    public void Run()
    {
        Start("coverage");
        Coverage coverage = Coverage.Read(CoverageFile);
        HashSet<int> reached = [.. coverage.Tests.SelectMany(test => test.Mutants)];
        foreach (Mutant mutant in Left().Where(mutant => !Static(mutant) && !reached.Contains(mutant.Number)))
            outcomes.Add(new(mutant.Number, "NoCoverage", ""));
        Console.WriteLine($"{coverage.Tests.Count} tests in {coverage.Tests.Sum(test => test.Seconds):F0} s; {Left().Count} of {mutants.Count} mutants to try");
        foreach (string name in coverage.Failed)
            Console.WriteLine($"fails without mutants and is left out: {name}");

        bool Static(Mutant mutant) => mutant.Static || coverage.Static.Contains(mutant.Number);
        while (Left().Exists(mutant => !Static(mutant)))
            Try("try", [.. Left().Where(mutant => !Static(mutant)).Select(mutant => mutant.Number)]);
        while (Left() is { Count: > 0 } left)
            Try("static", [.. left.Select(mutant => mutant.Number)]);
    }

    private List<Mutant> Left()
    {
        HashSet<int> done = [.. outcomes.Read().Select(outcome => outcome.Number)];
        return mutants.FindAll(mutant => !done.Contains(mutant.Number));
    }

    private void Try(string what, IEnumerable<int> numbers)
    {
        string list = Path.Combine(folder, "numbers.txt");
        File.WriteAllLines(list, numbers.Select(number => $"{number}"));
        int before = outcomes.Lines;
        Start(what);
        if (outcomes.Unfinished() is { } number)
            outcomes.Add(new(number, "Killed", "the process ended"));
        if (outcomes.Lines == before)
            throw new InvalidOperationException("the tests could not be listed without mutants: see above");
        Console.WriteLine($"{Stopwatch.GetElapsedTime(_since).TotalSeconds:F0} s: {Left().Count} left");
    }

    private void Start(string what)
    {
        // what tests leave behind when a mutant ends them goes with the folder
        string temporary = Directory.CreateDirectory(Path.Combine(folder, "tmp")).FullName;
        ProcessStartInfo start = new(Environment.ProcessPath!, [what, folder, tests])
        {
            Environment = { ["TMPDIR"] = temporary, ["OMP_NUM_THREADS"] = "1", ["OMP_WAIT_POLICY"] = "passive", ["DOTNET_GCgen0size"] = "0x8000000" },
        };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        Directory.Delete(temporary, recursive: true);
        if (what == "coverage" && process.ExitCode != 0)
            throw new InvalidOperationException("the tests could not be run without mutants: see above");
    }

    /// <summary>Writes what became of every mutant into the report, and tells the score of each file. The score is the share of mutants that tests detect.</summary>
    public double Report(JsonNode report, string file)
    {
        Dictionary<int, Outcome> of = outcomes.Read().ToDictionary(outcome => outcome.Number);
        foreach (Mutant mutant in mutants)
        {
            mutant.Entry["status"] = of[mutant.Number].Status;
            mutant.Entry["statusReason"] = of[mutant.Number].Test;
        }
        File.WriteAllText(file, report.ToJsonString());
        File.WriteAllLines(Path.Combine(folder, "survivors.txt"),
            mutants.Where(mutant => !of[mutant.Number].Detected).Select(mutant => $"{of[mutant.Number].Status} {mutant}"));
        foreach (IGrouping<string, Mutant> group in mutants.GroupBy(mutant => mutant.File))
            Console.WriteLine(Line(group.Key, group));
        Console.WriteLine(Line("all", mutants));
        return Score(mutants);

        double Score(IEnumerable<Mutant> some) => 100 * some.Average(mutant => of[mutant.Number].Detected ? 1.0 : 0.0);
        int Count(IEnumerable<Mutant> some, string status) => some.Count(mutant => of[mutant.Number].Status == status);
        string Line(string name, IEnumerable<Mutant> some) => $"{name,-60} killed {Count(some, "Killed"),5}, timed out {Count(some, "Timeout"),3}, "
            + $"survived {Count(some, "Survived"),4}, not reached {Count(some, "NoCoverage"),4}: {Score(some):F1} %";
    }
}
