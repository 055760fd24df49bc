using System.Text.Json;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>dpo-trajectory.json: ten steps from phi3-tiny by other people's model, losses and optimiser, and by ours.</summary>
[Category("Golden"), NonParallelizable]
public class GoldenTrajectoryTests
{
    private static readonly JsonElement s_golden = GoldenSet.Document("dpo-trajectory.json");

    private static IEnumerable<TestCaseData> Runs => s_golden.GetProperty("runs").EnumerateArray()
        .Select(run => new TestCaseData(run).SetArgDisplayNames(Config(run, "method").GetString()!, Config(run, "lr").GetRawText()));

    [TestCaseSource(nameof(Runs))]
    public void The_trainer_follows_the_reference_step_by_step(JsonElement run)
    {
        using var trajectory = new Trajectory(s_golden, run, ScalarType.Float32);
        trajectory.Train();
        GoldenTally tally = new($"dpo-trajectory.json, {Config(run, "method")} at {Config(run, "lr")}");
        foreach ((int index, JsonElement step) in run.GetProperty("steps").EnumerateArray().Index())
        {
            tally.Begin($"step {index}");
            CompareStep(tally, step, trajectory.Steps[index], Config(run, "method").GetString() == "dpo");
        }
        tally.Begin("parameters after the last step");
        CompareParameters(tally, run, trajectory);
        tally.Finish();
    }

    // float64 run of the reference, whose norms, softmax and logits stay float32: ours in float64 is as near to it as its own float32 run
    [TestCaseSource(nameof(Runs))]
    public void In_float64_the_trainer_follows_the_reference_s_float64_run(JsonElement run)
    {
        using var trajectory = new Trajectory(s_golden, run, ScalarType.Float64);
        trajectory.Train();
        GoldenTally tally = new($"dpo-trajectory.json in float64, {Config(run, "method")} at {Config(run, "lr")}");
        double[] losses = GoldenTally.Numbers(run.GetProperty("float64_run").GetProperty("loss"));
        double[] norms = GoldenTally.Numbers(run.GetProperty("float64_run").GetProperty("grad_norm_before_clip"));
        double[] lossErrors = Errors(run, "loss"), normErrors = Errors(run, "grad_norm_before_clip");
        for (int step = 0; step < losses.Length; step++)
        {
            tally.Begin($"step {step}");
            tally.Close("loss", trajectory.Steps[step]["loss"], losses[step], new(0, Math.Max(2e-6, 2 * lossErrors[step])));
            tally.Close("gradient norm", trajectory.Steps[step]["grad_norm"], norms[step], new(1e-5, Math.Max(1e-7, 2 * normErrors[step])));
        }
        tally.Finish();
    }

    // how far the reference's own float32 run is from its float64 run
    private static double[] Errors(JsonElement run, string what) => GoldenTally.Numbers(run.GetProperty("abs_diff_float32_vs_float64").GetProperty(what));

    private static void CompareStep(GoldenTally tally, JsonElement golden, TrainedStep step, bool sums)
    {
        Tolerance logProbs = sums ? GoldenTolerances.SummedLogProbs : GoldenTolerances.MeanLogProbs;
        double[] margins = [.. Numbers("chosen_rewards").Zip(Numbers("rejected_rewards"), (chosen, rejected) => chosen - rejected)];
        tally.Close("learning rate", step["learning_rate"], Number("lr"), GoldenTolerances.Schedule);
        tally.Close("micro losses", [.. step.Parts.Select(part => part.Loss)], Numbers("micro_losses"), GoldenTolerances.TrajectoryLoss);
        tally.Close("loss", step["loss"], Number("loss"), GoldenTolerances.TrajectoryLoss);
        tally.Close("gradient norm", step["grad_norm"], Number("grad_norm_before_clip"), GoldenTolerances.TrajectoryGradientNorm);
        tally.Close("chosen log-probs", LogProbs("logps/chosen", chosen: true), Numbers("chosen_logps"), logProbs);
        tally.Close("rejected log-probs", LogProbs("logps/rejected", chosen: false), Numbers("rejected_logps"), logProbs);
        tally.Close("chosen rewards", step.Each("rewards/chosen"), Numbers("chosen_rewards"), GoldenTolerances.MeanLogProbs);
        tally.Close("rejected rewards", step.Each("rewards/rejected"), Numbers("rejected_rewards"), GoldenTolerances.MeanLogProbs);
        tally.Close("reward margin", step["rewards/margins"], Number("reward_margin_mean"), GoldenTolerances.MeanLogProbs);
        if (Math.Abs(Number("reward_margin_mean")) > 0) // policy and reference are still equal: the signs of the margins are rounding
            tally.Close("reward accuracy", step["rewards/accuracies"], Number("reward_accuracy"), new(0, 0));
        tally.Close("parameter norm", step.ParameterNorm, Number("param_l2"), new(1e-7, 0));
        tally.Close("margins", [.. step.Each("rewards/margins")], margins, GoldenTolerances.MeanLogProbs);
        if (golden.TryGetProperty("ref_chosen_logps", out _) && step.Parts[0].Logged.ContainsKey("log_ratios/chosen"))
        {
            tally.Close("reference, chosen", Reference("chosen"), Numbers("ref_chosen_logps"), logProbs);
            tally.Close("reference, rejected", Reference("rejected"), Numbers("ref_rejected_logps"), logProbs);
        }

        double Number(string name) => golden.GetProperty(name).GetDouble();
        double[] Numbers(string name) => GoldenTally.Numbers(golden.GetProperty(name));
        double[] LogProbs(string name, bool chosen) => sums ? step.Each(name) : [.. step.Each(name).Zip(step.Counts(chosen), (sum, count) => sum / count)];
        double[] Reference(string which) => [.. LogProbs($"logps/{which}", which == "chosen").Zip(LogProbs($"log_ratios/{which}", which == "chosen"), (p, ratio) => p - ratio)];
    }

    private static void CompareParameters(GoldenTally tally, JsonElement run, Trajectory trajectory)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> ours = trajectory.Parameters.ToDictionary(), start = GoldenTensors.Read("phi3-tiny", "model.safetensors");
        foreach (JsonProperty golden in run.GetProperty("parameters_after").EnumerateObject())
        {
            Tensor now = ours[golden.Name].detach().to(ScalarType.Float64);
            double change = (now - start[golden.Name]).square().sum().sqrt().item<double>();
            tally.Close($"change of {golden.Name}", change, golden.Value.GetProperty("l2_change").GetDouble(), new(1e-4, 0));
            tally.Close($"sum of {golden.Name}", now.sum().item<double>(), golden.Value.GetProperty("sum").GetDouble(), new(0, 1e-3));
        }
        string prefix = $"{Config(run, "method")}.lr{Config(run, "lr")}.";
        var final = GoldenTensors.Read("dpo-trajectory.final.safetensors").Where(item => item.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        tally.Holds("three final weights", final.Count == 3);
        foreach ((string name, Tensor wanted) in final)
            tally.Close(name, GoldenTally.Numbers(ours[name[prefix.Length..]]), GoldenTally.Numbers(wanted), new(0, 1e-5));
    }

    private static JsonElement Config(JsonElement run, string name) => run.GetProperty("config").GetProperty(name);
}
