using System.Globalization;
using System.Runtime.InteropServices;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Training;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>Machine, versions, and what ended the responses, as stored with each run.</summary>
internal static class RunEnvironment
{
    public static IReadOnlyDictionary<string, string> Describe(RunInputs inputs, string responseEnds)
    {
        SortedDictionary<string, string> facts = Common(inputs, responseEnds);
        if (inputs.Options.Ranks.Ranks > 1)
            facts["ranks"] = inputs.Options.Ranks.Ranks.ToString(CultureInfo.InvariantCulture);
        return facts;
    }

    private static SortedDictionary<string, string> Common(RunInputs inputs, string responseEnds) => new(StringComparer.Ordinal)
    {
        ["activations"] = inputs.Options.Recompute == true || inputs.Options.Ranks.Ranks > 1 ? "computed again in the backward pass" : "kept for the backward pass",
        ["policy"] = Policy(inputs.Recipe.Policy),
        ["device"] = inputs.Options.Device,
        ["responses drawn at once"] = Together(inputs),
        ["rows trained at once"] = Rows(inputs.Options.Speed),
        ["responses end at"] = responseEnds,
        ["tf32"] = inputs.Options.Tf32 ? "on" : "off",
        ["deterministic algorithms"] = inputs.Options.Deterministic ? "on" : "off",
        ["threads"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
        ["processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["torchsharp"] = typeof(torch).Assembly.GetName().Version?.ToString() ?? "",
        ["alignment"] = typeof(RunEnvironment).Assembly.GetName().Version?.ToString() ?? "",
    };

    private static string Policy(PolicyChoice policy)
    {
        string model = policy switch
        {
            PolicyFolder folder => folder.Folder,
            NewPolicy made => $"new, {made.Shape.Layers.ToString(CultureInfo.InvariantCulture)} layers of {made.Shape.Width.ToString(CultureInfo.InvariantCulture)}",
            _ => throw new NotSupportedException($"a policy of kind {policy.GetType().Name} has no name"),
        };
        string adapters = policy.Lora is { } lora ? $", LoRA of rank {lora.Rank.ToString(CultureInfo.InvariantCulture)}" : "";
        return $"{model}, {(policy.Precision == Precision.Float32 ? "float32" : "bfloat16")}{adapters}";
    }

    /// <summary>How many responses are drawn at once, and what that can change.</summary>
    public static string Together(RunInputs inputs) => string.Create(CultureInfo.InvariantCulture, $"at most {inputs.Options.ResponsesAtOnce}")
        + (inputs.Recipe.Policy.Precision == Precision.Float32 ? "" : ", and in bfloat16 a response may depend on the others: rounding differs with their number and lengths");

    private static string Rows(SpeedSettings speed) => string.Join(" and ", new[]
    {
        speed.MicroBatch < int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"at most {speed.MicroBatch} rows") : "",
        speed.TokenBudget < long.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"at most {speed.TokenBudget} tokens") : "",
    }.Where(limit => limit.Length > 0));
}
