using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Alignment.Mutants;

/// <summary>Starts the processes that try mutants, one after another: a mutant may end its process, spoil it, or want one of its own.</summary>
internal sealed class Measurement(List<Mutant> mutants, string folder, string tests, int processes, string seconds)
{
    private readonly long _since = Stopwatch.GetTimestamp();
    private readonly Outcomes _outcomes = new(folder, processes);

    /// <summary>Tries all, those that no test has detected so far (again), or those without an outcome by the tests of the last time (goon).</summary>
    public void Run(string what)
    {
        if (what != "goon")
        {
            _outcomes.Forget(keepDetected: what == "again");
            Start("coverage", processes);
        }
        Coverage coverage = Coverage.Read(Path.Combine(folder, "coverage.json"));
        HashSet<int> reached = [.. coverage.Tests.SelectMany(test => test.Mutants)];
        foreach (Mutant mutant in Left(mutants).Where(mutant => !Static(mutant) && !reached.Contains(mutant.Number)))
            _outcomes.Add(new(mutant.Number, "NoCoverage", ""));
        Console.WriteLine($"{coverage.Tests.Count} tests in {coverage.Tests.Sum(test => test.Seconds):F0} s; {Left(mutants).Count} of {mutants.Count} mutants to try");
        foreach (string name in coverage.Failed)
            Console.WriteLine($"fails without mutants and is left out: {name}");
        TryAll("try", mutants.FindAll(mutant => !Static(mutant)));
        TryAll("static", mutants.FindAll(Static));

        bool Static(Mutant mutant) => mutant.Static || coverage.Static.Contains(mutant.Number);
    }

    private List<Mutant> Left(List<Mutant> some)
    {
        HashSet<int> done = [.. _outcomes.Read().Select(outcome => outcome.Number)];
        return some.FindAll(mutant => !done.Contains(mutant.Number));
    }

    private void TryAll(string what, List<Mutant> some) => Task.WaitAll([.. Enumerable.Range(0, processes).Select(process => Task.Factory.StartNew(() =>
    {
        List<Mutant> own = some.FindAll(mutant => mutant.Number % processes == process);
        while (Left(own) is { Count: > 0 } left)
            Try(what, process, left);
    }, TaskCreationOptions.LongRunning))]);

    private void Try(string what, int process, List<Mutant> some)
    {
        File.WriteAllLines(Path.Combine(folder, $"numbers.{process}.txt"), some.Select(mutant => $"{mutant.Number}"));
        Outcomes own = new(folder, process);
        int before = own.Count;
        Start(what, process);
        if (own.Count == before)
            throw new InvalidOperationException("the tests could not be listed without mutants: see above");
        if (own.Unfinished() is { } number)
            own.Add(new(number, "Killed", "the process ended"));
        Console.WriteLine($"{Stopwatch.GetElapsedTime(_since).TotalSeconds:F0} s: {Left(mutants).Count} left");
    }

    private void Start(string what, int process)
    {
        // what tests leave behind when a mutant ends them goes with the folder
        string temporary = Directory.CreateDirectory(Path.Combine(folder, $"tmp.{process}")).FullName;
        ProcessStartInfo start = new(Environment.ProcessPath!, [what, folder, tests, $"{process}", seconds])
        {
            Environment = { ["TMPDIR"] = temporary, ["OMP_NUM_THREADS"] = "1", ["OMP_WAIT_POLICY"] = "passive", ["DOTNET_GCgen0size"] = "0x8000000" },
        };
        using Process started = Process.Start(start)!;
        started.WaitForExit();
        Directory.Delete(temporary, recursive: true);
        if (what == "coverage" && started.ExitCode != 0)
            throw new InvalidOperationException("the tests could not be run without mutants: see above");
    }

    /// <summary>Writes what became of every mutant into the report, and tells the score of each file. The score is the share of mutants that tests detect.</summary>
    public double Report(JsonNode report, string file)
    {
        Dictionary<int, Outcome> of = _outcomes.Read().ToDictionary(outcome => outcome.Number);
        foreach (Mutant mutant in mutants)
        {
            mutant.Entry["status"] = of[mutant.Number].Status;
            mutant.Entry["statusReason"] = of[mutant.Number].Test;
        }
        File.WriteAllText(file, report.ToJsonString());
        File.WriteAllLines(Path.Combine(folder, "survivors.txt"),
            mutants.Where(mutant => !of[mutant.Number].Detected).Select(mutant => $"{of[mutant.Number].Status} {mutant}{Reason(of[mutant.Number])}"));
        foreach (IGrouping<string, Mutant> group in mutants.GroupBy(mutant => mutant.File))
            Console.WriteLine(Line(group.Key, group));
        Console.WriteLine(Line("all", mutants));
        return Score(mutants);

        static string Reason(Outcome outcome) => outcome.Test.Length == 0 ? "" : $" ({outcome.Test})";
        double Score(IEnumerable<Mutant> some) => 100 * some.Average(mutant => of[mutant.Number].Detected ? 1.0 : 0.0);
        int Count(IEnumerable<Mutant> some, string status) => some.Count(mutant => of[mutant.Number].Status == status);
        string Line(string name, IEnumerable<Mutant> some) => $"{name,-60} killed {Count(some, "Killed"),5}, timed out {Count(some, "Timeout"),3}, "
            + $"survived {Count(some, "Survived"),4}, not reached {Count(some, "NoCoverage"),4}: {Score(some):F1} %";
    }
}
