using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps.Import;

/// <summary>results.json: the runs of a sweep that another framework made, each with its method, hyperparameters and a file of scored responses.</summary>
internal sealed record ResultManifest
{
    /// <summary>Name of the sweep and of its folder among the sweeps.</summary>
    public required string Name { get; init; }

    /// <summary>Where it was read from; the runs' files are named from there.</summary>
    public required string File { get; init; }

    /// <summary>Seed of everything random in the report.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The model every run started from, or null where its responses are not given.</summary>
    public required ResultRun? Sft { get; init; }

    /// <summary>The preference runs.</summary>
    public required IReadOnlyList<ResultRun> Runs { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="RecipeException">All faults at once, each with line and JSON path.</exception>
    public static ResultManifest Load(string path) => System.IO.File.Exists(path)
        ? Parse(System.IO.File.ReadAllText(path), path)
        : throw new FileNotFoundException($"{path}: no such file; it lists the runs to import: {{ \"name\": …, \"sft\": {{ \"file\": … }}, \"runs\": [{{ \"method\": …, \"file\": … }}] }}", path);

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="RecipeException">All faults at once, each with line and JSON path.</exception>
    public static ResultManifest Parse(string text, string file)
    {
        var faults = new DocumentFaults(Path.GetFileName(file));
        if (faults.Read(text) is not { } json)
            throw new RecipeException(faults.All);
        var manifest = new ResultManifest
        {
            Name = json.FolderName("name"),
            File = file,
            Seed = (ulong)json.Whole("seed", NumberRule.AtLeast(0), 1),
            Sft = json.OptionalObject("sft") is { } sft ? Run(sft, Grid.Sft) : null,
            Runs = [.. json.Objects("runs").Select(run => Run(run, run.Text("method")))],
        };
        json.Finish();
        foreach (var twice in manifest.Runs.GroupBy(run => run.Point.Slug).Where(same => same.Count() > 1 && faults.All.Count == 0))
            json.Fault($"has {twice.Count()} runs {twice.Key}; runs of one setting differ in \"seed\"");
        return faults.All.Count == 0 ? manifest : throw new RecipeException(faults.All);
    }

    private static ResultRun Run(JsonObjectReader json, string method)
    {
        List<KeyValuePair<string, string>> parameters = [.. json.Spellings("parameters").Select(value => KeyValuePair.Create(Pascal(value.Key), value.Value))];
        if (json.Has("seed"))
            parameters.Add(new(Grid.Seed, json.Whole("seed", NumberRule.AtLeast(0)).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var run = new ResultRun(new GridPoint(method, Grid.Slug(method, parameters), parameters), json.Text("file"), json.Number("seconds", NumberRule.Positive, double.NaN));
        json.Finish();
        return run;
    }

    // learning_rate and learningRate are the tables' LearningRate
    private static string Pascal(string name) =>
        string.Concat(name.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}

/// <summary>A run made elsewhere.</summary>
/// <param name="Point">Method and hyperparameters.</param>
/// <param name="File">Its scored responses, a JSONL file as the manifest names it.</param>
/// <param name="Seconds">Wall time it took, not a number where that is not known.</param>
internal sealed record ResultRun(GridPoint Point, string File, double Seconds);
