using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What a user reads while a sweep runs: every line of small ones, but for what is measured.</summary>
[NonParallelizable]
public partial class SweepLogTests
{
    private const string Policy = "\"policy\": { \"folder\": \"model\" }", Sft = "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3], \"batchSize\": 8 },", Gold = "\"folder\": \"gold\", \"maxLength\": 64";

    [Test]
    public void A_sweep_tells_what_it_was_given_what_it_does_and_what_came_of_it()
    {
        using var folder = new SweepFolder();
        RunAll(folder);
        Assert.That(Lines(folder), Is.EqualTo(new[]
        {
            "template: phi-3, told by \"template\" in the recipe's data",
            "pairs.jsonl: read as pairs: prompt = prompt, chosen = chosen, rejected = rejected; told by the recipe",
            "pairs.jsonl: 18 rows, 18 kept",
            "test.jsonl: read as pairs: prompt = prompt, chosen = chosen, rejected = rejected; told by the recipe",
            "test.jsonl: 6 rows, 6 kept",
            "test prompts: 6 rows, 6 different prompts",
            "pairs: 18 for the policy, 0 for the gold model, 6 test prompts",
            "training pairs: 18 pairs; cut: 0 (0.0 %) prompts, 0 (0.0 %) chosen, 0 (0.0 %) rejected",
            "test prompts: 0 of 4 (0.0 %) lost their beginning to maxPrompt 40",
            "reading the numbers of ROOT/model",
            "reading the numbers of ROOT/gold",
            "run 1 of 2: SFT-lr1e-3-e1 trains on 967 tokens and answers 4 test prompts; how long the sweep takes is known after this run",
            "gold model: template phi-3, told by the tokenizer's markers",
            "chosen responses: 3 of 4 (75.0 %) were read by the gold model without their beginning",
            "gold model: accuracy on the test set's pairs #",
            "[SFT-lr1e-3-e1] train: all 28,496 parameters",
            "[SFT-lr1e-3-e1] train: step 1/3, loss #, # tokens/s, # s left",
            "[SFT-lr1e-3-e1] train: step 3/3, loss #, # tokens/s, # s left",
            "[SFT-lr1e-3-e1] generate: responses end at <|end|> (767), the end of template phi-3 and the policy's eos_token_id",
            "[SFT-lr1e-3-e1] generate: 4/4 responses",
            "[SFT-lr1e-3-e1] cut: # responses reached maxNewTokens 6 without an end; maxCutShare is 0.1, above it: raise maxNewTokens, or their scores, lengths and KL are those of cut texts",
            "[SFT-lr1e-3-e1] cut: # responses were read by the gold model without their beginning; maxCutShare is 0.1, within it",
            "[SFT-lr1e-3-e1] storing",
            "[SFT-lr1e-3-e1] stored: mean score #",
            "run 2 of 2: DPO-b0.1-lr1e-3-e1 trains on 1,956 tokens and answers 4 test prompts; about # left",
            "[DPO-b0.1-lr1e-3-e1] train: all 28,496 parameters",
            "[DPO-b0.1-lr1e-3-e1] train: step 1/3, loss #, # tokens/s, # s left",
            "[DPO-b0.1-lr1e-3-e1] train: step 3/3, loss #, # tokens/s, # s left",
            "[DPO-b0.1-lr1e-3-e1] generate: responses end at <|end|> (767), the end of template phi-3 and the policy's eos_token_id",
            "[DPO-b0.1-lr1e-3-e1] generate: 4/4 responses",
            "[DPO-b0.1-lr1e-3-e1] cut: # responses reached maxNewTokens 6 without an end; maxCutShare is 0.1, above it: raise maxNewTokens, or their scores, lengths and KL are those of cut texts",
            "[DPO-b0.1-lr1e-3-e1] cut: # responses were read by the gold model without their beginning; maxCutShare is 0.1, within it",
            "[DPO-b0.1-lr1e-3-e1] moved: #",
            "[DPO-b0.1-lr1e-3-e1] storing",
            "[DPO-b0.1-lr1e-3-e1] stored: mean score #, win rate vs SFT #",
        }));
    }

