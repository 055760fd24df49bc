using Alignment.Objectives;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>losses.json: losses, rewards and gradients of other people's implementations; an objective is one line of <see cref="GoldenObjectives"/>.</summary>
[Category("Golden")]
public class GoldenObjectiveTests
{
    private static readonly string[] s_results = ["losses", "chosen_rewards", "rejected_rewards", "grad_policy_chosen", "grad_policy_rejected"];
    private static readonly GoldenJson s_golden = GoldenSet.Document("losses.json");

    // the reference is called on sums over the tokens divided by their number
    private static readonly string[] s_onAverages = ["ln_dpo", "simpo", "simpo_hinge", "ipo_avg", "orpo_or"];

    private static readonly Dictionary<string, GoldenJson> s_batches =
        s_golden["batches"].Items.ToDictionary(batch => batch["id"].Text);

    private static IEnumerable<TestCaseData> Kinds => s_golden["cases"].Items
        .GroupBy(golden => (Text(golden, "loss"), Text(golden, "dtype")))
        .Select(kind => new TestCaseData(kind.Key.Item1, kind.Key.Item2, kind.ToArray()).SetArgDisplayNames(kind.Key.Item1, kind.Key.Item2));

    [TestCaseSource(nameof(Kinds))]
    public void Losses_rewards_and_gradients_are_those_of_the_reference(string loss, string type, GoldenJson[] cases)
    {
        GoldenTally tally = new($"losses.json, {loss} in {type}");
        foreach (GoldenJson golden in cases)
        {
            using var scope = NewDisposeScope();
            tally.Begin($"{Text(golden, "batch")} {golden["params"]}");
            double[][] found = Results(golden, Type(golden));
            tally.Same("settings that are not known", golden["params"].Unused(), []);
            tally.Same("input", [s_onAverages.Contains(loss) ? "averages" : "sums"], [Text(golden, "input")]);
            // where losses overflow there, so does their mean; kto_pair's is over both completions of a pair
            if (golden["mean_loss"].Number is double mean && double.IsFinite(mean))
                tally.Close("mean_loss", found[0].Average() / (loss == "kto_pair" ? 2 : 1), mean, GoldenTolerances.Losses(type, loss));
            for (int i = 0; i < s_results.Length; i++)
                Compare(tally, s_results[i], found[i], Reference(golden, s_results[i]), GoldenTolerances.Losses(type, loss));
        }
        tally.Finish();
    }

    [Test]
    public void Ln_dpo_rewards_of_trl_are_beta_times_the_summed_log_ratio()
    {
        GoldenTally tally = new("losses.json, TRL's rewards of ln_dpo");
        foreach (GoldenJson golden in s_golden["cases"].Items)
        {
            if (golden.Find("chosen_rewards_as_trl_v1_9_0_logs_them") is not { } chosen)
                continue;
            using var scope = NewDisposeScope();
            tally.Begin($"{Text(golden, "batch")} {golden["params"]}");
            Tolerance tolerance = GoldenTolerances.Losses(Text(golden, "dtype"), "ln_dpo");
            PairLogProbs pairs = Pairs(golden, Type(golden));
            double beta = golden["params"]["beta"].Number;
            tally.Close("chosen", pairs.ChosenLogRatios() * beta, chosen, tolerance);
            tally.Close("rejected", pairs.RejectedLogRatios() * beta, golden["rejected_rewards_as_trl_v1_9_0_logs_them"], tolerance);
        }
        tally.Finish();
    }

