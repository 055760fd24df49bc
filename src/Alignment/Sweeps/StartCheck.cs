using Alignment.Doctor;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>The doctor's last question: what <see cref="Preflight"/> refuses, with the examined model and data in place of the recipe's.</summary>
internal static class StartCheck
{
    /// <summary>A failure for each fault.</summary>
    public static IReadOnlyList<Verdict> Of(ExaminationInput input, SweepOptions options)
    {
        if (input.Recipe is not { } recipe)
            return [Verdict.Warn($"not judged: no recipe is given", $"give -p:Recipe=FILE")];
        if (Examined(input) is not { } examined)
            return [Verdict.Warn($"not judged: recipe {recipe.Name} reads no files", $"give a recipe for this data")];
        var faults = new SweepFaults();
        SweepData? data = faults.Try(() => Preflight.Read(examined, options, options.Hashes(TimeProvider.System, _ => { }), _ => { }));
        return data == null ? [.. faults.All.Select(fault => Verdict.Fail($"{fault}", $""))]
            : [Verdict.Ok($"nothing keeps the sweep from starting: {data.Training.Count} {(data.Labelled == null ? "training pairs" : "labelled responses")}, {data.Test.Count} test prompts")];
    }

    /// <summary>The recipe with the examined model and data in place of its own; null where none is given that reads files.</summary>
    public static Recipe? Examined(ExaminationInput input) => input.Recipe is not { Data: FileChoice files } recipe ? null : recipe with
    {
        Policy = new PolicyFolder(input.Model) { Lora = recipe.Policy.Lora, Base = input.Base },
        Data = files with
        {
            Train = files.Train with { File = input.Data, Format = input.FormatOfData },
            Template = input.Template,
        },
    };
}
