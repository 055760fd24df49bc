namespace Alignment.Training;

/// <summary>Where a run stands, reported after each optimiser step.</summary>
/// <param name="Stage">"SFT" or the objective's name.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">All steps.</param>
/// <param name="Loss">Loss of the last step.</param>
/// <param name="TokensPerSecond">Real (unpadded) tokens per second in the last step.</param>
/// <param name="TimeLeft">Estimated from the steps done since the run started or resumed.</param>
public sealed record TrainingProgress(string Stage, long Step, long Steps, double Loss, double TokensPerSecond, TimeSpan TimeLeft);
