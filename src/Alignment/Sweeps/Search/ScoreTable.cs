using System.Text.Json;
using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps.Search;

/// <summary>The scores of a run's responses, in the order of the prompts.</summary>
/// <param name="Point">What it was trained with, the seed included where settings were repeated.</param>
/// <param name="Scores">[prompts].</param>
internal sealed record ScoredRun(GridPoint Point, double[] Scores)
{
    /// <summary>Over all prompts.</summary>
    public double Mean { get; } = Scores.Average();
}

/// <summary>
/// The numbers of a stored sweep that simulate others: which setting got which scores, without texts and weights. As a file: what it is, and a line a
/// run, { "method", "parameters": { name: spelling }, "scores": […] }, every list of scores in the same order of prompts.
/// </summary>
/// <param name="What">Where the numbers come from.</param>
/// <param name="Runs">In the recipe's order.</param>
internal sealed record ScoreTable(string What, IReadOnlyList<ScoredRun> Runs)
{
    private static readonly JsonKind<double[]> s_scores = new("a list of at least two finite numbers", [0, 0], static (JsonElement value, out double[] read) =>
    {
        bool isList = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number);
        read = isList ? [.. value.EnumerateArray().Select(item => item.GetDouble())] : [];
        return read.Length > 1 && read.All(double.IsFinite);
    });

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">It is not of that form; each fault with its line.</exception>
    public static ScoreTable Read(string path)
    {
        var faults = new DocumentFaults(Path.GetFileName(path));
        ScoreTable? table = faults.Read(File.ReadAllText(path)) is { } json ? Read(json) : null;
        return table != null && faults.All.Count == 0 ? table : throw new InvalidDataException(string.Join('\n', faults.All));
    }

    /// <summary>Writes the file; scores have four decimals.</summary>
    public void Write(string path)
    {
        IEnumerable<string> runs = Runs.Select(run => JsonSerializer.Serialize(new
        {
            method = run.Point.Method,
            parameters = new Dictionary<string, string>(run.Point.Parameters),
            scores = run.Scores.Select(score => Math.Round(score, 4)),
        }));
        AtomicFile.WriteText(path, $"{{ \"what\": {JsonSerializer.Serialize(What)}, \"runs\": [\n{string.Join(",\n", runs)}\n] }}\n");
    }

    private static ScoreTable Read(JsonObjectReader json)
    {
        ScoredRun[] runs = [.. json.Objects("runs").Select(Scored)];
        if (runs.Select(run => run.Scores.Length).Distinct().Count() > 1)
            json.Fault("has runs with different numbers of scores: all answer the same prompts, in one order");
        if (runs.GroupBy(run => run.Point.Slug).FirstOrDefault(same => same.Count() > 1) is { } twice)
            json.Fault($"has {twice.Key} twice: runs of one setting are told apart by their parameter Seed");
        var table = new ScoreTable(json.Text("what"), runs);
        json.Finish();
        return table;
    }

    private static ScoredRun Scored(JsonObjectReader json)
    {
        IReadOnlyList<KeyValuePair<string, string>> parameters = json.Spellings("parameters");
        string method = json.Text("method");
        var run = new ScoredRun(new(method, Grid.Slug(method, parameters), parameters), json.Get("scores", s_scores));
        json.Finish();
        return run;
    }
}
