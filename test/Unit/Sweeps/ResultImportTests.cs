using System.Text.Json;
using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using Alignment.Sweeps.Import;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

public class ResultImportTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("import").FullName;

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Prompt_response_and_score_are_enough_for_every_table()
    {
        StoredSweep sweep = Import("plain", """
            { "name": "trl", "runs": [
              { "method": "DPO", "file": "a.jsonl", "parameters": { "beta": 0.1, "learning_rate": 5e-7 } },
              { "method": "SimPO", "file": "b.jsonl", "parameters": { "beta": 2.0, "gamma": "1.0", "learningRate": "1e-6" } } ] }
            """, ("a.jsonl", [Row("p1", "one two", 1), Row("p2", "three", 2)]), ("b.jsonl", [Row("p2", "", 5), Row("p1", "x y z", 3)]));
        Assert.That(sweep.Runs.Select(run => run.Point.Slug), Is.EqualTo(new[] { "DPO-b0.1-lr5e-7", "SimPO-b2.0-g1.0-lr1e-6" }));
        Assert.That(sweep.Runs.Select(run => run.Summary.MeanScore.Value), Is.EqualTo(new[] { 1.5, 4.0 }));
        Assert.That(sweep.Runs[1].Summary.MeanLength.Value, Is.EqualTo(2), "three words, and one for an empty response");
        Assert.That(sweep.Runs[1].Samples().Select(row => row.Prompt), Is.EqualTo(new[] { "p1", "p2" }), "in the order of the first file");
        ReportWriter.Write(sweep);
        string table = File.ReadAllText(Path.Combine(sweep.Folder, "table1.md"));
        Assert.That(table, Does.Contain("length, words").And.Contain($"| SimPO  | {sweep.Runs[1].Id} |"));
        Assert.That(File.ReadAllText(Path.Combine(sweep.Folder, "reach.md")), Does.Contain("time unknown"));
    }

    [Test]
    public void With_the_sft_model_and_log_probs_every_metric_is_known()
    {
        StoredSweep sweep = Import("whole", """
            { "name": "whole", "seed": 4, "sft": { "file": "sft.jsonl" },
              "runs": [ { "method": "DPO", "file": "dpo.jsonl", "parameters": { "beta": 0.1 }, "seed": 2, "seconds": 60 } ] }
            """,
            ("sft.jsonl", [Whole("p1", 1, "[5, 6]", -2, -2), Whole("p2", 2, "[5]", -1, -1)]),
            ("dpo.jsonl", [Whole("p1", 3, "[5, 6, 7, 8]", -1, -5), Whole("p2", 1, "[5, 6]", -1, -2)]));
        RunSummary summary = sweep.Runs[0].Summary;
        Assert.That((summary.WinVsSft.Value, summary.WinVsChosen.Value, summary.MeanLength.Value), Is.EqualTo((0.5, 0.5, 3.0)));
        Assert.That((summary.MeanKl.Value, summary.MeanKlPerToken.Value), Is.EqualTo((2.5, 0.75)));
        Assert.That((sweep.Runs[0].Point.Slug, sweep.Runs[0].Facts.TrainingSeconds, sweep.LengthUnit), Is.EqualTo(("DPO-b0.1-s2", 60.0, "tokens")));
    }

    [Test]
    public void Cuts_and_k3_are_known_where_rows_tell_of_them_and_never_taken_for_none()
    {
        StoredSweep sweep = Import("cuts", """{ "name": "cuts", "runs": [ { "method": "DPO", "file": "a.jsonl" }, { "method": "SimPO", "file": "b.jsonl" } ] }""",
            ("a.jsonl", [Row("p1", "a", 1), Row("p2", "b", 2)]),
            ("b.jsonl", ["""{ "prompt": "p1", "response": "x", "score": 1, "ended": false, "kl_k3": 0.5 }""", """{ "prompt": "p2", "response": "y", "score": 1, "ended": true, "kl_k3": 1.5 }"""]));
        Assert.That((sweep.Runs[0].Summary.CutShare.Value, sweep.Runs[0].Summary.MeanKlK3.Value), Is.EqualTo((double.NaN, double.NaN)));
        Assert.That((sweep.Runs[1].Summary.CutShare.Value, sweep.Runs[1].Summary.MeanKlK3.Value), Is.EqualTo((0.5, 1.0)));
        Assert.That(sweep.Runs.Select(run => run.Summary.PromptsCutShare.Value), Is.All.NaN);
    }

    [Test]
    public void Importing_again_changes_nothing_and_a_corrected_file_is_another_run()
    {
        const string Manifest = """{ "name": "again", "runs": [ { "method": "DPO", "file": "a.jsonl" } ] }""";
        StoredSweep first = Import("again", Manifest, ("a.jsonl", [Row("p", "r", 1)]));
        List<string> log = [];
        StoredSweep second = Import("again", Manifest, log, ("a.jsonl", [Row("p", "r", 1)]));
        Assert.That(second.Runs[0].Id, Is.EqualTo(first.Runs[0].Id));
        Assert.That(log, Has.None.StartsWith("["));
        StoredSweep corrected = Import("again", Manifest, ("a.jsonl", [Row("p", "r", 2)]));
        Assert.That(corrected.Runs[0].Id, Is.Not.EqualTo(first.Runs[0].Id));
        Assert.That(SweepFile.Read(corrected.Folder).Runs.Select(run => run.Id), Is.EqualTo(new[] { corrected.Runs[0].Id }));
    }

    private static IEnumerable<TestCaseData> Faults() =>
    [
        Fault("no score", """{"prompt": "p", "response": "r"}""", "b.jsonl(1): missing field: \"score\""),
        Fault("a score that is text", """{"prompt": "p", "response": "r", "score": "1"}""", "b.jsonl(1): wrong type: \"score\" is text, wanted a finite number"),
        Fault("a length of nothing", """{"prompt": "p", "response": "r", "score": 1, "length": 0}""", "b.jsonl(1): wrong type: \"length\" is 0, wanted a whole number >= 1"),
        Fault("no tokens", """{"prompt": "p", "response": "r", "score": 1, "tokens": []}""", "b.jsonl(1): wrong type: \"tokens\" is empty, wanted a list of token ids"),
        Fault("not JSON", "{", "b.jsonl(1): not JSON: byte 2 of the line: it is cut here, or a line break stands inside it"),
        Fault("another prompt", Row("q", "r", 1), "b.jsonl: runs are compared on the same prompts: line 1 answers \"q\", which the first file does not; nothing answers \"p\""),
        Fault("a prompt twice", Row("p", "r", 1) + "\n" + Row("p", "r", 1), "b.jsonl: runs are compared on the same prompts: line 2 answers \"p\" once more than the first file"),
    ];

    [TestCaseSource(nameof(Faults))]
    public void A_faulty_row_is_named_by_file_and_line(string row, string message)
    {
        const string Manifest = """{ "name": "faults", "runs": [ { "method": "DPO", "file": "a.jsonl" }, { "method": "IPO", "file": "b.jsonl" } ] }""";
        Assert.That(() => Import("faults", Manifest, ("a.jsonl", [Row("p", "r", 1)]), ("b.jsonl", [row])),
            Throws.TypeOf<InvalidDataException>().With.Message.EndsWith("/" + message));
    }

    [Test]
    public void Faults_of_the_list_of_runs_are_named_all_at_once() =>
        Assert.That(() => ResultManifest.Parse("""
            { "name": "a/b", "runs": [
              { "method": "DPO", "file": "a.jsonl", "parameters": { "beta": [1] } },
              { "file": "b.jsonl", "secs": 3 },
              { "method": "DPO", "file": "c.jsonl", "parameters": { "beta": [1] } } ] }
            """, "results.json"), Throws.TypeOf<RecipeException>().With.Property(nameof(RecipeException.Faults)).EqualTo(new[]
        {
            "results.json(1): $ name \"a/b\" becomes a folder's name: letters, digits, '-', '_' and '.' only",
            "results.json(2): $.runs[0].parameters.beta must be a number or a string, was a list",
            "results.json(3): $.runs[1] \"method\" is missing; it must be a string",
            "results.json(3): $.runs[1].secs is not a known key; known here: file, method, parameters, seconds, seed",
            "results.json(4): $.runs[2].parameters.beta must be a number or a string, was a list",
        }));

    [Test]
    public void One_setting_twice_needs_seeds() =>
        Assert.That(() => ResultManifest.Parse("""{ "name": "a", "runs": [ { "method": "DPO", "file": "a.jsonl" }, { "method": "DPO", "file": "b.jsonl" } ] }""", "results.json"),
            Throws.TypeOf<RecipeException>().With.Message.EqualTo("results.json(1): $ has 2 runs DPO; runs of one setting differ in \"seed\""));

    [Test]
    public void A_store_without_its_list_of_runs_is_refused() =>
        Assert.That(() => SweepFile.Read(_root), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(
            $"{_root} is no run store: it holds no sweep.json; run the sweep's Report test once, or import results into it"));

    private static TestCaseData Fault(string name, string row, string message) => new TestCaseData(row, message).SetArgDisplayNames(name);

    private static string Row(string prompt, string response, double score) => JsonSerializer.Serialize(new { prompt, response, score });

    private static string Whole(string prompt, double score, string tokens, double policy, double sft) => FormattableString.Invariant(
        $$"""{"prompt": "{{prompt}}", "response": "r", "score": {{score}}, "chosen": "c", "chosen_score": 2, "tokens": {{tokens}}, "policy_log_prob": {{policy}}, "sft_log_prob": {{sft}}}""");

    private StoredSweep Import(string folder, string manifest, params (string Name, string[] Rows)[] files) => Import(folder, manifest, [], files);

    private StoredSweep Import(string folder, string manifest, List<string> log, params (string Name, string[] Rows)[] files)
    {
        string home = Directory.CreateDirectory(Path.Combine(_root, folder)).FullName;
        File.WriteAllText(Path.Combine(home, "results.json"), manifest);
        foreach ((string name, string[] rows) in files)
            File.WriteAllLines(Path.Combine(home, name), rows);
        return ResultImport.Import(ResultManifest.Load(Path.Combine(home, "results.json")), Path.Combine(home, "sweeps"), "dotnet test", log.Add);
    }
}
