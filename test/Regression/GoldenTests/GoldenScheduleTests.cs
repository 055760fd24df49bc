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
        foreach (GoldenJson golden in GoldenSet.Document("optim.json")["schedules"].Items)
        {
            string name = golden["schedule"].Text;
            tally.Begin($"{name}, warm-up {Number(golden, "num_warmup_steps", 0)}");
            var schedule = new LearningRateSchedule(Shape(name), 0) { Cycles = Number(golden, "num_cycles", 0.5) };
            double peak = golden["base_lr"].Number;
            long warmup = (long)Number(golden, "num_warmup_steps", 0), steps = (long)Number(golden, "num_training_steps", 0);
            double[] expected = golden["lr_at_step"].Numbers;
            tally.Close("lr_at_step", [.. expected.Select((_, step) => peak * schedule.Share(step, warmup, steps))], expected, GoldenTolerances.Schedule);
        }
        tally.Finish();
    }

    /// <summary>Our shape by their name.</summary>
    internal static ScheduleShape Shape(string name) => name switch
    {
        "cosine" => ScheduleShape.Cosine,
        "linear" => ScheduleShape.Linear,
        "constant" or "constant_with_warmup" => ScheduleShape.Constant,
        _ => throw new NotSupportedException($"no schedule here is {name}"),
    };

    private static double Number(GoldenJson golden, string name, double absent) => golden.Find(name)?.Number ?? absent;
}
