using System.Text.Json;
using Alignment.Data;
using Alignment.Doctor;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;

namespace Alignment.Tests.Gpu.Check;

/// <summary>A reference pass and training steps of a large model through the product's own trainer, beside the memory estimate and the device's peak.</summary>
internal static class ModelSection
{
    /// <summary>The largest model of the scale that fits.</summary>
    public static object Run(CheckSetting setting)
    {
        (CheckModel chosen, Workload work) = CheckModel.Chosen(setting);
        var used = new UsedMemory(setting);
        using Decoder policy = chosen.Made(setting, setting.Precision);
        TokenizedPair[] pairs = setting.Pairs(chosen.Config.Shape.Vocabulary);
        SpeedSettings speed = new() { Device = setting.Device, MicroBatch = pairs.Length, TokenBudget = work.TokenBudget, Recompute = work.Recompute };

        ReferenceLogProbs reference = ReferencePass.Compute(policy, pairs, speed);
        double passSeconds = setting.Seconds(() => reference = ReferencePass.Compute(policy, pairs, speed));
        long passBytes = used.Peak;
        if (chosen.Lora is { } lora)
            LoraAdapters.Attach(policy, lora, seed: 1);
        (double[] losses, double stepSeconds) = Trained(setting, policy, new PreferenceGoal(new Dpo(0.1), pairs, reference), speed);
        long stepBytes = used.Peak;

        double peak = MatrixProduct.OperationsPerSecond(setting, setting.Precision), forward = chosen.Operations(pairs.Length, setting.Scale.Tokens);
        long tokens = pairs.Sum(pair => 2L * pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length);
        return new
        {
            model = new
            {
                chosen.Name,
                parameters = work.Parameters,
                trainedParameters = work.TrainedParameters,
                precision = $"{setting.Precision}".ToLowerInvariant(),
                activationsComputedAgain = work.Recompute,
                work.TokenBudget,
                pairs = pairs.Length,
                promptTokens = setting.Scale.Tokens.Prompt,
                responseTokens = setting.Scale.Tokens.Response,
            },
            matrixProduct = new { size = setting.Scale.Product, teraflopsPerSecond = peak / 1e12 },
            referencePass = new StageFigures(StageFigures.Estimated(work, "reference pass"), passBytes, tokens, passSeconds, forward, peak),
            // what a step computes, without what it computes again: weights that are not trained need no gradient of their own
            trainingStep = new StageFigures(StageFigures.Estimated(work, "preference"), stepBytes, tokens, stepSeconds, (chosen.Lora is null ? 3 : 2) * forward, peak),
            losses,
            firstLossOverLogTwo = losses[0] / Math.Log(2),
        };
    }

    // the first step also chooses kernels and makes the optimiser's state
    private static (double[] Losses, double Seconds) Trained(CheckSetting setting, Decoder policy, IPolicyGoal goal, SpeedSettings speed)
    {
        TrainingSettings settings = new()
        {
            LearningRate = 1e-6,
            Epochs = 1 + setting.Scale.Steps,
            BatchSize = goal.Rows.Count,
            Seed = 3,
            Schedule = new(ScheduleShape.Constant, 0),
        };
        string folder = Path.Combine(setting.Folder, "model");
        new Trainer(policy, goal, settings, new() { Folder = folder, Speed = speed }).Train();
        StepLine[] steps = [.. File.ReadLines(Path.Combine(folder, "steps.jsonl")).Select(line => JsonSerializer.Deserialize<StepLine>(line, s_json)!)];
        double tokens = steps[0].NumTokens;
        return ([.. steps.Select(step => step.Loss)], tokens / steps[1..].Max(step => step.TokensPerSecond));
    }

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record StepLine(double Loss, double NumTokens, double TokensPerSecond);
}
