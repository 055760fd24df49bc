namespace Alignment.Evaluation;

/// <summary>
/// Two runs compared prompt by prompt; all intervals are 95 %, paired over prompts. A tie is neither a win nor a loss (the paper counts strict
/// wins), so the wins of both need not add up to 1.
/// </summary>
/// <param name="FirstWins">Share of prompts on which the first run scores strictly higher.</param>
/// <param name="SecondWins">Share of prompts on which the second run scores strictly higher.</param>
/// <param name="Ties">Share of prompts on which both score the same.</param>
/// <param name="ScoreDifference">Mean score of the first run minus that of the second.</param>
internal sealed record HeadToHead(Estimate FirstWins, Estimate SecondWins, Estimate Ties, Estimate ScoreDifference)
{
    /// <summary>Compares the scores of two runs on the prompts they share.</summary>
    /// <exception cref="InvalidDataException">The runs do not answer the same prompts; the message names them.</exception>
    /// <exception cref="ArgumentException">The bootstrap is for another number of prompts.</exception>
    public static HeadToHead Of(SampleColumns first, SampleColumns second, Bootstrap bootstrap)
    {
        SampleColumns.RequireSamePrompts(first, second);
        Func<double, double, double> wins = (a, b) => a > b ? 1 : 0, losses = (a, b) => a < b ? 1 : 0, ties = (a, b) => a == b ? 1 : 0, difference = (a, b) => a - b;
        var means = bootstrap.MeansOf([wins, losses, ties, difference], of => [.. first.Score.Zip(second.Score, of)]);
        return new HeadToHead(means[wins], means[losses], means[ties], means[difference]);
    }
}