    [Test]
    public void Adapters_in_bfloat16_on_a_policy_without_SFT_are_told()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", Policy, "\"policy\": { \"folder\": \"model\", \"precision\": \"bfloat16\", \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\", \"down_proj\"] } }")
            .With("own.json", Sft, "").With("own.json", "\"maxNewTokens\": 6", "\"maxNewTokens\": 1").With("own.json", "\"maxLength\": 64", "\"maxLength\": 4");
        StoredSweep sweep = RunAll(folder);
        Assert.That(Lines(folder), Has.One.EqualTo("run 1 of 2: start takes no training and answers 4 test prompts; how long the sweep takes is known after this run"));
        Assert.That(Lines(folder).SkipWhile(line => !line.StartsWith("[start]", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            "[start] no SFT: every run starts from the policy's folder as it is",
            "[start] generate: responses end at <|end|> (767), the end of template phi-3 and the policy's eos_token_id",
            "[start] generate: at most 8, and in bfloat16 a response may depend on the others: rounding differs with their number and lengths",
            "[start] generate: 4/4 responses",
            "[start] cut: # responses reached maxNewTokens 1 without an end; maxCutShare is 0.1, above it: raise maxNewTokens, or their scores, lengths and KL are those of cut texts",
            "[start] cut: # responses were read by the gold model without their beginning; maxCutShare is 0.1, above it: raise gold.maxLength",
            "[start] storing",
            "[start] stored: mean score #",
            "run 2 of 2: DPO-b0.1-lr1e-3-e1 trains on 1,956 tokens and answers 4 test prompts; how long the sweep takes is known after this run",
            "[DPO-b0.1-lr1e-3-e1] train: adapters of rank 2 on o_proj, down_proj: 288 parameters in bfloat16, with masters in float32",
            "[DPO-b0.1-lr1e-3-e1] train: step 1/3, loss #, # tokens/s, # s left",
            "[DPO-b0.1-lr1e-3-e1] train: step 3/3, loss #, # tokens/s, # s left",
            "[DPO-b0.1-lr1e-3-e1] generate: responses end at <|end|> (767), the end of template phi-3 and the policy's eos_token_id",
            "[DPO-b0.1-lr1e-3-e1] generate: at most 8, and in bfloat16 a response may depend on the others: rounding differs with their number and lengths",
            "[DPO-b0.1-lr1e-3-e1] generate: 4/4 responses",
            "[DPO-b0.1-lr1e-3-e1] cut: # responses reached maxNewTokens 1 without an end; maxCutShare is 0.1, above it: raise maxNewTokens, or their scores, lengths and KL are those of cut texts",
            "[DPO-b0.1-lr1e-3-e1] cut: # responses were read by the gold model without their beginning; maxCutShare is 0.1, above it: raise gold.maxLength",
            "[DPO-b0.1-lr1e-3-e1] moved: #",
            "[DPO-b0.1-lr1e-3-e1] storing",
            "[DPO-b0.1-lr1e-3-e1] stored: mean score #, win rate vs Start #",
        }));
        Assert.That(Path.Combine(sweep.Folder, "weights", sweep.Sft!.Weights), Does.Not.Exist, "no copy is made of the policy's folder");
        IReadOnlyDictionary<string, string> facts = sweep.Runs[0].Facts.Environment;
        Assert.That(facts.Keys, Is.EqualTo(new[]
        {
            "activations", "alignment", "architecture", "deterministic algorithms", "device", "policy", "processors", "responses drawn at once", "responses end at", "rows trained at once", "runtime", "system", "tf32",
            "threads", "torchsharp",
        }));
        Assert.That(facts.Where(fact => fact.Key is "activations" or "deterministic algorithms" or "device" or "policy" or "responses drawn at once" or "responses end at" or "rows trained at once" or "tf32" or "threads")
            .Select(fact => fact.Value), Is.EqualTo(new[]
        {
            "kept for the backward pass", "off", "cpu", "model, bfloat16, LoRA of rank 2",
            "at most 8, and in bfloat16 a response may depend on the others: rounding differs with their number and lengths", "<|end|> (767)", "at most 8 rows", "off", "1",
        }));
        Assert.That(new[] { "alignment", "architecture", "processors", "runtime", "system", "torchsharp" }.Select(key => facts[key]), Is.All.Not.Empty);
    }

    [Test]
    public void A_judge_that_is_trained_is_told_once_and_found_again()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", Gold, "\"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 16, \"epochs\": 1, \"batchSize\": 4 }")
            .With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        RunAll(folder);
        Assert.That(Lines(folder).Where(line => line.Contains("gold model", StringComparison.Ordinal) || line.StartsWith("[gold]", StringComparison.Ordinal)).Where(line => !line.Contains("cut: ", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            "pairs: 9 for the policy, 9 for the gold model, 6 test prompts",
            "[gold] train: 9 of 9 (100.0 %) pairs lose their beginning to the gold model's maxLength 16",
            "[gold] train: step 1/2, loss #, # tokens/s, # s left",
            "[gold] train: step 2/2, loss #, # tokens/s, # s left",
            "gold model: held-out accuracy #",
            "chosen responses: 4 of 4 (100.0 %) were read by the gold model without their beginning",
            "gold model: accuracy on the test set's pairs #",
        }));
        string gold = Path.GetFileName(Directory.EnumerateDirectories(Path.Combine(folder.Sweeps, "own"), "gold-*").Single());
        Directory.CreateDirectory(Path.Combine(folder.Sweeps, "own", gold + ".work"));
        Directory.Delete(Path.Combine(folder.Sweeps, "own", "judges"), recursive: true);
        RunAll(folder);
        Assert.That(Lines(folder), Has.Some.EqualTo("[gold] stored, nothing is trained"));
        Assert.That(Directory.Exists(Path.Combine(folder.Sweeps, "own", gold + ".work")), Is.False);
        folder.With("own.json", "\"name\": \"own\"", "\"name\": \"other\"");
        RunAll(folder);
        Assert.That(Lines(folder), Has.Some.EqualTo("[gold] that of sweep own, nothing is trained").And.None.Contains("train: step"));
    }

    [TestCase("\"folder\": \"model\"", "language"), TestCase("\"family\": \"llama\", \"width\": 8, \"layers\": 1, \"heads\": 1, \"keyValueHeads\": 1, \"mlpWidth\": 8, \"maxPositions\": 128", "shape")]
    public void What_a_decoders_training_as_a_judge_begins_with_is_told(string decoder, string what)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", Gold, $"\"decoder\": {{ {decoder}, \"maxLength\": 32, \"epochs\": 1, \"batchSize\": 4 }}").With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        using (Sweep sweep = Open(folder))
            sweep.PrepareJudges(CancellationToken.None);
        Assert.That(Lines(folder).Where(line => line.StartsWith("[gold]", StringComparison.Ordinal) || line.Contains("gold model: ", StringComparison.Ordinal) || line.Contains("by the gold model", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            what == "language" ? "[gold] train: begins with the language model, under a new score, of model" : "",
            "[gold] train: 9 of 9 (100.0 %) pairs lose their beginning to the gold model's maxLength 32",
            "[gold] train: step 1/2, loss #, # tokens/s, # s left",
            "[gold] train: step 2/2, loss #, # tokens/s, # s left",
            "gold model: held-out accuracy #",
            "chosen responses: 4 of 4 (100.0 %) were read by the gold model without their beginning",
            "gold model: accuracy on the test set's pairs #",
        }.Where(line => line.Length > 0)));
    }

    [TestCase(767, true), TestCase(766, false)]
    public void A_judge_whose_rows_are_filled_with_their_end_is_told(int padding, bool isTold)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", Gold, "\"decoder\": { \"folder\": \"model\", \"maxLength\": 32, \"epochs\": 1, \"batchSize\": 4 }").With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder.PathOf("model/config.json")))!;
        config["pad_token_id"] = padding;
        folder.Write("model/config.json", config.ToJsonString());
        using (Sweep sweep = Open(folder))
            sweep.PrepareJudges(CancellationToken.None);
        Assert.That(folder.Log.Any(line => line == "[gold] train: <|end|> (767) ends and pads, so the score is read at the token before it"), Is.EqualTo(isTold));
    }

    [Test]
    public void Whom_a_run_waits_for_and_why_is_told()
    {
        using SweepFolder free = new(), held = new();
        StoredSweep sweep = RunAll(free);
        string sampling = Directory.EnumerateFiles(Path.Combine(sweep.Folder, "responses"), "DPO*").Select(file => Path.GetFileNameWithoutExtension(file)).Single();
        Dictionary<string, RunLock> locks = new[] { sweep.Runs[0].Id, $"weights-{sweep.Sft!.Weights}", $"responses-{sampling}", "reference" }
            .ToDictionary(name => name, name => RunLock.TryTake(Path.Combine(held.Sweeps, "own", "locks", name + ".lock"), TimeProvider.System)!);
        // whoever is waited for goes
        var waiting = new Sweep(held.Load(), held.Options, TimeProvider.System, line =>
        {
            held.Log.Add(line);
            if (line.Contains("waiting", StringComparison.Ordinal))
                locks[line.EndsWith("works on it", StringComparison.Ordinal) ? sweep.Runs[0].Id : line.EndsWith("trains it", StringComparison.Ordinal) ? $"weights-{sweep.Sft.Weights}"
                    : line.EndsWith("samples from it", StringComparison.Ordinal) ? $"responses-{sampling}" : "reference"].Dispose();
        });
        using (waiting)
            waiting.Run(Grid.PreferencePoints(held.Load())[0], CancellationToken.None);
        Assert.That(held.Log.Where(line => line.Contains("waiting", StringComparison.Ordinal)).Select(line => Owner().Replace(line, "process N")), Is.EqualTo(new[]
        {
            "[SFT-lr1e-3-e1] waiting: process N trains it", "[DPO-b0.1-lr1e-3-e1] waiting: process N works on it", "[DPO-b0.1-lr1e-3-e1] waiting for the reference pass: process N runs it",
            "[DPO-b0.1-lr1e-3-e1] waiting: process N samples from it",
        }));
    }

    [Test]
    public void Whom_a_reference_pass_that_is_a_stage_of_its_own_waits_for_is_told()
    {
        using SweepFolder folder = new();
        using (Sweep first = folder.Open())
            first.SftWinner(CancellationToken.None);
        RunLock held = RunLock.TryTake(Path.Combine(folder.Sweeps, "own", "locks", "reference.lock"), TimeProvider.System)!;
        using (Sweep starved = folder.OpenStarved("[reference]"))
            Assert.That(() => starved.PrepareReference(CancellationToken.None), Throws.TypeOf<StageOutOfMemoryException>().With.Message.StartsWith("reference pass ran out of memory: "));
        using var waiting = new Sweep(folder.Load(), folder.Options, TimeProvider.System, line =>
        {
            folder.Log.Add(line);
            if (line.Contains("waiting", StringComparison.Ordinal))
                held.Dispose();
        });
        waiting.PrepareReference(CancellationToken.None);
        Assert.That(folder.Log.Select(line => Owner().Replace(line, "process N")), Has.One.EqualTo("[reference] waiting for the reference pass: process N runs it"));
    }

    [Test]
    public void Responses_go_on_where_a_killed_process_was_and_a_line_that_is_none_is_named()
    {
        using var folder = new SweepFolder();
        StoredSweep sweep = RunAll(folder);
        StoredRun run = sweep.Runs[0];
        string samples = File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl")), responses = Directory.EnumerateFiles(Path.Combine(sweep.Folder, "responses"), "DPO*").Single(), whole = File.ReadAllText(responses);
        foreach ((string text, int known) in new[] { (whole[..^9], 3), (whole[..(whole.IndexOf('\n') + 1)], 1), (whole[..9], 0), ("", 0), (whole, 4) })
        {
            Directory.Delete(run.Folder, recursive: true);
            File.WriteAllText(responses, text);
            RunAll(folder);
            Assert.That(folder.Log.Where(line => line.Contains("generate: ", StringComparison.Ordinal)).Skip(1).Select(line => line.Split("generate: ")[1]),
                Is.EqualTo(known switch { 0 => ["4/4 responses"], 4 => ["4 of 4 responses are stored"], _ => new[] { $"{known} of 4 responses are stored", "4/4 responses" } }));
            Assert.That((File.ReadAllText(responses).Length, File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl"))), Is.EqualTo((whole.Length, samples)));
        }

        foreach (string line in new[] { "null", "{}", "{\"Prompt\":\"a\"}", "{\"Prompt\":\"a\",\"Response\":{}}", "x" })
        {
            Directory.Delete(run.Folder, recursive: true);
            Directory.CreateDirectory(run.Folder + ".work");
            File.WriteAllText(responses, whole + line + "\n");
            Assert.That(() => RunAll(folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{responses}(5): not a response; delete the file, its responses are sampled again"));
            Directory.CreateDirectory(run.Folder);
        }
    }

    // only the first and the last step are told, however slow a machine is
    private static Sweep Open(SweepFolder folder) => new(folder.Load(), folder.Options with { ProgressSeconds = 1e9 }, TimeProvider.System, folder.Log.Add);

    private static StoredSweep RunAll(SweepFolder folder)
    {
        folder.Log.Clear();
        using Sweep sweep = Open(folder);
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        return sweep.Collect(CancellationToken.None);
    }

    // what is measured, and what differs between machines
    private static string[] Lines(SweepFolder folder) => [.. folder.Log.Where(line => !line.StartsWith("memory: ", StringComparison.Ordinal)).Select(line => Measured().Replace(line.Replace(folder.Root, "ROOT", StringComparison.Ordinal), "#"))];

    [GeneratedRegex(@"(?<=about ).*(?= left)|(?<=moved: ).*|(?<=loss )[\d.]+|\d+(?= tokens/s)|\d+(?= s left)|(?<=score )-?[\d.]+|(?<=vs SFT |vs Start )[\d.]+$|(?<=accuracy )[\d.]+ \([^)]*\)|(?<=accuracy on the test set's pairs )[\d.]+ \([^)]*\)|(?<=cut: )\d+ of \d+ \([\d.]+ %\)")]
    private static partial Regex Measured();

    [GeneratedRegex(@"process \d+ on \S+ since \S+ \S+(?= )")]
    private static partial Regex Owner();
}
