using System.Text.Json;
using Alignment.Data.World;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A sweep on a policy folder with a chat template of its own: a system turn where none is given, and a thought before an answer.</summary>
[NonParallelizable]
public sealed class OwnTemplateSweepTests
{
    private const string Jinja = """
        {%- if messages[0].role != 'system' %}{{- '<|user|>Be kind.<|end|>\n' }}{%- endif %}
        {%- for m in messages %}
        {%- if m.role == 'tool' %}{{- raise_exception('no tools here') }}{%- endif %}
        {%- if m.role == 'assistant' %}{{- '<|assistant|>\n' + ('(thought)' if loop.last and thinks else '') + m.content | trim + '<|end|>\n' }}
        {%- else %}{{- '<|user|>\n' + m.content | trim + '<|end|>\n' }}{%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>\n' }}{%- endif %}
        """;

    private readonly List<string> _log = [];
    private string _policy = null!, _root = null!;

    [OneTimeSetUp]
    public void Bring()
    {
        _policy = MicroSweep.NewPolicyFolder();
        _root = Path.GetDirectoryName(_policy)!;
        File.WriteAllText(Path.Combine(_policy, "chat_template.jinja"), Jinja);
        File.WriteAllLines(Path.Combine(_root, "train.jsonl"), [.. EmbeddedWorld.TrainingPairs(5, 60).Select(pair => Row(pair.Prompt[^1].Text, pair.Chosen, pair.Rejected)),
            JsonSerializer.Serialize(new { prompt = new[] { new { role = "user", content = "a" }, new { role = "tool", content = "b" } }, chosen = "c", rejected = "d" })]);
        File.WriteAllLines(Path.Combine(_root, "test.jsonl"), [.. EmbeddedWorld.TestPrompts(5, 12).Select(pair => Row(pair.Prompt[^1].Text, pair.Chosen, pair.Rejected))]);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, recursive: true);

    [Test]
    public void The_folder_s_own_template_writes_all_conversations_and_goes_with_the_trained_models()
    {
        using var sweep = new Sweep(Recipe(), Options(), TimeProvider.System, _log.Add);
        StoredRun run = sweep.Run(Grid.PreferencePoints(Recipe()).Single(), CancellationToken.None);
        Assert.That(run.Facts.Data is { } facts ? (facts.Template, facts.TemplateToldBy, facts.TrainingPairs) : default,
            Is.EqualTo(("chat_template.jinja", "the folder, with {\"thinks\":true}", 36)));
        Assert.That(_log, Does.Contain("template: chat_template.jinja, told by the folder, with {\"thinks\":true}"));
        Assert.That(_log, Has.Some.EqualTo("  left out: train.jsonl(61): refused by the template: chat_template.jinja, line 3: no tools here"));
        Assert.That(_log, Has.Some.Contains("generate: responses end at <|end|> (767)"));
        Assert.That(run.Samples().Count(), Is.EqualTo(12));

        SweepData data = SweepData.Read(Recipe(), Options(), _ => { });
        Assert.That(data.Tokenizer.Text.Decode(data.TestPrompts[0]), Does.StartWith("<|user|>Be kind.<|end|>\n<|user|>\n").And.EndWith("<|end|>\n<|assistant|>\n"));
        Assert.That(data.Tokenizer.Text.Decode(data.Training[0].Chosen), Does.StartWith("(thought)").And.EndWith("<|end|>"));
        Assert.That(data.Tokenizer.Decode(data.Training[0].Chosen), Does.Not.Contain("(thought)"));

        // the trained policy and the trained gold model tell the same template, thoughts included, to whoever gives nothing
        string[] folders = [.. Directory.EnumerateFiles(Path.Combine(_root, "sweeps"), "chat_template.jinja", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!)];
        Assert.That(folders, Has.Length.EqualTo(5), "the gold model, and SFT and the preference run, each in weights/ and in its run");
        foreach (string folder in folders)
            Assert.That(TemplateProbe.Difference(ToldTemplate.Load(folder, null, "").Tokenizer.Template, data.Tokenizer.Template), Is.Null, folder);
    }

    private static string Row(string prompt, string chosen, string rejected) => JsonSerializer.Serialize(new { prompt, chosen, rejected });

    private SweepOptions Options() => new() { SweepsFolder = Path.Combine(_root, "sweeps"), Threads = 1, MicroBatch = 8, GenerationBatch = 12, ProgressSeconds = 1e9, Command = "dotnet test" };

    private Recipe Recipe()
    {
        string text = File.ReadAllText(MicroSweep.RecipePath);
        foreach ((string piece, string replacement) in new[]
        {
            MicroSweep.Policy(_policy),
            ("\"world\": { \"trainingPairs\": 48 }", """ "train": { "format": "pairs", "file": "train.jsonl", "maxSkippedRows": 1 }, "test": { "format": "pairs", "file": "test.jsonl" }, """
                + """ "split": { "rewardModel": 0.4 }, "templateVariables": { "thinks": true } """),
            ("\"gold\": { \"world\": {} }", """ "gold": { "neox": { "width": 16, "layers": 1, "heads": 2, "mlpWidth": 32, "maxLength": 64, "epochs": 1, "batchSize": 4 } } """),
            ("\"DPO\": { \"beta\": [0.1] },", ""), ("\"LN-DPO\": { \"beta\": [2.0] },", ""),
        })
            text = text.Contains(piece, StringComparison.Ordinal) ? text.Replace(piece, replacement, StringComparison.Ordinal) : throw new InvalidOperationException(piece);
        return RecipeFile.Parse(text, Path.Combine(_root, "own.json"));
    }
}
