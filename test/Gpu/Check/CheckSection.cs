namespace Alignment.Tests.Gpu.Check;

/// <summary>A part of the check, which runs in a process of its own.</summary>
/// <param name="Name">In the file.</param>
/// <param name="Title">On the page.</param>
/// <param name="Meaning">What its figures are, in a sentence or two.</param>
/// <param name="Seconds">It is ended after.</param>
/// <param name="Run">Gives what is written to the file.</param>
internal sealed record CheckSection(string Name, string Title, string Meaning, int Seconds, Func<CheckSetting, object> Run)
{
    /// <summary>All, in their order: what is wanted most comes first.</summary>
    public static IReadOnlyList<CheckSection> All { get; } =
    [
        new("machine", "Machine", "What was checked.", 60, Machine.Of),
        new("attention", "Attention",
            "Which kernel computes attention, and the largest difference of its numbers from the plain twin's, which computes in float32 with the same rounded inputs. "
            + "A share of the tolerance above 1 is a fault. Times are of a forward and a backward pass.", 90, AttentionSection.Run),
        new("model", "A large model", "A reference pass over pairs and DPO steps on them, beside the memory estimate. Tokens count a prompt for each of its two responses, as steps.jsonl does; "
            + "the share of the peak is that of the operations the model asks for, over those of a large matrix product measured beside it. DPO begins at log 2.", 180, ModelSection.Run),
        new("sampling", "Sampling", "Responses of random prompts through the cache, none of which ends early. "
            + "In float32 a response does not depend on those it is drawn with; in bfloat16 it may.", 120, SamplingSection.Run),
        new("noise", "Noise of log-probs",
            "Differences of a response's summed log-probs, in nats, that come from rounding alone: no KL of a run is known better.", 90, NoiseSection.Run),
        new("ranks", "Several ranks", "What processes exchange, one a device, over NCCL (on the CPU over MPI): bytes of a tensor over the time of its exchange. "
            + "Losses of a small run are held against those of one process.", 120, RanksSection.Run),
        new("resume", "Resume", "Whether a run that is stopped and resumed ends with the bits of one that is not, and whether two that are not end alike.", 60,
            setting => ResumeSection.Run(setting, deterministic: false)),
        new("resume-deterministic", "Resume with deterministic algorithms", "The same under -p:DeterministicAlgorithms=true.", 60,
            setting => ResumeSection.Run(setting, deterministic: true)),
    ];
}
