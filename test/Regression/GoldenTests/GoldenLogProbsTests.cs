using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The golden logits stand as hidden states before an identity head: each product is one logit and exact zeros.</summary>
[Category("Golden")]
public class GoldenLogProbsTests
{
    private static readonly GoldenJson s_golden = GoldenSet.Document("logps.json")["cases"];

    private DisposeScope _scope = null!;
    private GoldenTensors _tensors = null!;

    private static IEnumerable<string> Cases => s_golden.Items.Select(golden => golden["id"].Text);

    private static IEnumerable<string> CasesWithGradient =>
        s_golden.Items.Where(golden => golden["has_grad"].Holds).Select(golden => golden["id"].Text);

    [SetUp]
    public void Read()
    {
        _scope = NewDisposeScope();
        _tensors = GoldenTensors.Read("logps.safetensors");
    }

    [TearDown]
    public void Free() => _scope.Dispose();

    [Test]
    public void There_are_cases_with_and_without_gradients() =>
        Assert.That(CasesWithGradient.Count(), Is.GreaterThan(0).And.LessThan(Cases.Count()));

    [TestCaseSource(nameof(Cases))]
    public void Sums_averages_and_counts_are_those_of_the_reference(string id)
    {
        GoldenJson golden = Golden(id);
        GoldenTally tally = new($"logps.json, {id} in {golden["dtype"]}");
        tally.Begin(id);
        (Tensor hidden, Tensor head, Tensor labels) = Inputs(id);
        SequenceScores scores = SequenceLogProbs.Score(hidden, head, labels);
        double[] sums = GoldenTally.Numbers(scores.Sums), counts = GoldenTally.Numbers(scores.Counts);
        tally.Same("shape", _tensors[id + ".logits"].shape, golden["shape"].Read<long[]>());
        tally.Close("token_count", counts, Numbers(golden, "token_count"), new(0, 0));
        // 0/0 on the fully masked row, as there; a row without a response is refused when data is read
        double[] averages = [.. sums.Zip(counts, (sum, count) => sum / count)];
        tally.Close("sum_from_float64_logits", sums, Numbers(golden, "sum_from_float64_logits"), Tolerance(golden));
        tally.Close("average_from_float64_logits", averages, Numbers(golden, "average_from_float64_logits"), Tolerance(golden));
        Tolerance own = GoldenTolerances.RoundedLogProbs(golden["dtype"].Text);
        foreach (string name in new[] { "sum", "sum_trl_v0_11_4", "sum_trl_v1_9_0", "sum_simpo", "sum_open_instruct" })
            tally.Close(name, sums, Numbers(golden, name), own);
        foreach (string name in new[] { "average", "average_simpo" })
            tally.Close(name, averages, Numbers(golden, name), own);
        tally.Close("average_open_instruct", [.. sums.Zip(counts, (sum, count) => sum / Math.Max(1, count))], Numbers(golden, "average_open_instruct"), own);
        tally.Holds("the fully masked row has no tokens", counts[^1] == 0 && sums[^1] == 0);
        tally.Finish();
    }

    [TestCaseSource(nameof(Cases))]
    public void Log_probs_per_token_are_those_of_the_reference(string id)
    {
        double fromReference = Distance(PerToken(id), _tensors[id + ".per_token_logps"]);
        if (Golden(id)["dtype"].Text == "bf16")
        {
            Assert.That(Distance(PerToken(id), PlainPerToken(id)), Is.LessThan(1e-5),
                "the reference rounds to bfloat16, so the plain twin stands in");
            Assert.That(fromReference, Is.LessThan(GoldenTolerances.RoundedLogProbs("bf16").Absolute));
        }
        else
            Assert.That(fromReference, Is.LessThan(Tolerance(Golden(id)).Absolute));
    }

    [TestCaseSource(nameof(CasesWithGradient))]
    public void Gradients_are_those_of_the_reference(string id)
    {
        (Tensor hidden, Tensor head, Tensor labels) = Inputs(id);
        hidden.requires_grad_(true);
        SequenceLogProbs.Score(hidden, head, labels).Sums.sum().backward();
        BackwardFailure.Rethrow();
        double tolerance = hidden.dtype == ScalarType.Float64 ? 1e-12 : 1e-6;
        Assert.That(Distance(hidden.grad!, _tensors[id + ".grad_sum_logps"]), Is.LessThan(tolerance));
    }

    private Tensor PerToken(string id)
    {
        (Tensor hidden, Tensor head, Tensor labels) = Inputs(id);
        return SequenceLogProbs.PerToken(hidden, head, labels);
    }

    private Tensor PlainPerToken(string id)
    {
        (Tensor hidden, Tensor head, Tensor labels) = Inputs(id);
        return PlainLogProbs.PerToken(hidden.to(ScalarType.Float64), head.to(ScalarType.Float64), labels);
    }

    private (Tensor Hidden, Tensor Head, Tensor Labels) Inputs(string id)
    {
        Tensor logits = _tensors[id + ".logits"];
        return (logits, eye(logits.shape[2], dtype: logits.dtype), _tensors[id + ".labels"]);
    }

    private static double Distance(Tensor one, Tensor other) =>
        (one.to(ScalarType.Float64) - other.to(ScalarType.Float64)).abs().max().item<double>();

    private static GoldenJson Golden(string id) => s_golden.Items.Single(golden => golden["id"].Text == id);

    private static double[] Numbers(GoldenJson golden, string key) => golden[key].Numbers;

    private static Tolerance Tolerance(GoldenJson golden) => GoldenTolerances.LogProbs(golden["dtype"].Text);
}
