using System.Text.Json;
using Alignment.Models;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>What a sweep may start from: a given model without SFT, adapters over one, SFT that trains adapters.</summary>
[NonParallelizable]
public sealed class StartModelTests
{
    private const string Sft = "\"sft\": { \"epochs\": [1], \"learningRate\": [2e-3], \"batchSize\": 8 },";
    private const string Lora = """, "lora": { "rank": 2, "alpha": 4, "targets": "all-linear" }""";
    private string _policy = null!;

    [OneTimeSetUp]
    public void Bring() => _policy = MicroSweep.NewPolicyFolder();

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(Path.GetDirectoryName(_policy)!, recursive: true);

    [TestCase("", TestName = "Without the key sft, runs start from the given model")]
    [TestCase("\"sft\": null,", TestName = "With sft null, runs start from the given model")]
    [TestCase("\"sft\": { \"epochs\": [0], \"learningRate\": [2e-3], \"batchSize\": 8 },", TestName = "With SFT of no epoch, runs start from the given model")]
    public void Without_SFT_runs_start_from_the_given_model(string sft)
    {
        using var micro = new MicroSweep(MicroSweep.Policy(_policy), (Sft, sft));
        using Sweep sweep = micro.Open();
        StoredRun dpo = sweep.Run(micro.Points[0], CancellationToken.None), start = sweep.SftWinner(CancellationToken.None);
        Assert.That(start.Point.Slug, Is.EqualTo("start"));
        Assert.That(start.Samples().Select(row => row.PolicyLogProb), Is.EqualTo(start.Samples().Select(row => row.SftLogProb)), "it is its own start");
        Assert.That(Path.Combine(start.Folder, "weights"), Does.Not.Exist, "the given folder is not copied");
        Assert.That(FirstLoss(dpo), Is.EqualTo(Math.Log(2)).Within(1e-5), "the given model is DPO's reference");
        Assert.That(dpo.Samples().OrderBy(row => row.PromptIndex).Select(row => row.SftScore),
            Is.EqualTo(start.Samples().OrderBy(row => row.PromptIndex).Select(row => row.Score)), "wins are told against it");
        Assert.That(micro.Log, Has.None.StartsWith("[SFT").And.Some.StartsWith("[start] no SFT"));
        ReportWriter.Write(sweep.Collect(CancellationToken.None));
        Assert.That(File.ReadAllText(Path.Combine(micro.Folder, "table1.md")), Does.Match(@"\| Start +\| start-").And.Contains("DPO").And.Not.Contains("| SFT "));
        string[] reports = [.. Directory.EnumerateFiles(micro.Folder, "*.md"), .. Directory.EnumerateFiles(micro.Folder, "*.svg"), Path.Combine(micro.Folder, "report.html")];
        Assert.That(reports.Where(file => System.Text.RegularExpressions.Regex.IsMatch(File.ReadAllText(file), "\\bSFT\\b")), Is.Empty, "nobody ran SFT");
        Assert.That(File.ReadAllText(Path.Combine(micro.Folder, "report.html")), Does.Contain("the start model"));
    }

    [Test]
    public void Adapters_a_run_has_stored_are_the_policy_of_another_sweep_which_trains_new_ones()
    {
        using var first = new MicroSweep(MicroSweep.Policy(_policy, Lora), (Sft, ""));
        string adapter = Run(first, 0);
        Assert.That(Base(adapter), Is.EqualTo(_policy), "without SFT the adapters' base is the given folder");

        using var second = new MicroSweep(MicroSweep.Policy(adapter, Lora), (Sft, ""));
        using Sweep sweep = second.Open();
        StoredRun simpo = sweep.Run(second.Points[2], CancellationToken.None), start = sweep.SftWinner(CancellationToken.None);
        string merged = Directory.ResolveLinkTarget(Path.Combine(start.Folder, "weights"), returnFinalTarget: true)!.FullName;
        Assert.That(Base(Path.Combine(simpo.Folder, "weights")), Is.EqualTo(merged), "of a PEFT folder the merged weights are stored, as the new adapters' base");
        using Decoder given = ModelFolder.Find(adapter, []).Load(ModelFolder.Find(adapter, []).Config()), stored = Decoder.Load(merged);
        Assert.That(stored.parameters().Zip(given.parameters()).All(pair => pair.First.bytes.SequenceEqual(pair.Second.bytes)));
    }

    [Test]
    public void SFT_with_adapters_trains_them_alone_and_stores_the_merged_model()
    {
        using var micro = new MicroSweep(MicroSweep.Policy(_policy), ("\"learningRate\": [2e-3], \"batchSize\": 8", "\"learningRate\": [2e-3], \"batchSize\": 8" + Lora));
        using Sweep sweep = micro.Open();
        StoredRun sft = sweep.SftWinner(CancellationToken.None);
        using Decoder before = Decoder.Load(_policy), after = Decoder.Load(Path.Combine(sft.Folder, "weights"));
        string[] changed = [.. before.named_parameters().Zip(after.named_parameters())
            .Where(pair => !pair.First.parameter.bytes.SequenceEqual(pair.Second.parameter.bytes)).Select(pair => pair.First.name)];
        Assert.That(changed, Is.EqualTo(DecoderWeights.LinearLayers(before.Config).Select(path => path + ".weight")).AsCollection);
        Assert.That(micro.Log, Has.Some.EqualTo("[SFT-lr2e-3-e1] train: adapters of rank 2 on qkv_proj, o_proj, gate_up_proj, down_proj: 1,664 parameters"));
        Assert.That(FirstLoss(sweep.Run(micro.Points[0], CancellationToken.None)), Is.EqualTo(Math.Log(2)).Within(1e-5), "preference runs start from it");
        Assert.That(micro.Log, Has.Some.Match(@"^\[DPO-b0.1-lr1e-3-e1\] train: all [0-9,]+ parameters$"));
    }

    [Test]
    public void A_policy_whose_base_is_lost_is_refused_before_anything_is_trained_unless_the_recipe_names_it()
    {
        string adapter = Path.Combine(Path.GetDirectoryName(_policy)!, "adapter");
        using (Decoder model = Decoder.Load(_policy))
            PeftFolder.Save(LoraAdapters.Attach(model, new() { Rank = 2, Alpha = 4, Targets = ["o_proj"] }, 1), adapter, "../lost", new Dictionary<string, byte[]>());
        using var lost = new MicroSweep(MicroSweep.Policy(adapter), (Sft, ""));
        using Sweep none = lost.Open();
        Assert.That(() => none.SftWinner(CancellationToken.None), Throws.TypeOf<Recipes.RecipeException>().With.Message.StartsWith(
            $"micro.json(5): $.policy: {adapter}: adapter_config.json names the base model ../lost, and none of "));
        using var named = new MicroSweep(MicroSweep.Policy(adapter, $", \"base\": \"{_policy}\""), (Sft, ""));
        using Sweep sweep = named.Open();
        Assert.That(sweep.SftWinner(CancellationToken.None).Summary.Samples, Is.EqualTo(24));
    }

    private static string Run(MicroSweep micro, int point)
    {
        using Sweep sweep = micro.Open();
        return Path.Combine(sweep.Run(micro.Points[point], CancellationToken.None).Folder, "weights");
    }

    private static string Base(string adapter) => PeftFolder.BaseModel(adapter);

    private static double FirstLoss(StoredRun run)
    {
        using JsonDocument step = JsonDocument.Parse(File.ReadLines(Path.Combine(run.Folder, "steps.jsonl")).First());
        return step.RootElement.GetProperty("loss").GetDouble();
    }
}
