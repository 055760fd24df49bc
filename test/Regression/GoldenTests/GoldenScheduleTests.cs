using System.Text.Json;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>optim.json: transformers' learning-rate schedules.</summary>
[Category("Golden")]
public class GoldenScheduleTests
{
    [Test]
    public void Learning_rates_are_those_of_transformers()
    {
        GoldenTally tally = new("optim.json, schedules");
        foreach (JsonElement golden in GoldenSet.Document("optim.json").GetProperty("schedules").EnumerateArray())
        {
            string name = golden.GetProperty("schedule").GetString()!;
            tally.Begin($"{name}, warm-up {Number(golden, "num_warmup_steps", 0)}");
            var schedule = new LearningRateSchedule(Shape(name), 0) { Cycles = Number(golden, "num_cycles", 0.5) };
            double peak = golden.GetProperty("base_lr").GetDouble();
            long warmup = (long)Number(golden, "num_warmup_steps", 0), steps = (long)Number(golden, "num_training_steps", 0);
            double[] expected = GoldenTally.Numbers(golden.GetProperty("lr_at_step"));
            tally.Close("lr_at_step", [.. expected.Select((_, step) => peak * schedule.Share(step, warmup, steps))], expected, GoldenTolerances.Schedule);
        }
        tally.Finish();
    }

    private static ScheduleShape Shape(string name) => name switch
    {
        "cosine" => ScheduleShape.Cosine,
        "linear" => ScheduleShape.Linear,
        "constant" or "constant_with_warmup" => ScheduleShape.Constant,
        _ => throw new NotSupportedException($"optim.json has a schedule {name}"),
    };

    private static double Number(JsonElement golden, string name, double absent) =>
        golden.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : absent;
}
