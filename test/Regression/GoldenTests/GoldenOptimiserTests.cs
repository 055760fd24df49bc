using System.Text.Json;
using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

[Category("Golden"), NonParallelizable]
public class GoldenOptimiserTests
{
    private static readonly JsonElement s_golden = JsonDocument.Parse(File.ReadAllBytes(GoldenSet.File("optim.json"))).RootElement;

    private static GoldenTally s_tally = null!;
    private DisposeScope _scope = null!;

    private static IEnumerable<int> AdamWRuns => Enumerable.Range(0, s_golden.GetProperty("adamw").GetArrayLength());

    private static IEnumerable<int> FusedRuns => AdamWRuns.Where(run => !s_golden.GetProperty("adamw")[run].GetProperty("amsgrad").GetBoolean());

    private static IEnumerable<int> ClipRuns => Enumerable.Range(0, s_golden.GetProperty("clip_grad_norm").GetArrayLength());

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
        JsonElement golden = s_golden.GetProperty("adamw")[run];
        Tensor[] parameters = Tensors(golden, golden.GetProperty("initial"));
        foreach (Tensor parameter in parameters)
            parameter.requires_grad_(true);
        using var optimiser = new FusedAdamW(parameters.Select((parameter, i) => ($"p{i}", parameter)), Rates(golden));
        for (int step = 0; step < golden.GetProperty("grads").GetArrayLength(); step++)
        {
            Tensor[] gradients = Tensors(golden, golden.GetProperty("grads")[step]);
            for (int i = 0; i < parameters.Length; i++)
                parameters[i].grad = gradients[i];
            optimiser.Step(Number(golden, "lr"));
            Compare(golden, parameters, golden.GetProperty("params_after_step")[step], $"step {step}");
        }
        IReadOnlyDictionary<string, Tensor> state = optimiser.State();
        Compare(golden, [.. parameters.Select((_, i) => state[$"exp_avg.p{i}"])], golden.GetProperty("exp_avg"), "exp_avg");
        Compare(golden, [.. parameters.Select((_, i) => state[$"exp_avg_sq.p{i}"])], golden.GetProperty("exp_avg_sq"), "exp_avg_sq");
    }

    [TestCaseSource(nameof(AdamWRuns))]
    public void Plain_steps_are_those_of_torch(int run)
    {
        JsonElement golden = s_golden.GetProperty("adamw")[run];
        Tensor[] parameters = Tensors(golden, golden.GetProperty("initial"));
        Tensor[] first = [.. parameters.Select(one => zeros_like(one))], second = [.. parameters.Select(one => zeros_like(one))],
            maxima = [.. parameters.Select(one => zeros_like(one))];
        for (int step = 0; step < golden.GetProperty("grads").GetArrayLength(); step++)
        {
            var tensors = new AdamWTensors(parameters, Tensors(golden, golden.GetProperty("grads")[step]), first, second);
            if (golden.GetProperty("amsgrad").GetBoolean())
                PlainAdamW.Step(tensors, maxima, step + 1, Rates(golden));
            else
                PlainAdamW.Step(tensors, step + 1, Rates(golden));
            Compare(golden, parameters, golden.GetProperty("params_after_step")[step], $"step {step}");
        }
        Compare(golden, first, golden.GetProperty("exp_avg"), "exp_avg");
        Compare(golden, second, golden.GetProperty("exp_avg_sq"), "exp_avg_sq");
    }

    [TestCaseSource(nameof(ClipRuns))]
    public void Clipped_gradients_are_those_of_torch(int run)
    {
        JsonElement golden = s_golden.GetProperty("clip_grad_norm")[run];
        Tensor[] gradients = Tensors(golden, golden.GetProperty("grads"));
        double norm = GradientNorm.Clip(gradients, Number(golden, "max_norm"));
        s_tally.Close("total_norm", norm, Number(golden, "total_norm"), GoldenTolerances.Optimiser(golden.GetProperty("dtype").GetString()!));
        Compare(golden, gradients, golden.GetProperty("clipped"), "clipped");
    }

    private static void Compare(JsonElement golden, Tensor[] actual, JsonElement expected, string what)
    {
        for (int i = 0; i < actual.Length; i++)
            s_tally.Close($"{what}, tensor {i}", actual[i], expected[i], GoldenTolerances.Optimiser(golden.GetProperty("dtype").GetString()!));
    }

    private static AdamWRates Rates(JsonElement golden) => new()
    {
        LearningRate = Number(golden, "lr"),
        Beta1 = Number(golden, "beta1"),
        Beta2 = Number(golden, "beta2"),
        Epsilon = Number(golden, "eps"),
        WeightDecay = Number(golden, "weight_decay"),
    };

    private static double Number(JsonElement golden, string key) => golden.GetProperty(key).GetDouble();

    private static Tensor[] Tensors(JsonElement golden, JsonElement values)
    {
        ScalarType type = golden.GetProperty("dtype").GetString() == "float64" ? ScalarType.Float64 : ScalarType.Float32;
        return [.. values.EnumerateArray().Select(one => tensor(one.EnumerateArray().Select(value => value.GetDouble()).ToArray()).to(type))];
    }
}
