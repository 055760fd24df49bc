using System.Text.Json;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>The micro recipe with adapters: SFT trains all weights, preference runs train and store adapters alone.</summary>
[NonParallelizable]
public sealed class LoraSweepTests
{
    private static readonly (string, string) s_lora =
        ("\"maxPositions\": 128", "\"maxPositions\": 128, \"lora\": { \"rank\": 4, \"alpha\": 8, \"targets\": [\"qkv_proj\", \"o_proj\"] }");

    [Test]
    public void A_sweep_with_adapters_runs_through_and_stores_PEFT_folders()
    {
        using var micro = new MicroSweep(s_lora);
        using Sweep sweep = micro.Open();
        StoredRun sft = sweep.SftWinner(CancellationToken.None);
        Assert.That(Directory.GetFiles(Weights(sft)).Select(Path.GetFileName), Is.EquivalentTo(new[]
        {
            "config.json", "generation_config.json", "model.safetensors", "vocab.json", "merges.txt", "tokenizer_config.json", "chat_template.jinja", "steps.jsonl", "training.json",
        }));
        foreach (GridPoint point in micro.Points)
        {
            StoredRun run = sweep.Run(point, CancellationToken.None);
            Assert.That(Directory.GetFiles(Weights(run)).Select(Path.GetFileName),
                Is.EquivalentTo(new[] { "adapter_config.json", "adapter_model.safetensors", "vocab.json", "merges.txt", "tokenizer_config.json", "chat_template.jinja", "steps.jsonl", "training.json" }),
                point.Slug);
            using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Weights(run), "adapter_config.json")));
            string baseModel = config.RootElement.GetProperty("base_model_name_or_path").GetString()!;
            Assert.That(baseModel, Is.EqualTo(Path.GetFullPath(Weights(sft))), "found from any working folder");
            Assert.That(run.Samples().Any(row => row.PolicyLogProb != row.SftLogProb), point.Slug + ": the adapters do something");
        }
        string[] steps = [.. File.ReadLines(Path.Combine(sweep.Run(micro.Points[0], CancellationToken.None).Folder, "steps.jsonl"))];
        Assert.That(JsonDocument.Parse(steps[0]).RootElement.GetProperty("loss").GetDouble(), Is.EqualTo(Math.Log(2)).Within(1e-5));
        ReportWriter.Write(sweep.Collect(CancellationToken.None));
        Assert.That(File.ReadAllText(Path.Combine(micro.Folder, "table1.md")), Does.Contain("DPO"));
    }

    [Test]
    public void A_run_taken_up_after_training_gives_the_same_summary_from_its_stored_adapters()
    {
        using var micro = new MicroSweep(s_lora);
        using Sweep sweep = micro.Open();
        StoredRun run = sweep.Run(micro.Points[0], CancellationToken.None);
        string summary = File.ReadAllText(Path.Combine(run.Folder, "summary.json"));
        // as a process killed after the last training step leaves it
        foreach (string file in new[] { "summary.json", "run.json", "samples.jsonl" })
            File.Delete(Path.Combine(run.Folder, file));
        Directory.Delete(Path.Combine(micro.Folder, "responses"), recursive: true);
        Directory.Move(run.Folder, run.Folder + ".work");
        micro.Log.Clear();
        Assert.That(File.ReadAllText(Path.Combine(sweep.Run(micro.Points[0], CancellationToken.None).Folder, "summary.json")), Is.EqualTo(summary));
        Assert.That(micro.Log, Has.None.Contains("train: step"));
    }

    [Test]
    public void Targets_the_policy_lacks_are_refused_before_anything_is_trained()
    {
        using var micro = new MicroSweep((s_lora.Item1, s_lora.Item2.Replace("o_proj", "q_proj", StringComparison.Ordinal)));
        using Sweep sweep = micro.Open();
        Assert.That(() => sweep.SftWinner(CancellationToken.None), Throws.TypeOf<RecipeException>().With.Message.EqualTo(
            "micro.json(5): $.policy.lora: LoRA targets q_proj: the linear layers of this model are qkv_proj, o_proj, gate_up_proj, down_proj; \"all-linear\" takes all of them"));
        Assert.That(micro.Log, Has.None.Contains("train: step"));
    }

    private static string Weights(StoredRun run) => Directory.ResolveLinkTarget(Path.Combine(run.Folder, "weights"), returnFinalTarget: true)!.FullName;
}
