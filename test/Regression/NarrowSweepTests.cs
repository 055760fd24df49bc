using System.Text.Json;
using Alignment.Checkpoints.Safetensors;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The micro recipe in bfloat16, with and without adapters.</summary>
[NonParallelizable]
public sealed class NarrowSweepTests
{
    private const string Positions = "\"maxPositions\": 128", Narrow = Positions + ", \"precision\": \"bfloat16\"";
    private const string Lora = ", \"lora\": { \"rank\": 4, \"alpha\": 8, \"targets\": \"all-linear\" }";

    [Test]
    public void A_sweep_in_bfloat16_runs_through_and_stores_weights_in_bfloat16([Values] bool lora)
    {
        using var micro = new MicroSweep((Positions, Narrow + (lora ? Lora : "")));
        using Sweep sweep = micro.Open();
        foreach (GridPoint point in micro.Points)
        {
            StoredRun run = sweep.Run(point, CancellationToken.None);
            using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(run.Folder, "weights", lora ? "adapter_model.safetensors" : "model.safetensors"));
            Assert.That(weights.Entries.Select(entry => entry.Type), Has.All.EqualTo(ScalarType.BFloat16), point.Slug);
            Assert.That(run.Samples().Any(row => row.PolicyLogProb != row.SftLogProb), point.Slug + ": training has moved the model");
            Assert.That(run.Samples().Select(row => row.PolicyLogProb), Has.All.Matches<double>(double.IsFinite));
        }
        StoredRun first = sweep.Run(micro.Points[0], CancellationToken.None);
        string step = File.ReadLines(Path.Combine(first.Folder, "steps.jsonl")).First();
        Assert.That(JsonDocument.Parse(step).RootElement.GetProperty("loss").GetDouble(), Is.EqualTo(Math.Log(2)).Within(0.01));
        Assert.That(micro.Log, Has.Some.Contains("parameters in bfloat16, with masters in float32"));
        ReportWriter.Write(sweep.Collect(CancellationToken.None));
    }

    [TestCase("float32"), TestCase("bfloat16")]
    public void Where_the_optimisers_state_lies_and_deterministic_algorithms_change_no_byte(string precision)
    {
        using MicroSweep plain = new((Positions, $"{Positions}, \"precision\": \"{precision}\"")), other = new((Positions, $"{Positions}, \"precision\": \"{precision}\""));
        using (Sweep sweep = plain.Open(), changed = other.Open(other.Options with { OptimiserOnHost = true, Deterministic = true, CheckpointSeconds = 1 }))
            foreach (GridPoint point in plain.Points.Take(1))
            {
                StoredRun expected = sweep.Run(point, CancellationToken.None), actual = changed.Run(point, CancellationToken.None);
                Assert.That(actual.Id, Is.EqualTo(expected.Id));
                foreach (string file in new[] { "samples.jsonl", "weights/model.safetensors" })
                    Assert.That(File.ReadAllBytes(Path.Combine(actual.Folder, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(expected.Folder, file))), file);
            }
        using Sweep after = plain.Open(); // settings of the whole process: as they were
    }
}
