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
        Assert.That(sweep.Runs.Select(run => run.Weights), Is.All.Empty, "they were trained elsewhere");
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
        Assert.That(File.ReadAllText(Path.Combine(first.Runs[0].Folder, "run.json")), Does.Contain("\"weights\": \"\"").And.Contain("\"responses\": \"\""), "neither stands here");
        StoredSweep corrected = Import("again", Manifest, ("a.jsonl", [Row("p", "r", 2)]));
        Assert.That(corrected.Runs[0].Id, Is.Not.EqualTo(first.Runs[0].Id));
        Assert.That(SweepFile.Read(corrected.Folder).Runs.Select(run => run.Id), Is.EqualTo(new[] { corrected.Runs[0].Id }));
    }

    [Test]
    public void Whoever_imports_a_run_is_waited_for()
    {
        const string Manifest = """{ "name": "held", "runs": [ { "method": "DPO", "file": "a.jsonl" } ] }""";
        StoredRun run = Import("held", Manifest, ("a.jsonl", [Row("p", "r", 1)])).Runs[0];
        Directory.Delete(run.Folder, recursive: true);
        RunLock other = RunLock.TryTake(Path.Combine(run.Folder, "..", "locks", run.Id + ".lock"), TimeProvider.System)!;
        List<string> log = [];
        Assert.That(Import("held", Manifest, line =>
        {
            log.Add(line);
            if (line.Contains("waiting", StringComparison.Ordinal))
                other.Dispose();
        }, ("a.jsonl", [Row("p", "r", 1)])).Runs[0].Id, Is.EqualTo(run.Id));
        Assert.That(log, Has.One.Match(@"^\[DPO\] waiting: process \d+ on .* works on it$"));
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
    public void What_is_imported_is_told_and_stored_with_what_only_the_first_file_says_of_a_prompt()
    {
        List<string> log = [];
        StoredSweep sweep = Import("told", """
            { "name": "told", "seed": 9, "sft": { "file": "sft.jsonl" }, "runs": [ { "method": "DPO", "file": "dpo.jsonl", "parameters": { "learning_rate": "1e-6", "some_own": 3 }, "seed": 0, "seconds": 90 }, { "method": "IPO", "file": "ipo.jsonl" } ] }
            """, log,
            ("sft.jsonl", ["""{ "prompt": "p", "response": "a b", "score": 1, "chosen": "c", "chosen_score": 4, "length": 3 }""", """{ "prompt": "q", "response": "", "score": 2, "length": 1 }"""]),
            ("dpo.jsonl", ["""{ "prompt": "q", "response": "x", "score": 5, "tokens": [7], "more": 1 }""", """{ "prompt": "p", "response": "y", "score": 6, "length": 2, "chosen": "d", "chosen_score": 7 }"""]),
            ("ipo.jsonl", ["""{ "prompt": "p", "response": "x", "score": 5, "length": 1 }""", """{ "prompt": "q", "response": "y", "score": 6, "length": 2 }"""]));
        Assert.That(log, Is.EqualTo(new[]
        {
            "told: 2 prompts, 3 runs, lengths in tokens", "[SFT] imported: mean score 1.500", "[DPO-lr1e-6-someown3-s0] imported: mean score 5.500", "[IPO] imported: mean score 5.500",
        }));
        SampleRow[] rows = [.. sweep.Runs[0].Samples()];
        Assert.That(rows.Select(row => $"{row.PromptIndex} {row.Prompt} {row.Response} {row.Chosen} {row.Score} {row.ChosenScore} {row.SftScore} {string.Join(',', row.Tokens)}"),
            Is.EqualTo(new[] { "0 p y d 6 7 1 -1,-1", "1 q x  5 NaN 2 7" }));
        Assert.That(sweep.Runs[1].Samples().Select(row => $"{row.Chosen} {row.ChosenScore}"), Is.EqualTo(new[] { "c 4", " NaN" }));
        Assert.That((sweep.Seed, sweep.Command, sweep.Sft!.Id, sweep.SftRuns.Count), Is.EqualTo((9UL, "dotnet test", sweep.SftRuns[0].Id, 1)));
        RunFacts timed = sweep.Runs[0].Facts, untimed = sweep.Runs[1].Facts;
        Assert.That((timed.TrainingSeconds, timed.EvaluationSeconds, timed.TokensPerSecond, timed.Environment["imported from"]), Is.EqualTo((90.0, 0.0, double.NaN, "dpo.jsonl")));
        Assert.That((untimed.TrainingSeconds, untimed.EvaluationSeconds), Is.EqualTo((double.NaN, double.NaN)));
        Assert.That(sweep.Runs[0].Point.Parameters.Select(parameter => parameter.ToString()), Is.EqualTo(new[] { "[LearningRate, 1e-6]", "[SomeOwn, 3]", "[Seed, 0]" }));
        Assert.That(sweep.Runs[0].Id, Does.Match("^DPO-lr1e-6-someown3-s0-[0-9a-f]{10}$"));
    }

    [Test]
    public void Files_that_answer_other_prompts_name_the_first_few_and_lengths_have_one_unit()
    {
        const string Manifest = """{ "name": "other", "runs": [ { "method": "DPO", "file": "a.jsonl" }, { "method": "IPO", "file": "b.jsonl" } ] }""";
        string longer = new('x', 61), longest = new('y', 60);
        Assert.That(() => Import("other", Manifest, ("a.jsonl", [Row("p1", "r", 1), Row("p2", "r", 1), Row("p\n3", "r", 1), Row("p4", "r", 1)]), ("b.jsonl", [Row(longer, "r", 1), Row(longest, "r", 1), Row("q3", "r", 1), Row("q4", "r", 1)])),
            Throws.TypeOf<InvalidDataException>().With.Message.EndsWith($"/b.jsonl: runs are compared on the same prompts: line 1 answers \"{longer[..60]}…\", which the first file does not; line 2 answers \"{longest}\", which the first file does not; "
                + "line 3 answers \"q3\", which the first file does not; nothing answers \"p1\"; nothing answers \"p2\"; nothing answers \"p 3\""));
        Assert.That(() => Import("other", Manifest, ("a.jsonl", [Whole("p", 1, "[1]", -1, -1)]), ("b.jsonl", [Row("p", "r", 1)])), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith(
            "/b.jsonl(1): neither \"tokens\" nor \"length\", which the first file has; lengths are compared in one unit"));
        Assert.That(() => Import("other", Manifest, ("a.jsonl", [""]), ("b.jsonl", [Row("p", "r", 1)])), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith(
            "/a.jsonl: no row; wanted one a prompt, with \"prompt\", \"response\" and \"score\""));
        string missing = Path.Combine(_root, "nowhere.json");
        Assert.That(() => ResultManifest.Load(missing), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(
            $"{missing}: no such file; it lists the runs to import: {{ \"name\": …, \"sft\": {{ \"file\": … }}, \"runs\": [{{ \"method\": …, \"file\": … }}] }}"));
        foreach (string faulty in new[] { "{", "{ \"name\": \"a\", \"seed\": -1, \"runs\": [] }", "{ \"name\": \"a\", \"more\": 1, \"runs\": [] }", "{ \"name\": \"a\", \"runs\": [ { \"method\": \"DPO\", \"file\": \"a\", \"seconds\": 0 } ] }" })
            Assert.That(() => ResultManifest.Parse(faulty, "/x/results.json"), Throws.TypeOf<RecipeException>().With.Message.StartsWith("results.json(1): "));
        Assert.That(ResultManifest.Parse("""{ "name": "a", "runs": [ { "method": "DPO", "file": "a.jsonl" } ] }""", "results.json").Seed, Is.EqualTo(1));
    }

    [Test]
    public void Without_the_sft_model_and_tokens_lengths_are_words_and_nothing_is_known_of_it()
    {
        List<string> log = [];
        StoredSweep sweep = Import("bare", """{ "name": "bare", "runs": [ { "method": "DPO", "file": "a.jsonl" } ] }""", log, ("a.jsonl", [Row("p", "one two", 3)]));
        Assert.That(log[0], Is.EqualTo("bare: 1 prompts, 1 runs, lengths in words"));
        Assert.That((sweep.Sft, sweep.SftRuns.Count, sweep.LengthUnit, sweep.Runs[0].Samples().Single().SftScore), Is.EqualTo(((StoredRun?)null, 0, "words", double.NaN)));
        Assert.That(() => ResultManifest.Parse("""{ "name": "a", "more": 1, "runs": [ { "method": "DPO", "file": "a.jsonl" } ] }""", "results.json"),
            Throws.TypeOf<RecipeException>().With.Message.EqualTo("results.json(1): $.more is not a known key; known here: name, runs, seed, sft"));
    }

    [TestCase("\"kl_k3\": -0.1", "wrong type: \"kl_k3\" is -0.1, wanted a number >= 0"), TestCase("\"ended\": 1", "wrong type: \"ended\""), TestCase("\"policy_log_prob\": \"x\"", "wrong type: \"policy_log_prob\"")]
    [TestCase("\"sft_log_prob\": []", "wrong type: \"sft_log_prob\""), TestCase("\"chosen\": 3", "wrong type: \"chosen\""), TestCase("\"chosen_score\": {}", "wrong type: \"chosen_score\""), TestCase("\"tokens\": [-1]", "wrong type: \"tokens[0]\" is -1, wanted a whole number >= 0")]
    public void A_member_of_another_type_is_named(string member, string message)
    {
        Assert.That(() => Import("members", """{ "name": "members", "runs": [ { "method": "DPO", "file": "a.jsonl" } ] }""", ("a.jsonl", [$"{{ \"prompt\": \"p\", \"response\": \"r\", \"score\": 1, {member} }}"])),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains($"/a.jsonl(1): {message}"));
    }

    [Test]
    public void A_store_without_its_list_of_runs_is_refused() =>
        Assert.That(() => SweepFile.Read(_root), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(
            $"{_root} is no run store: it holds no sweep.json; run the sweep's Report test once, or import results into it"));

    private static TestCaseData Fault(string name, string row, string message) => new TestCaseData(row, message).SetArgDisplayNames(name);

    private static string Row(string prompt, string response, double score) => JsonSerializer.Serialize(new { prompt, response, score });

    private static string Whole(string prompt, double score, string tokens, double policy, double sft) => FormattableString.Invariant(
        $$"""{"prompt": "{{prompt}}", "response": "r", "score": {{score}}, "chosen": "c", "chosen_score": 2, "tokens": {{tokens}}, "policy_log_prob": {{policy}}, "sft_log_prob": {{sft}}}""");

    private StoredSweep Import(string folder, string manifest, params (string Name, string[] Rows)[] files) => Import(folder, manifest, [], files);

    private StoredSweep Import(string folder, string manifest, List<string> log, params (string Name, string[] Rows)[] files) => Import(folder, manifest, log.Add, files);

    private StoredSweep Import(string folder, string manifest, Action<string> log, params (string Name, string[] Rows)[] files)
    {
        string home = Directory.CreateDirectory(Path.Combine(_root, folder)).FullName;
        File.WriteAllText(Path.Combine(home, "results.json"), manifest);
        foreach ((string name, string[] rows) in files)
            File.WriteAllLines(Path.Combine(home, name), rows);
        return ResultImport.Import(ResultManifest.Load(Path.Combine(home, "results.json")), Path.Combine(home, "sweeps"), "dotnet test", log);
    }
}
