using System.Numerics;
using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>
/// Permutation test over runs: if two methods' runs were drawn from one population of scores, any share-out of the pooled runs is as likely.
/// It covers all that moves a run's score: hyperparameters, training noise and prompts.
/// </summary>
internal static class LabelTest
{
    private const int ExactUpTo = 20_000, Draws = 9999;

    /// <summary>
    /// Two-sided p-value of the difference in expected best score after <paramref name="trials"/> runs
    /// (<see cref="BestOfBudget.WithoutReplacement"/>): exact where at most 20,000 share-outs exist, else by 9,999 random ones.
    /// </summary>
    /// <param name="a">[runs] scores of one method.</param>
    /// <param name="b">[runs] scores of the other.</param>
    /// <param name="trials">k, 1 … runs of the smaller method.</param>
    /// <param name="seed">Of the stream "labels".</param>
    /// <exception cref="ArgumentException">A method has no run, or fewer than <paramref name="trials"/>.</exception>
    public static double P(IReadOnlyList<double> a, IReadOnlyList<double> b, int trials, ulong seed)
    {
        double observed = BestOfBudget.WithoutReplacement(a, trials) - BestOfBudget.WithoutReplacement(b, trials);
        double[] pooled = [.. a.Concat(b).OrderDescending()];
        double least = Math.Abs(observed) - 1e-12 * pooled.Sum(Math.Abs);
        double[] weightsA = [.. BestOfBudget.Weights(a.Count, trials)], weightsB = [.. BestOfBudget.Weights(b.Count, trials)];

        int asFar = 0, all = 0;
        foreach (bool[] isA in ShareOuts(pooled.Length, a.Count, seed))
        {
            asFar += Math.Abs(Difference(pooled, isA, weightsA, weightsB)) >= least ? 1 : 0;
            all++;
        }

        return Number(pooled.Length, a.Count) <= ExactUpTo ? (double)asFar / all : (1.0 + asFar) / (1 + all);
    }

    // the pooled scores descend, so a method's i-th run met is its i-th best
    private static double Difference(double[] pooled, bool[] isA, double[] weightsA, double[] weightsB)
    {
        double difference = 0;
        int rankA = 0, rankB = 0;
        for (int i = 0; i < pooled.Length; i++)
        {
            if (isA[i])
                difference += rankA < weightsA.Length ? weightsA[rankA++] * pooled[i] : 0;
            else
                difference -= rankB < weightsB.Length ? weightsB[rankB++] * pooled[i] : 0;
        }

        return difference;
    }

    private static IEnumerable<bool[]> ShareOuts(int runs, int ofA, ulong seed) =>
        Number(runs, ofA) <= ExactUpTo ? Every(new bool[runs], 0, ofA) : Random(runs, ofA, seed);

    private static IEnumerable<bool[]> Every(bool[] isA, int from, int left)
    {
        if (left == 0)
            yield return isA;
        for (int i = from; left > 0 && i <= isA.Length - left; i++)
        {
            isA[i] = true;
            foreach (bool[] shareOut in Every(isA, i + 1, left - 1))
                yield return shareOut;
            isA[i] = false;
        }
    }

    private static IEnumerable<bool[]> Random(int runs, int ofA, ulong seed)
    {
        var random = new SeededRandom(seed, "labels");
        // drawing the smaller method's runs decides the other's
        int fewer = Math.Min(ofA, runs - ofA);
        int[] order = [.. Enumerable.Range(0, runs)];
        bool[] isA = new bool[runs];
        for (int draw = 0; draw < Draws; draw++)
        {
            Array.Fill(isA, ofA > fewer);
            for (int i = 0; i < fewer; i++)
            {
                int j = i + random.NextInt(runs - i);
                (order[i], order[j]) = (order[j], order[i]);
                isA[order[i]] = ofA == fewer;
            }

            yield return isA;
        }
    }

    private static BigInteger Number(int runs, int ofA)
    {
        BigInteger number = 1;
        for (int i = 1; i <= ofA; i++)
            number = number * (runs - ofA + i) / i;
        return number;
    }
}
