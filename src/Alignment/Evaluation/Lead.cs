namespace Alignment.Evaluation;

/// <summary>A difference whose standard error has few degrees of freedom.</summary>
/// <param name="Value">The difference.</param>
/// <param name="StandardError">Its standard error.</param>
/// <param name="Freedom">Degrees of freedom of the standard error.</param>
internal sealed record Lead(double Value, double StandardError, double Freedom)
{
    // a lead this sweep would have found four times in five
    private const double Power = 0.8;

    /// <summary>Two-sided p-value of "there is none" (Student's t); 1 where nothing varies and there is none.</summary>
    public double P => Value == 0 ? 1 : double.IsFinite(StandardError) ? Student.TwoSided(Value / StandardError, Freedom) : 1;

    /// <summary>Its interval.</summary>
    /// <param name="confidence">Such as 0.95; 1 − 0.05/m corrects for m comparisons.</param>
    public Estimate Interval(double confidence) => new(Value, Value - Reach(confidence), Value + Reach(confidence));

    /// <summary>The least true lead that an interval of this confidence leaves 0 outside of with chance 0.8.</summary>
    public double Smallest(double confidence) => Reach(confidence) + Student.Critical(2 * (1 - Power), Freedom) * StandardError;

    /// <summary>A lead whose variance is a sum of parts, each with its own degrees of freedom: those of the sum are Satterthwaite's (1946).</summary>
    /// <param name="value">The difference.</param>
    /// <param name="parts">Of the variance.</param>
    /// <param name="known">A part that counts as known.</param>
    public static Lead OfParts(double value, IReadOnlyList<(double Variance, double Freedom)> parts, double known = 0)
    {
        double variance = parts.Sum(part => part.Variance), squares = parts.Sum(part => part.Variance * part.Variance / part.Freedom);
        return new(value, Math.Sqrt(variance + known), squares > 0 ? variance * variance / squares : double.PositiveInfinity);
    }

    private double Reach(double confidence) => StandardError == 0 ? 0 : Student.Critical(1 - confidence, Freedom) * StandardError;
}

/// <summary>
/// The first question, "on this grid as it stands": what another run of the first method's pick of k settings scores above another run of the
/// second's, on other prompts. Seeds and prompts vary, the settings are those of the grid.
/// </summary>
internal static class GridLead
{
    // the correction for picking is known about as well as half its own square says: so simulated sweeps keep their coverage where settings are close
    private const double CurseVariance = 0.5;

    /// <summary>
    /// The lead. Its variance is that of the prompts (paired, by clusters, without what the responses' own noise adds) and of either method's seeds.
    /// </summary>
    /// <param name="first">The picks of one method.</param>
    /// <param name="second">Those of the other, from the same resamples.</param>
    /// <param name="budgets">k, or several, over which the lead is the average; a method of fewer settings has all of them tried.</param>
    /// <param name="prompts">Which prompts are one.</param>
    public static Lead Of(GridPicks first, GridPicks second, IReadOnlyList<int> budgets, PromptClusters prompts) =>
        Of(Minus(first.Column(budgets), second.Column(budgets)), [first.Counted(budgets), second.Counted(budgets, -1)], prompts);

    /// <summary>What another run of a method's pick is expected to score above one fixed run, on other prompts; above nothing, its score.</summary>
    /// <param name="picks">The method's picks.</param>
    /// <param name="trials">k.</param>
    /// <param name="prompts">Which prompts are one.</param>
    /// <param name="fixedRun">[prompts] scores of a run that is not trained again; null: 0.</param>
    public static Lead OfOne(GridPicks picks, int trials, PromptClusters prompts, double[]? fixedRun = null) =>
        Of(fixedRun is null ? picks.Column(trials) : Minus(picks.Column(trials), fixedRun), [picks.Counted([trials])], prompts);

    /// <summary>The mean of a column of differences that trained runs are part of.</summary>
    /// <param name="column">[prompts] differences.</param>
    /// <param name="seeds">Every method in it.</param>
    /// <param name="prompts">Which prompts are one.</param>
    public static Lead Of(double[] column, IReadOnlyList<CountedSeeds> seeds, PromptClusters prompts)
    {
        CountedSeeds[] known = [.. seeds.Where(method => method.Noise.Known != SeedKnowledge.None)];
        double onPrompts = Math.Max(0, prompts.VarianceOfMean(column) - known.Sum(method => method.Share * method.Noise.Within));
        (double Variance, double Freedom)[] parts = [(onPrompts, prompts.Count - 1.0), .. known.Select(method => (method.Share * method.Noise.Between, method.Noise.Freedom))];
        double ofCurse = CurseVariance * seeds.Sum(method => method.Curse * method.Curse);
        return Lead.OfParts(column.Sum() / column.Length - seeds.Sum(method => method.Curse), parts, ofCurse);
    }

    private static double[] Minus(double[] first, double[] second) => [.. first.Zip(second, (a, b) => a - b)];
}

/// <summary>How a method's training seeds are part of a lead.</summary>
/// <param name="Share">How many times the variance over its seeds.</param>
/// <param name="Noise">That variance.</param>
/// <param name="Curse">What picking adds to the lead.</param>
internal sealed record CountedSeeds(double Share, SeedNoise Noise, double Curse = 0);

/// <summary>
/// The second question, "for settings like these": settings vary. Two methods are compared at the same values of the hyperparameters they share, so
/// that these are no noise.
/// </summary>
/// <param name="Difference">Mean over the shared values of the difference between the methods' mean settings.</param>
/// <param name="Values">How many shared values both methods have.</param>
/// <param name="Settings">Settings at them, of both methods.</param>
internal sealed record SettingsLead(Lead Difference, int Values, int Settings)
{
    /// <summary>
    /// The comparison; null where nothing says how much settings vary. Where either method has one setting at each shared value, the differences at them are the
    /// sample (paired t); else the variance is each method's own between its settings at one shared value (Welch 1947).
    /// </summary>
    public static SettingsLead? Of(IReadOnlyList<(string Shared, double Score)> first, IReadOnlyList<(string Shared, double Score)> second)
    {
        (double[] First, double[] Second)[] cells =
        [
            .. first.GroupBy(setting => setting.Shared, setting => setting.Score).Join(second.GroupBy(setting => setting.Shared, setting => setting.Score),
                cell => cell.Key, cell => cell.Key, (a, b) => (a.ToArray(), b.ToArray())),
        ];
        if (cells.Length == 0)
            return null;
        int settings = cells.Sum(cell => cell.First.Length + cell.Second.Length);
        double[] differences = [.. cells.Select(cell => cell.First.Average() - cell.Second.Average())];
        (double Variance, double Freedom)[] parts = [Part([.. cells.Select(cell => cell.First)]), Part([.. cells.Select(cell => cell.Second)])];
        if (parts.All(part => part.Freedom > 0))
            return new SettingsLead(Lead.OfParts(differences.Average(), parts), cells.Length, settings);
        return cells.Length < 2 ? null
            : new SettingsLead(new Lead(differences.Average(), Math.Sqrt(Distribution.Squares(differences) / (cells.Length - 1) / cells.Length), cells.Length - 1), cells.Length, settings);
    }

    // of the mean over the cells of a method's cell means; not a number without freedom
    private static (double Variance, double Freedom) Part(double[][] cells)
    {
        double freedom = cells.Sum(cell => cell.Length - 1.0);
        double square = cells.Sum(Distribution.Squares) / freedom;
        return (square * cells.Sum(cell => 1.0 / cell.Length) / cells.Length / cells.Length, freedom);
    }
}
