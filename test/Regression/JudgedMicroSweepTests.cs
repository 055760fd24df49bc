using System.Text.Json;
using Alignment.Data.World;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using Alignment.Tokenization;
using NUnit.Framework;
using Parquet.Serialization;

namespace Alignment.Tests.Regression;

/// <summary>
/// What people bring in 2026, end to end and as small as it gets: a Qwen3-shaped policy in a folder with its own chat template, pairs from Parquet, a
/// Llama-shaped judge in a folder with another template, a Qwen3-shaped second judge, and a report that names both.
/// </summary>
[NonParallelizable]
public sealed class JudgedMicroSweepTests
{
    // neither is one of the templates known by name
    private const string PolicyTemplate = "{% for m in messages %}<|{{ m.role }}|>\n[{{ m.content | trim }}]<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n[{% endif %}",
        JudgeTemplate = "{% for m in messages %}{{ loop.index }}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}{{ messages | length + 1 }}<|assistant|>{% endif %}";

    private readonly string _root = Directory.CreateTempSubdirectory("judged-micro").FullName;
    private readonly List<string> _log = [];

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, recursive: true);

    [OneTimeSetUp]
    public void Write()
    {
        Save("policy", Qwen3, PolicyTemplate, judge: false, seed: 11);
        Save("llama-judge", DecoderFamily.Llama, JudgeTemplate, judge: true, seed: 12);
        Save("qwen3-judge", Qwen3, PolicyTemplate, judge: true, seed: 13);
        Parquet("train.parquet", EmbeddedWorld.TrainingPairs(3, 60).Select((pair, i) => Row($"{i}: {pair.Prompt[^1].Text}", pair.Chosen, pair.Rejected)));
        Parquet("test.parquet", EmbeddedWorld.TestPrompts(3, 20).Select((pair, i) => Row($"{100 + i}: {pair.Prompt[^1].Text}", pair.Chosen, pair.Rejected)));
        File.WriteAllText(Path.Combine(_root, "judged.json"), """
            {
              "name": "judged", "seed": 3,
              "policy": { "folder": "policy" },
              "data": { "train": { "format": "pairs", "file": "train.parquet" }, "test": { "format": "pairs", "file": "test.parquet" } },
              "gold": [ { "folder": "llama-judge", "maxLength": 128 }, { "folder": "qwen3-judge", "maxLength": 128, "name": "second" } ],
              "lengths": { "maxPrompt": 60, "maxTotal": 120 },
              "sft": { "epochs": [1], "learningRate": [2e-3], "batchSize": 8 },
              "preference": { "epochs": [1], "learningRate": [1e-3, 2e-3], "batchSize": 8 },
              "methods": { "DPO": { "beta": [0.1] }, "SimPO": { "beta": [2.0], "gammaBetaRatio": [0.5] } },
              "generation": { "temperature": 1.0, "topP": 0.9, "maxNewTokens": 8 },
              "testPrompts": 16
            }
            """);
    }

    [Test]
    public void A_sweep_from_Parquet_by_two_judges_ends_in_a_report_that_names_both()
    {
        Recipe recipe = RecipeFile.Load("judged.json", _root);
        StoredSweep sweep = Run(recipe);
        Assert.That(sweep.ByJudge.Select(judged => judged.Judge!.Name), Is.EqualTo(new[] { "llama-judge", "second" }));
        Assert.That(sweep.ByJudge.Select(judged => judged.Judge!.Pairs), Is.All.EqualTo(16));
        Assert.That(sweep.ByJudge.Select(judged => judged.Runs.Count), Is.All.EqualTo(4));
        Assert.That(sweep.Runs.Zip(sweep.ByOthers[0].Runs).Select(pair => pair.First.Samples().Select(row => row.Response).SequenceEqual(pair.Second.Samples().Select(row => row.Response))), Is.All.True);
        Assert.That(_log, Has.Some.Contains("template").And.Some.StartsWith("llama-judge: gold model: template").And.Some.StartsWith("second: gold model: template"));

        ReportWriter.Write(sweep);
        string advice = File.ReadAllText(Path.Combine(sweep.Folder, "recommendation.md")), page = File.ReadAllText(Path.Combine(sweep.Folder, "report.html"));
        Assert.That(advice, Does.Contain("llama-judge puts the chosen response").And.Contain("second puts the chosen response").And.Contain("llama-judge and second put "));
        Assert.That(page, Does.Contain("judge-agreement").And.Contain("judges/second/report.html"));
        Assert.That(Path.Combine(sweep.Folder, "judges", "second", "table3.csv"), Does.Exist);

        // the folder that training wrote carries the policy's own template
        string weights = Path.Combine(sweep.Folder, "weights", sweep.Runs[0].Weights);
        Assert.That(File.ReadAllText(Path.Combine(weights, "chat_template.jinja")), Is.EqualTo(PolicyTemplate));
        Assert.That(JsonDocument.Parse(File.ReadAllText(Path.Combine(weights, "config.json"))).RootElement.GetProperty("model_type").GetString(), Is.EqualTo(Qwen3.ModelType));
    }

    [Test]
    public void A_judge_scores_the_conversation_as_its_own_template_writes_it_and_a_cut_response_without_its_end()
    {
        using DecoderReward judge = DecoderReward.Load(Path.Combine(_root, "llama-judge"));
        Recipe recipe = RecipeFile.Load("judged.json", _root);
        StoredSweep sweep = Run(recipe);
        ModelTokenizer tokenizer = GoldModel.Tokenizer(Path.Combine(_root, "llama-judge"), (GoldFolder)recipe.Judges[0]).Tokenizer;
        foreach (var row in sweep.Sft!.Samples())
        {
            string end = row.Ended == true ? "<|end|>\n" : "";
            IReadOnlyList<int> ids = tokenizer.Text.EncodeToIds($"1<|user|>{row.Prompt}<|end|>\n2<|assistant|>{row.Response}{end}");
            double alone = Alignment.Rewards.RewardScorer.Score(judge, [[.. ids]], new())[0];
            Assert.That(row.Score, Is.EqualTo(alone).Within(2e-5), row.Response);
        }
    }

    private StoredSweep Run(Recipe recipe)
    {
        using Sweep sweep = new(recipe, new() { SweepsFolder = Path.Combine(_root, "sweeps"), Threads = 1, MicroBatch = 8, GenerationBatch = 16, Command = "dotnet test" }, TimeProvider.System, _log.Add);
        foreach (GridPoint point in Grid.PreferencePoints(recipe))
            sweep.Run(point, CancellationToken.None);
        return sweep.Collect(CancellationToken.None);
    }

    private static DecoderFamily Qwen3 => DecoderFamily.All.FirstOrDefault(family => family.ModelType == "qwen3", DecoderFamily.Qwen2);

    private void Save(string name, DecoderFamily family, string template, bool judge, ulong seed)
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer;
        var config = new DecoderConfig
        {
            Family = family,
            Shape = new() { Vocabulary = tokenizer.VocabularySize, Width = 32, Layers = 2, Heads = 2, KeyValueHeads = 1, MlpWidth = 64, MaxPositions = 160 },
            InitialDeviation = judge ? 0.2 : 0.02,
            EndTokens = [tokenizer.Eos],
            PadToken = tokenizer.Pad,
        };
        var files = new Dictionary<string, byte[]>(RecipeTokenizer.Files(RecipeFile.Load(MicroSweep.RecipePath, "/"), new SweepOptions { SweepsFolder = "" }))
        {
            ["chat_template.jinja"] = System.Text.Encoding.UTF8.GetBytes(template),
        };
        if (judge)
            using (DecoderReward model = DecoderReward.Create(config, seed))
                model.Save(Path.Combine(_root, name), files);
        else
            using (Decoder model = Decoder.Initialised(config, seed))
                model.Save(Path.Combine(_root, name), files);
    }

    private void Parquet(string name, IEnumerable<PairRow> rows)
    {
        using FileStream file = File.Create(Path.Combine(_root, name));
        ParquetSerializer.SerializeAsync(rows, file).GetAwaiter().GetResult();
    }

    private static PairRow Row(string prompt, string chosen, string rejected) => new() { prompt = prompt, chosen = chosen, rejected = rejected };

#pragma warning disable IDE1006 // the names of columns
    public sealed class PairRow
    {
        public string? prompt { get; set; }

        public string? chosen { get; set; }

        public string? rejected { get; set; }
    }
}
