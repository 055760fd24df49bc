using System.Text.Json;
using Alignment.Data.World;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A sweep of one method on a user's model folder and files, with a gold model of its own and no template in the recipe.</summary>
[NonParallelizable]
public sealed class OwnDataSweepTests
{
    private readonly List<string> _log = [];
    private string _policy = null!, _root = null!;

    [OneTimeSetUp]
    public void Bring()
    {
        _policy = MicroSweep.NewPolicyFolder();
        _root = Path.GetDirectoryName(_policy)!;
        string[] rows = [.. EmbeddedWorld.TrainingPairs(5, 60).Select(pair => JsonSerializer.Serialize(new { prompt = pair.Prompt[^1].Text, chosen = pair.Chosen, rejected = pair.Rejected }))];
        string[] test = [.. EmbeddedWorld.TestPrompts(5, 12).Select(pair => JsonSerializer.Serialize(new { prompt = pair.Prompt[^1].Text + " ", chosen = pair.Chosen, rejected = pair.Rejected }))];
        File.WriteAllLines(Path.Combine(_root, "train.jsonl"), rows);
        File.WriteAllLines(Path.Combine(_root, "test.jsonl"), [.. test, rows[3], test[0]]);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, recursive: true);

    [Test]
    public void The_template_is_told_by_the_folder_and_stands_with_the_prompts_left_out_in_log_store_and_report()
    {
        string text = File.ReadAllText(MicroSweep.RecipePath);
        foreach ((string piece, string replacement) in new[]
        {
            MicroSweep.Policy(_policy),
            ("\"world\": { \"trainingPairs\": 48 }", """ "train": { "format": "pairs", "file": "train.jsonl" }, "test": { "format": "pairs", "file": "test.jsonl" }, "split": { "rewardModel": 0.4 } """),
            ("\"gold\": { \"world\": {} }", """ "gold": { "neox": { "width": 16, "layers": 1, "heads": 2, "mlpWidth": 32, "maxLength": 64, "epochs": 1, "batchSize": 4 } } """),
            ("\"DPO\": { \"beta\": [0.1] },", ""), ("\"LN-DPO\": { \"beta\": [2.0] },", ""),
        })
            text = text.Contains(piece, StringComparison.Ordinal) ? text.Replace(piece, replacement, StringComparison.Ordinal) : throw new InvalidOperationException(piece);
        var options = new SweepOptions { SweepsFolder = Path.Combine(_root, "sweeps"), Threads = 1, MicroBatch = 8, GenerationBatch = 12, ProgressSeconds = 1e9, Command = "dotnet test" };
        using var sweep = new Sweep(RecipeFile.Parse(text, Path.Combine(_root, "own.json")), options, TimeProvider.System, _log.Add);
        GridPoint point = Grid.PreferencePoints(RecipeFile.Parse(text, Path.Combine(_root, "own.json"))).Single();
        StoredRun run = sweep.Run(point, CancellationToken.None);

        Assert.That(run.Facts.Data, Is.EqualTo(sweep.SftWinner(CancellationToken.None).Facts.Data).UsingPropertiesComparer());
        Assert.That(run.Facts.Data!.Files!.Select(file => $"{file.File}: {file.Rows} rows, {file.Kept} kept, {file.ReadAs}, told by {file.ToldBy}"), Is.EqualTo(new[]
        {
            "train.jsonl: 60 rows, 60 kept, pairs: prompt = prompt, chosen = chosen, rejected = rejected, told by the recipe",
            "test.jsonl: 14 rows, 14 kept, pairs: prompt = prompt, chosen = chosen, rejected = rejected, told by the recipe",
        }));
        Assert.That(run.Facts.Data is { } facts ? (facts.Template, facts.TemplateToldBy, facts.TestPrompts, facts.DistinctTestPrompts, facts.SeenTestPromptsDropped, facts.RepeatedTestPromptsDropped)
            : default, Is.EqualTo(("phi-3", "the tokenizer's markers", 12, 12, 1, 1)));
        Assert.That(_log, Does.Contain("template: phi-3, told by the tokenizer's markers")
            .And.Contain("test prompts: 1 are among the prompts that are trained on and are left out: test.jsonl(13)")
            .And.Contain("test prompts: 1 repeat an earlier one and are left out: test.jsonl(14)"));
        Assert.That(run.Samples().Count(), Is.EqualTo(12));
        ReportWriter.Write(sweep.Collect(CancellationToken.None));
        string page = File.ReadAllText(Path.Combine(options.SweepsFolder, "micro", "report.html"));
        Assert.That(page, Does.Contain("phi-3, told by the tokenizer&#39;s markers").Or.Contain("phi-3, told by the tokenizer's markers"));
        Assert.That(page, Does.Contain("SimPO"));
    }
}
