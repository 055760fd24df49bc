namespace Alignment.Evaluation;

/// <summary>Two runs compared prompt by prompt; all intervals are 95 %, paired over prompts.</summary>
/// <param name="Counts">Strict wins, ties and losses of the first run.</param>
/// <param name="FirstWins">Share of prompts on which the first run scores strictly higher.</param>
/// <param name="SecondWins">Share of prompts on which the second run scores strictly higher.</param>
/// <param name="Ties">Share of prompts on which both score the same.</param>
/// <param name="ScoreDifference">Mean score of the first run minus that of the second.</param>
public sealed record HeadToHead(WinRate Counts, Estimate FirstWins, Estimate SecondWins, Estimate Ties, Estimate ScoreDifference)
{
    /// <summary>Compares two runs, each in <see cref="PromptOrder"/>, on the prompts they share.</summary>
    /// <exception cref="InvalidDataException">The runs do not answer the same prompts; the message names them.</exception>
    public static HeadToHead Of(IReadOnlyList<SampleRow> first, IReadOnlyList<SampleRow> second, Bootstrap bootstrap)
    {
        PromptOrder.RequireSame(first, second);
        return Of([.. first.Select(row => row.Score)], [.. second.Select(row => row.Score)], bootstrap);
    }

    /// <summary>Compares two runs' scores [prompts], position by position.</summary>
    /// <exception cref="ArgumentException">The bootstrap is for another number of prompts.</exception>
    public static HeadToHead Of(double[] a, double[] b, Bootstrap bootstrap)
    {
        Estimate[] means = bootstrap.Means(
        [
            [.. a.Zip(b, (x, y) => x > y ? 1.0 : 0)],
            [.. a.Zip(b, (x, y) => x < y ? 1.0 : 0)],
            [.. a.Zip(b, (x, y) => x == y ? 1.0 : 0)],
            [.. a.Zip(b, (x, y) => x - y)],
        ]);
        return new HeadToHead(WinRate.Of(a, b), means[0], means[1], means[2], means[3]);
    }
}
