using System.Globalization;
using Alignment.Data;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What a run counts, stores and describes.</summary>
[NonParallelizable]
public class RunTests
{
    private const string Sft = "SFT-lr1e-3-e1";

    // three prompts are longer than the judge reads; the policy ends at every third of its tokens
    [TestCase("0.5", "within it"), TestCase("0.49", "above it: raise gold.maxLength")]
    public void What_is_cut_is_counted_as_it_is_stored(string limit, string judged)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"maxLength\": 64", "\"maxLength\": 30").With("own.json", "\"testPrompts\": 4", "\"testPrompts\": 6")
            .With("own.json", "\"maxNewTokens\": 6", $"\"maxNewTokens\": 2, \"maxCutShare\": {limit}");
        folder.Write("test.jsonl", string.Join('\n', Enumerable.Range(0, 6).Select(i => DoctorFolder.Line(i < 3 ? $"how {i}" : $"{i} {string.Join(' ', Enumerable.Repeat("lamp", 40))}", "yes", "no"))));
        folder.Write("model/generation_config.json", $$"""{ "eos_token_id": [{{string.Join(',', Enumerable.Range(0, 768).Where(id => id % 3 == 2))}}] }""");
        StoredRun run = First(folder);
        int cut = run.Samples().Count(row => row.Ended == false);
        Assert.That(cut, Is.InRange(1, 5), "some end, some do not");
        Assert.That(run.Samples().Select(row => row.GoldInputCut), Is.EqualTo(new[] { false, false, false, true, true, true }));
        Assert.That(run.Samples().Select(row => row.Chosen), Is.All.EqualTo("yes"));
        SweepData data = folder.Data();
        using (GoldModel gold = folder.OpenGold(data))
            Assert.That(run.Samples().Select(row => row.Score), Is.EqualTo(gold.Score(data.Test, run.Samples().Select(row => (row.Response, row.Ended == true))).Select(score => score.Value)), "as ended or not");
        double most = double.Parse(limit, CultureInfo.InvariantCulture);
        Assert.That(folder.Log.Where(line => line.StartsWith($"[{Sft}] cut: ", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            $"[{Sft}] cut: {new Share(cut, 6)} responses reached maxNewTokens 2 without an end; maxCutShare is {limit}, "
                + (cut / 6.0 > most ? "above it: raise maxNewTokens, or their scores, lengths and KL are those of cut texts" : "within it"),
            $"[{Sft}] cut: {new Share(3, 6)} responses were read by the gold model without their beginning; maxCutShare is {limit}, {judged}",
        }));
        Assert.That(folder.Log, Has.One.StartsWith($"[{Sft}] generate: responses end at <|end|> (767), ").And.Some.Contains(" (2), "));
    }

    [Test]
    public void A_run_holds_its_steps_its_pace_and_a_link_to_its_weights_and_takes_nothing_from_a_run_that_was_killed()
    {
        using var folder = new SweepFolder();
        StoredRun run = First(folder);
        string store = Path.Combine(folder.Sweeps, "own"), weights = Path.Combine(store, "weights", run.Weights), steps = File.ReadAllText(Path.Combine(weights, "steps.jsonl"));
        Assert.That(new DirectoryInfo(Path.Combine(run.Folder, "weights")).ResolveLinkTarget(returnFinalTarget: true)!.FullName, Is.EqualTo(weights));
        TrainingTime time = TrainingTime.Read(Path.Combine(weights, "training.json"));
        Assert.That((run.Facts.TrainingSeconds, run.Facts.TokensPerSecond), Is.EqualTo((time.Seconds, time.Tokens / time.Seconds)));
        Assert.That(File.ReadAllText(Path.Combine(weights, "training.json")), Does.EndWith("}\n"));
        Assert.That(run.Facts.EvaluationSeconds, Is.GreaterThan(0));

        Directory.Delete(run.Folder, recursive: true);
        Directory.CreateDirectory(run.Folder + ".work");
        foreach (string file in new[] { "steps.jsonl", "held-out.jsonl" })
            File.WriteAllText(Path.Combine(run.Folder + ".work", file), "half");
        StoredRun again = First(folder);
        Assert.That(File.ReadAllText(Path.Combine(again.Folder, "steps.jsonl")), Is.EqualTo(steps));
        Assert.That(File.ReadAllText(Path.Combine(again.Folder, "held-out.jsonl")), Does.StartWith("{"));
    }

    [Test]
    public void A_reference_that_follows_the_policy_is_a_second_model_and_event_files_are_written_where_they_are_asked_for()
    {
        using SweepFolder still = new(), follows = new SweepFolder().With("own.json", "\"DPO\": { \"beta\": [0.1] }", "\"TR-DPO\": { \"beta\": [0.1], \"mixup\": [0.9], \"syncSteps\": [1] }");
        StoredRun[] runs = [.. new[] { still, follows }.Select(folder =>
        {
            using var sweep = new Sweep(folder.Load(), folder.Options with { TensorBoard = folder == follows }, TimeProvider.System, folder.Log.Add);
            return sweep.Run(Grid.PreferencePoints(folder.Load())[0], CancellationToken.None);
        })];
        Assert.That(follows.Log, Has.One.EqualTo($"[{runs[1].Point.Slug}] train: all 28,496 parameters, beside a second model"));
        Assert.That(still.Log, Has.One.EqualTo($"[{runs[0].Point.Slug}] train: all 28,496 parameters"));
        Assert.That(runs[1].Samples().Select(row => row.PolicyLogProb), Is.Not.EqualTo(runs[0].Samples().Select(row => row.PolicyLogProb)));
        Assert.That(Directory.Exists(Path.Combine(still.Sweeps, "own", "tensorboard")), Is.False);
        Assert.That(Directory.EnumerateFiles(Path.Combine(follows.Sweeps, "own", "tensorboard", runs[1].Weights)), Is.Not.Empty);
    }

    [Test]
    public void Adapters_that_every_run_starts_from_are_stored_in_a_whole_model_and_nothing_is_trained()
    {
        using SweepFolder folder = new SweepFolder().WithoutSft();
        Recipe recipe = folder.Load();
        PolicyModels models = new(recipe, folder.Options, folder.Data().Tokenizer);
        using (Decoder model = models.Load(folder.PathOf("model")))
        using (new LoraAdapters(model, new() { Rank = 2, Alpha = 4, Targets = ["o_proj"] }))
            models.Save(model, folder.PathOf("adapters"), folder.PathOf("model"));
        StoredRun start = First(folder.With("own.json", "\"folder\": \"model\"", "\"folder\": \"adapters\""));
        Assert.That((start.Point.Method, start.Facts.TrainingSeconds), Is.EqualTo((Grid.Start, 0.0)));
        Assert.That(folder.Log, Has.None.Contains("train: "));
        string weights = Path.Combine(folder.Sweeps, "own", "weights", start.Weights);
        Assert.That((File.Exists(Path.Combine(weights, "model.safetensors")), PeftFolder.IsOne(weights)), Is.EqualTo((true, false)));
    }

    // SFT's own adapters sit on the policy, and it starts from itself
    [Test]
    public void Log_probs_of_the_start_are_those_of_SFT_also_for_SFT_whatever_adapters_it_has()
    {
        using SweepFolder whole = new(), adapted = new SweepFolder().With("own.json", "\"sft\": {", "\"sft\": { \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\"] },");
        foreach (SweepFolder folder in new[] { whole, adapted })
            Assert.That(First(folder).Samples().Select(row => row.SftLogProb), Is.EqualTo(First(folder).Samples().Select(row => row.PolicyLogProb)));
        using Sweep sweep = whole.Open();
        StoredRun dpo = sweep.Run(Grid.PreferencePoints(whole.Load())[0], CancellationToken.None);
        Assert.That(dpo.Samples().Select(row => row.SftLogProb), Is.Not.EqualTo(dpo.Samples().Select(row => row.PolicyLogProb)));
    }

    // half of what it samples is no token of its tokenizer
    [Test]
    public void Ids_that_stand_for_no_text_are_counted_by_response()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"model\"", "\"folder\": \"wide\"").With("own.json", "\"testPrompts\": 4", "\"testPrompts\": 6").With("own.json", "\"maxNewTokens\": 6", "\"maxNewTokens\": 2");
        using (var model = Decoder.Initialised(DoctorFolder.Config with { Shape = DoctorFolder.Config.Shape with { Vocabulary = 1400 } }, 1))
            model.Save(folder.PathOf("wide"), new[] { "vocab.json", "merges.txt" }.ToDictionary(name => name, name => File.ReadAllBytes(folder.PathOf("model/" + name))));
        StoredRun run = First(folder);
        int[] textless = [.. run.Samples().Select(row => row.Tokens.Count(id => id >= 768))];
        Assert.That(textless, Has.Some.EqualTo(0).And.Some.EqualTo(1), "none, and a part");
        Assert.That(folder.Log, Has.One.EqualTo($"[{Sft}] responses: {new Share(textless.Count(count => count > 0), 6)} hold ids that stand for no text, rows of the model's vocabulary behind the tokenizer's; their text goes without them"));
        using var plain = new SweepFolder();
        First(plain);
        Assert.That(plain.Log, Has.None.Contains("stand for no text"));
    }

    [Test]
    public void What_a_run_was_made_with_is_told()
    {
        using var folder = new SweepFolder();
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        var made = new NewPolicy(DoctorFolder.Config.Shape) { Lora = new() { Rank = 3, Alpha = 1, Targets = ["o_proj"] } };
        (SweepOptions Options, PolicyChoice Policy, string Rows, string Policies, string Switches, string Activations)[] cases =
        [
            (folder.Options, recipe.Policy, "at most 8 rows", "model, float32", "off off", "kept for the backward pass"),
            (folder.Options with { TokenBudget = 500, Tf32 = true }, made, "at most 8 rows and at most 500 tokens", "new, 2 layers of 16, float32, LoRA of rank 3", "on off", "kept for the backward pass"),
            (folder.Options with { MicroBatch = null, TokenBudget = 500, Deterministic = true, Recompute = true }, made with { Lora = null, Precision = Precision.BFloat16 },
                "at most 500 tokens", "new, 2 layers of 16, bfloat16", "off on", "computed again in the backward pass"),
        ];
        foreach ((SweepOptions options, PolicyChoice policy, string rows, string named, string switches, string activations) in cases)
        {
            RunInputs inputs = new(recipe with { Policy = policy }, options, data, _ => { })
            {
                Store = null!,
                Weights = null!,
                Names = null!,
                OfTraining = [],
                Memory = null!,
                Gold = null!,
                Judge = "",
                ChosenScores = [],
                Sft = null,
                Ranks = null!,
            };
            IReadOnlyDictionary<string, string> facts = RunEnvironment.Describe(inputs, "<|end|> (767)");
            Assert.That((facts["rows trained at once"], facts["policy"], $"{facts["tf32"]} {facts["deterministic algorithms"]}", facts["activations"], facts["responses end at"]),
                Is.EqualTo((rows, named, switches, activations, "<|end|> (767)")));
            Assert.That(facts["responses drawn at once"], policy.Precision == Precision.Float32 ? Is.EqualTo("at most 8") : Does.StartWith("at most 8, and in bfloat16 "));
            Assert.That((facts["device"], facts.ContainsKey("ranks")), Is.EqualTo(("cpu", false)));
        }
    }

    private static StoredRun First(SweepFolder folder)
    {
        folder.Log.Clear();
        using Sweep sweep = folder.Open();
        return sweep.SftWinner(CancellationToken.None);
    }
}