    // the references take 0 · ∞ or the like here and there; what they do with NaN or ∞ going in is information only
    [Test]
    public void Inputs_that_are_not_finite_give_losses_by_the_formula_and_a_nan_is_never_hidden()
    {
        GoldenTally tally = new("losses.json, nonfinite_cases (our side: 0 where the margin is +∞, ∞ where it is −∞, NaN where an input is)");
        s_batches[s_golden["nonfinite_batch"]["id"].Text] = s_golden["nonfinite_batch"];
        foreach (GoldenJson golden in s_golden["nonfinite_cases"].Items)
        {
            using var scope = NewDisposeScope();
            tally.Begin($"{Text(golden, "loss")} {golden["params"]}");
            double[] ours = GoldenTally.Numbers(GoldenObjectives.Of(Text(golden, "loss"), golden["params"]).Loss(Pairs(golden, ScalarType.Float64)).Losses), theirs = golden["losses"].Numbers;
            tally.Close("losses", ours, [.. theirs.Select((loss, i) => ByFormula(Margin(i), loss))], GoldenTolerances.Losses("float64", Text(golden, "loss")));
            tally.Holds("differs only where the reference multiplies 0 by ∞", theirs.Zip(ours).All(pair => pair.First.Equals(pair.Second) || double.IsNaN(pair.First)));
        }
        tally.Finish();
    }

    private static double Margin(int pair)
    {
        double Of(string name) => s_batches["nonfinite"][name].Numbers[pair];
        return Of("policy_chosen") - Of("policy_rejected") - (Of("ref_chosen") - Of("ref_rejected"));
    }

    private static double ByFormula(double margin, double finite) => margin switch
    {
        double.NaN => double.NaN,
        double.PositiveInfinity => 0,
        double.NegativeInfinity => double.PositiveInfinity,
        _ => finite,
    };

    private static double[][] Results(GoldenJson golden, ScalarType type)
    {
        PairLogProbs pairs = Pairs(golden, type);
        PairLosses ours = GoldenObjectives.Of(Text(golden, "loss"), golden["params"]).Loss(pairs);
        ours.Losses.mean().backward();
        return [.. new[] { ours.Losses, ours.ChosenRewards, ours.RejectedRewards, pairs.Chosen.grad!, pairs.Rejected.grad! }.Select(GoldenTally.Numbers)];
    }

    // where the reference overflows to NaN or ∞ ours is a finite number
    private static void Compare(GoldenTally tally, string what, double[] ours, double[] reference, Tolerance tolerance)
    {
        tally.Holds($"{what} are finite", ours.All(double.IsFinite));
        int[] finite = [.. Enumerable.Range(0, reference.Length).Where(i => double.IsFinite(reference[i]))];
        tally.Close(what, [.. finite.Select(i => ours[i])], [.. finite.Select(i => reference[i])], tolerance);
    }

    // kto_pair has a loss for each completion and the mean over both; ours is the pair's, the sum of the two
    private static double[] Reference(GoldenJson golden, string what)
    {
        double[] values = golden[what].Numbers;
        if (Text(golden, "loss") != "kto_pair" || what.EndsWith("rewards", StringComparison.Ordinal))
            return values;
        int pairs = values.Length / 2;
        return what == "losses" ? [.. Enumerable.Range(0, pairs).Select(i => values[i] + values[pairs + i])] : [.. values.Select(value => 2 * value)];
    }

    private static PairLogProbs Pairs(GoldenJson golden, ScalarType type)
    {
        GoldenJson batch = s_batches[Text(golden, "batch")];
        return new()
        {
            Chosen = Values("policy_chosen").requires_grad_(),
            Rejected = Values("policy_rejected").requires_grad_(),
            ReferenceChosen = Values("ref_chosen"),
            ReferenceRejected = Values("ref_rejected"),
            ChosenCounts = Values("chosen_len").to(ScalarType.Int64),
            RejectedCounts = Values("rejected_len").to(ScalarType.Int64),
        };

        Tensor Values(string name) => tensor(batch[name].Numbers).to(type);
    }

    private static ScalarType Type(GoldenJson golden) => Text(golden, "dtype") switch
    {
        "float64" => ScalarType.Float64,
        "float32" => ScalarType.Float32,
        var type => throw new NotSupportedException($"losses.json has a case in {type}"),
    };

    private static string Text(GoldenJson golden, string name) => golden[name].Text;
}
