namespace Alignment.Evaluation;

/// <summary>
/// Variation over training seeds apart from variation over prompts: a two-way analysis (seed × prompt) at every grid point, pooled.
/// The responses' own noise falls on the prompts, so that what is left to the seeds is what another training run would change.
/// </summary>
/// <param name="Points">Grid points with at least two seeds.</param>
/// <param name="Seeds">Runs at those points.</param>
/// <param name="SeedDeviation">Standard deviation of a run's mean score over training seeds, prompts taken out; 0 where seeds differ by no more than prompts explain.</param>
/// <param name="PromptDeviation">Standard deviation of the difference between two seeds' mean scores that prompts alone explain, divided by √2.</param>
public sealed record SeedVariation(int Points, int Seeds, double SeedDeviation, double PromptDeviation)
{
    /// <summary>Analyses the points that have at least two seeds; null where none has.</summary>
    /// <param name="points">[points][seeds][prompts] scores.</param>
    public static SeedVariation? Of(IEnumerable<IReadOnlyList<double[]>> points)
    {
        IReadOnlyList<double[]>[] repeated = [.. points.Where(seeds => seeds.Count > 1 && seeds[0].Length > 1)];
        if (repeated.Length == 0)
            return null;
        double between = 0, within = 0, freeBetween = 0, freeWithin = 0;
        foreach (IReadOnlyList<double[]> seeds in repeated)
        {
            int prompts = seeds[0].Length;
            double[] means = [.. seeds.Select(scores => scores.Average())];
            double[] ofPrompt = [.. Enumerable.Range(0, prompts).Select(prompt => seeds.Average(scores => scores[prompt]))];
            double mean = means.Average();
            between += means.Sum(m => (m - mean) * (m - mean));
            within += seeds.Select((scores, s) => scores.Select((x, p) => Square(x - means[s] - ofPrompt[p] + mean)).Sum()).Sum() / prompts;
            freeBetween += seeds.Count - 1;
            freeWithin += (seeds.Count - 1) * (prompts - 1);
        }

        // mean squares on the scale of a run's mean score
        double prompt = within / freeWithin, seed = between / freeBetween - prompt;
        return new SeedVariation(repeated.Length, repeated.Sum(seeds => seeds.Count), Math.Sqrt(Math.Max(0, seed)), Math.Sqrt(prompt));
    }

    private static double Square(double x) => x * x;
}
