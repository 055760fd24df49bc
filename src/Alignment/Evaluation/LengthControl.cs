namespace Alignment.Evaluation;

/// <summary>
/// Length-controlled win rate as in AlpacaEval 2 (Dubois et al. 2024): a logistic regression of the win on the length difference,
/// P(win) = σ(θ + φ · tanh(Δ / sd(Δ))), read at Δ = 0: what the win rate would be if both answers were equally long. Their term for the
/// difficulty of an instruction, which needs many models at once, is left out. A win is a strictly higher score, as in every win rate of a report.
/// </summary>
/// <param name="Raw">Share of wins, with its 95 % interval.</param>
/// <param name="Controlled">σ(θ) with its 95 % interval from the sandwich variance of θ.</param>
/// <param name="LengthEffect">φ: above 0, longer answers win more often.</param>
internal sealed record LengthControl(Estimate Raw, Estimate Controlled, double LengthEffect)
{
    // keeps φ finite where length alone separates wins from losses; the weight of a hundredth of a prompt
    private const double Ridge = 0.01;

    /// <summary>Compares two runs on the same prompts.</summary>
    /// <param name="scores">[prompts] of the first run.</param>
    /// <param name="others">[prompts] of the second run.</param>
    /// <param name="lengths">[prompts] tokens of the first run's responses.</param>
    /// <param name="otherLengths">[prompts] tokens of the second run's responses.</param>
    /// <param name="prompts">Which prompts are one; null where each stands once.</param>
    /// <exception cref="ArgumentException">The lengths of the arguments differ or are zero.</exception>
    public static LengthControl Of(double[] scores, double[] others, double[] lengths, double[] otherLengths, PromptClusters? prompts = null)
    {
        if (scores.Length == 0 || new[] { others, lengths, otherLengths }.Any(column => column.Length != scores.Length))
            throw new ArgumentException($"a length-controlled win rate needs two scores and two lengths a prompt, got {scores.Length}, {others.Length}, "
                + $"{lengths.Length} and {otherLengths.Length}");
        double[] wins = [.. scores.Zip(others, (a, b) => a > b ? 1.0 : 0)];
        return Of(wins, [.. lengths.Zip(otherLengths, (a, b) => a - b)], Ridge, prompts);
    }

    internal static LengthControl Of(double[] wins, double[] lengthDifference, double ridge, PromptClusters? prompts = null)
    {
        prompts ??= PromptClusters.Each(wins.Length);
        double raw = wins.Average(), half = prompts.Count > 1 ? NormalDistribution.Z95 * Math.Sqrt(prompts.VarianceOfMean(wins)) : 0;
        var rawEstimate = new Estimate(raw, Math.Max(0, raw - half), Math.Min(1, raw + half));
        double deviation = Distribution.Of(lengthDifference).PopulationStandardDeviation;
        double[] x = [.. lengthDifference.Select(d => deviation > 0 ? Math.Tanh(d / deviation) : 0)];
        // all won or all lost: no length explains it, and θ has no finite value
        if (raw is 0 or 1 || x.All(value => value == 0))
            return new LengthControl(rawEstimate, rawEstimate, 0);
        (double theta, double phi) = Fit(wins, x, ridge);
        double error = NormalDistribution.Z95 * Math.Sqrt(ThetaVariance(wins, x, theta, phi, ridge, prompts));
        return new LengthControl(rawEstimate, new Estimate(Sigmoid(theta), Sigmoid(theta - error), Sigmoid(theta + error)), phi);
    }

    // Newton's method on the concave penalised log-likelihood; a step is halved until it climbs
    private static (double Theta, double Phi) Fit(double[] wins, double[] x, double ridge)
    {
        double theta = 0, phi = 0, height = LogLikelihood(wins, x, theta, phi, ridge);
        for (int iteration = 0; iteration < 100; iteration++)
        {
            (double g0, double g1, double h00, double h01, double h11) = Derivatives(wins, x, theta, phi, ridge);
            double det = h00 * h11 - h01 * h01, stepTheta = (h11 * g0 - h01 * g1) / det, stepPhi = (h00 * g1 - h01 * g0) / det, scale = 1;
            double next = LogLikelihood(wins, x, theta + stepTheta, phi + stepPhi, ridge);
            while (next < height && scale > 1e-6)
            {
                scale /= 2;
                next = LogLikelihood(wins, x, theta + scale * stepTheta, phi + scale * stepPhi, ridge);
            }

            (theta, phi, height) = (theta + scale * stepTheta, phi + scale * stepPhi, next);
            if (Math.Abs(stepTheta) + Math.Abs(stepPhi) < 1e-12)
                break;
        }

        return (theta, phi);
    }

    private static double LogLikelihood(double[] wins, double[] x, double theta, double phi, double ridge)
    {
        double sum = -0.5 * ridge * phi * phi;
        for (int i = 0; i < x.Length; i++)
        {
            double z = theta + phi * x[i];
            // log(1 + e^z) without overflow
            sum += wins[i] * z - (Math.Max(z, 0) + Math.Log(1 + Math.Exp(-Math.Abs(z))));
        }

        return sum;
    }

    // gradient, and minus the Hessian
    private static (double G0, double G1, double H00, double H01, double H11) Derivatives(double[] wins, double[] x, double theta, double phi, double ridge)
    {
        double g0 = 0, g1 = -ridge * phi, h00 = 0, h01 = 0, h11 = ridge;
        for (int i = 0; i < x.Length; i++)
        {
            double p = Sigmoid(theta + phi * x[i]), residual = wins[i] - p, weight = Math.Max(p * (1 - p), 1e-12);
            (g0, g1) = (g0 + residual, g1 + residual * x[i]);
            (h00, h01, h11) = (h00 + weight, h01 + weight * x[i], h11 + weight * x[i] * x[i]);
        }

        return (g0, g1, h00, h01, h11);
    }

    // first diagonal entry of H⁻¹ (Σ r² x xᵀ) H⁻¹, r x summed over each prompt first: right also where ties make the outcome less variable than a coin
    private static double ThetaVariance(double[] wins, double[] x, double theta, double phi, double ridge, PromptClusters prompts)
    {
        (_, _, double h00, double h01, double h11) = Derivatives(wins, x, theta, phi, ridge);
        double det = h00 * h11 - h01 * h01, a = h11 / det, b = -h01 / det;
        return prompts.Sums([.. x.Select((value, i) => (a + b * value) * (wins[i] - Sigmoid(theta + phi * value)))]).Sum(sum => sum * sum);
    }

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));
}
