using Alignment.Doctor;

namespace Alignment.Tests.Gpu.Check;

/// <summary>What a stage took beside what it was estimated to take.</summary>
/// <param name="EstimatedBytes">By the product's memory estimate.</param>
/// <param name="MeasuredBytes">The most that was in use.</param>
/// <param name="Tokens">As steps.jsonl counts them: a prompt for each of its responses.</param>
/// <param name="Seconds">Of the fastest repetition.</param>
/// <param name="Operations">Floating-point operations of the model; those of activations that are computed again are not counted.</param>
/// <param name="Peak">Operations a second that the device reaches in a matrix product.</param>
internal sealed record StageFigures(long EstimatedBytes, long MeasuredBytes, long Tokens, double Seconds, double Operations, double Peak)
{
    /// <summary>Measured over estimated bytes.</summary>
    public double MeasuredOverEstimated => (double)MeasuredBytes / EstimatedBytes;

    /// <summary>Tokens a second.</summary>
    public double TokensPerSecond => Tokens / Seconds;

    /// <summary>Of what the device reaches in a matrix product beside it.</summary>
    public double ShareOfPeak => Operations / Seconds / Peak;

    /// <summary>What a stage was estimated to take.</summary>
    public static long Estimated(Workload work, string stage) => MemoryEstimate.Of(work).First(one => one.Stage == stage).Bytes;
}
