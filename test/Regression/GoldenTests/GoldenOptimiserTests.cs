using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

[Category("Golden"), NonParallelizable]
public class GoldenOptimiserTests
{
    private static readonly GoldenJson s_golden = GoldenSet.Document("optim.json");

    private static GoldenTally s_tally = null!;
    private DisposeScope _scope = null!;

    private static IEnumerable<int> AdamWRuns => Enumerable.Range(0, s_golden["adamw"].Items.Count);

    private static IEnumerable<int> FusedRuns => AdamWRuns.Where(run => !s_golden["adamw"][run]["amsgrad"].Holds);

    private static IEnumerable<int> ClipRuns => Enumerable.Range(0, s_golden["clip_grad_norm"].Items.Count);

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        s_tally = new("optim.json");
        s_tally.Begin(TestContext.CurrentContext.Test.Name);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        s_tally.Finish();
    }

    [TestCaseSource(nameof(FusedRuns))]
    public void Fused_steps_are_those_of_torch(int run)
    {
        GoldenJson golden = s_golden["adamw"][run];
        Tensor[] parameters = Tensors(golden, golden["initial"]);
        foreach (Tensor parameter in parameters)
            parameter.requires_grad_(true);
        using var optimiser = new FusedAdamW(parameters.Select((parameter, i) => ($"p{i}", parameter)), Rates(golden));
        for (int step = 0; step < golden["grads"].Items.Count; step++)
        {
            Tensor[] gradients = Tensors(golden, golden["grads"][step]);
            for (int i = 0; i < parameters.Length; i++)
                parameters[i].grad = gradients[i];
            optimiser.Step(Number(golden, "lr"));
            Compare(golden, parameters, golden["params_after_step"][step], $"step {step}");
        }
        IReadOnlyDictionary<string, Tensor> state = optimiser.State();
        CompareMoments(golden, [.. parameters.Select((_, i) => state[$"exp_avg.p{i}"])], "exp_avg");
        CompareMoments(golden, [.. parameters.Select((_, i) => state[$"exp_avg_sq.p{i}"])], "exp_avg_sq");
    }

    [TestCaseSource(nameof(AdamWRuns))]
    public void Plain_steps_are_those_of_torch(int run)
    {
        GoldenJson golden = s_golden["adamw"][run];
        Tensor[] parameters = Tensors(golden, golden["initial"]);
        Tensor[] first = [.. parameters.Select(one => zeros_like(one))], second = [.. parameters.Select(one => zeros_like(one))],
            maxima = [.. parameters.Select(one => zeros_like(one))];
        for (int step = 0; step < golden["grads"].Items.Count; step++)
        {
            var tensors = new AdamWTensors(parameters, Tensors(golden, golden["grads"][step]), first, second);
            if (golden["amsgrad"].Holds)
                PlainAdamW.Step(tensors, maxima, step + 1, Rates(golden));
            else
                PlainAdamW.Step(tensors, step + 1, Rates(golden));
            Compare(golden, parameters, golden["params_after_step"][step], $"step {step}");
        }
        CompareMoments(golden, first, "exp_avg");
        CompareMoments(golden, second, "exp_avg_sq");
    }

    [TestCaseSource(nameof(ClipRuns))]
    public void Clipped_gradients_are_those_of_torch(int run)
    {
        GoldenJson golden = s_golden["clip_grad_norm"][run];
        Tensor[] gradients = Tensors(golden, golden["grads"]);
        double norm = GradientNorm.Clip(gradients, Number(golden, "max_norm"));
        s_tally.Close("total_norm", norm, Number(golden, "total_norm"), GoldenTolerances.Optimiser(golden["dtype"].Text));
        Compare(golden, gradients, golden["clipped"], "clipped");
    }

    private static void Compare(GoldenJson golden, Tensor[] actual, GoldenJson expected, string what)
    {
        for (int i = 0; i < actual.Length; i++)
            s_tally.Close($"{what}, tensor {i}", actual[i], expected[i], GoldenTolerances.Optimiser(golden["dtype"].Text));
    }

    private static void CompareMoments(GoldenJson golden, Tensor[] actual, string what)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            double[] expected = golden[what][i].Numbers;
            double largest = expected.Max(Math.Abs);
            s_tally.Close($"{what}, tensor {i}", GoldenTally.Numbers(actual[i]), expected, GoldenTolerances.Moments(golden["dtype"].Text, largest));
            s_tally.Same($"{what}, numbers in tensor {i}", [expected.Length], [golden["shapes"][i].Read<int[]>().Aggregate(1, (size, axis) => size * axis)]);
        }
    }

    private static AdamWRates Rates(GoldenJson golden) => new()
    {
        LearningRate = Number(golden, "lr"),
        Beta1 = Number(golden, "beta1"),
        Beta2 = Number(golden, "beta2"),
        Epsilon = Number(golden, "eps"),
        WeightDecay = Number(golden, "weight_decay"),
    };

    private static double Number(GoldenJson golden, string key) => golden[key].Number;

    private static Tensor[] Tensors(GoldenJson golden, GoldenJson values)
    {
        ScalarType type = golden["dtype"].Text == "float64" ? ScalarType.Float64 : ScalarType.Float32;
        return [.. values.Items.Select(one => tensor(one.Numbers).to(type))];
    }
}
