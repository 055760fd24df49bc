using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>dpo-trajectory.json: ten steps from phi3-tiny by other people's model, losses and optimiser, and by ours.</summary>
[Category("Golden"), NonParallelizable]
public class GoldenTrajectoryTests
{
    private static readonly GoldenJson s_golden = GoldenSet.Document("dpo-trajectory.json");

    private static IEnumerable<TestCaseData> Runs => s_golden["runs"].Items.Select(run => new TestCaseData(run).SetArgDisplayNames($"{run["config"]["method"]}", $"{run["config"]["lr"]}"));

    [TestCaseSource(nameof(Runs))]
    public void The_trainer_follows_the_reference_step_by_step(GoldenJson run)
    {
        using var trajectory = new Trajectory(s_golden, run, ScalarType.Float32);
        trajectory.Train();
        GoldenTally tally = new($"dpo-trajectory.json, {run["config"]["method"]} at {run["config"]["lr"]}");
        // what the reference gives as log-probs: sums or means over the tokens
        bool sums = !s_golden["functions"][run["config"]["method"].Text].Text.Contains("average", StringComparison.Ordinal);
        foreach ((int index, GoldenJson step) in run["steps"].Items.Index())
        {
            tally.Begin($"step {index}");
            CompareStep(tally, step, trajectory.Steps[index], sums);
            tally.Same("step", [index], [step["step"].Whole]);
            tally.Same("pairs", trajectory.PairIndices(index), step["pair_indices"].Ids);
            foreach (string which in new[] { "chosen", "rejected" })
                if (step.Find($"ref_{which}_logps")?.Numbers is { Length: > 0 } reference) // none where the loss has no reference
                    tally.Close($"reference, {which}", trajectory.Reference(index, which == "chosen", sums), reference, LogProbs(sums));
        }
        tally.Same("steps", [trajectory.Steps.Count], [run["steps"].Items.Count]);
        tally.Begin("parameters after the last step");
        CompareParameters(tally, run, trajectory);
        tally.Finish();
    }

    // float64 run of the reference, whose norms, softmax and logits stay float32: ours in float64 is as near to it as its own float32 run
    [TestCaseSource(nameof(Runs))]
    public void In_float64_the_trainer_follows_the_reference_s_float64_run(GoldenJson run)
    {
        using var trajectory = new Trajectory(s_golden, run, ScalarType.Float64);
        trajectory.Train();
        GoldenTally tally = new($"dpo-trajectory.json in float64, {run["config"]["method"]} at {run["config"]["lr"]}");
        double[] losses = run["float64_run"]["loss"].Numbers, norms = run["float64_run"]["grad_norm_before_clip"].Numbers;
        // how far the reference's own float32 run is from its float64 run
        double[] lossErrors = run["abs_diff_float32_vs_float64"]["loss"].Numbers, normErrors = run["abs_diff_float32_vs_float64"]["grad_norm_before_clip"].Numbers;
        for (int step = 0; step < losses.Length; step++)
        {
            tally.Begin($"step {step}");
            tally.Close("loss", trajectory.Steps[step]["loss"], losses[step], new(0, Math.Max(2e-6, 2 * lossErrors[step])));
            tally.Close("gradient norm", trajectory.Steps[step]["grad_norm"], norms[step], new(1e-5, Math.Max(1e-7, 2 * normErrors[step])));
        }
        tally.Finish();
    }

    private static Tolerance LogProbs(bool sums) => sums ? GoldenTolerances.SummedLogProbs : GoldenTolerances.MeanLogProbs;

    private static void CompareStep(GoldenTally tally, GoldenJson golden, TrainedStep step, bool sums)
    {
        double[] chosenRewards = golden["chosen_rewards"].Numbers, rejectedRewards = golden["rejected_rewards"].Numbers;
        tally.Close("learning rate", step["learning_rate"], golden["lr"], GoldenTolerances.Schedule);
        tally.Close("micro losses", [.. step.Parts.Select(part => part.Loss)], golden["micro_losses"].Numbers, GoldenTolerances.TrajectoryLoss);
        tally.Close("loss", step["loss"], golden["loss"], GoldenTolerances.TrajectoryLoss);
        tally.Close("gradient norm", step["grad_norm"], golden["grad_norm_before_clip"], GoldenTolerances.TrajectoryGradientNorm);
        tally.Close("chosen log-probs", Policy("logps/chosen", chosen: true), golden["chosen_logps"].Numbers, LogProbs(sums));
        tally.Close("rejected log-probs", Policy("logps/rejected", chosen: false), golden["rejected_logps"].Numbers, LogProbs(sums));
        tally.Close("chosen rewards", step.Each("rewards/chosen"), chosenRewards, GoldenTolerances.MeanLogProbs);
        tally.Close("rejected rewards", step.Each("rewards/rejected"), rejectedRewards, GoldenTolerances.MeanLogProbs);
        tally.Close("reward margin", step["rewards/margins"], golden["reward_margin_mean"], GoldenTolerances.MeanLogProbs);
        if (Math.Abs(golden["reward_margin_mean"].Number) > 0)
            tally.Close("reward accuracy", step["rewards/accuracies"], golden["reward_accuracy"], new(0, 0));
        else // policy and reference are still equal: the signs of the margins are rounding
            golden["reward_accuracy"].Told();
        tally.Close("parameter norm", step.ParameterNorm, golden["param_l2"], new(1e-7, 0));
        tally.Close("margins", [.. step.Each("rewards/margins")], [.. chosenRewards.Zip(rejectedRewards, (chosen, rejected) => chosen - rejected)], GoldenTolerances.MeanLogProbs);

        double[] Policy(string name, bool chosen) => sums ? step.Each(name) : [.. step.Each(name).Zip(step.Counts(chosen), (sum, count) => sum / count)];
    }

    private static void CompareParameters(GoldenTally tally, GoldenJson run, Trajectory trajectory)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> ours = trajectory.Parameters.ToDictionary();
        GoldenTensors start = GoldenTensors.Read("phi3-tiny", "model.safetensors"), final = GoldenTensors.Read("dpo-trajectory.final.safetensors");
        foreach ((string name, GoldenJson golden) in run["parameters_after"].Members)
        {
            Tensor now = ours[name].detach().to(ScalarType.Float64);
            double change = (now - start[name]).square().sum().sqrt().item<double>();
            tally.Close($"change of {name}", change, golden["l2_change"], new(1e-4, 0));
            tally.Close($"sum of {name}", now.sum().item<double>(), golden["sum"], new(0, 1e-3));
        }
        string prefix = $"{run["config"]["method"]}.lr{run["config"]["lr"]}.";
        string[] names = [.. final.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];
        tally.Holds("three final weights", names.Length == 3);
        foreach (string name in names)
            tally.Close(name, GoldenTally.Numbers(ours[name[prefix.Length..]]), GoldenTally.Numbers(final[name]), new(0, 1e-5));
    }
}
