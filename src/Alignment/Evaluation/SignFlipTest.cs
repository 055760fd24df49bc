using System.Numerics;
using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>
/// Paired randomisation test (Fisher 1935): if two runs are equal on every prompt's population of responses, each difference is as likely
/// to have the other sign. No normality is assumed.
/// </summary>
internal static class SignFlipTest
{
    /// <summary>How many sign patterns are drawn where there are too many to go through.</summary>
    public const int DefaultDraws = 9999;

    private const int ExactUpTo = 13;

    /// <summary>
    /// Two-sided p-value of "the mean difference is 0": exact over all 2ⁿ sign patterns up to 13 prompts, else (1 + patterns at least as far
    /// from 0) / (1 + <paramref name="draws"/>), which never claims more than the draws can show.
    /// </summary>
    /// <param name="differences">[prompts] first minus second.</param>
    /// <param name="seed">Of the stream "sign-flip".</param>
    /// <param name="draws">Number of random sign patterns.</param>
    /// <exception cref="ArgumentException">There is no difference.</exception>
    public static double P(double[] differences, ulong seed, int draws = DefaultDraws)
    {
        if (differences.Length == 0)
            throw new ArgumentException("a paired test needs at least one prompt, got none", nameof(differences));
        // a sum that differs only by rounding is as far from 0
        double least = Math.Abs(differences.Sum()) - 1e-12 * differences.Sum(Math.Abs);
        if (differences.Length <= ExactUpTo)
            return Enumerable.Range(0, 1 << differences.Length).Count(signs => Math.Abs(Sum(differences, signs)) >= least) / (double)(1 << differences.Length);

        var random = new SeededRandom(seed, "sign-flip");
        int asFar = 0;
        for (int draw = 0; draw < draws; draw++)
            asFar += Math.Abs(FlippedSum(differences, random)) >= least ? 1 : 0;
        return (1.0 + asFar) / (1 + draws);
    }

    private static double Sum(double[] differences, int signs) => differences.Select((d, i) => (signs >> i & 1) == 1 ? -d : d).Sum();

    private static double FlippedSum(double[] differences, SeededRandom random)
    {
        double sum = 0;
        int i = 0;
        for (; i <= differences.Length - 64; i += 64)
            sum += Flipped(differences.AsSpan(i, 64), random.NextUInt64());
        return i < differences.Length ? sum + Flipped(differences.AsSpan(i), random.NextUInt64()) : sum;
    }

    // one random bit a prompt becomes the sign bit of its difference: four at a time
    private static double Flipped(ReadOnlySpan<double> differences, ulong bits)
    {
        Vector<double> sum = Vector<double>.Zero;
        int i = 0;
        for (; i <= differences.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<ulong> signs = ShiftedSigns(bits);
            bits >>= Vector<double>.Count;
            sum += Vector.AsVectorDouble(Vector.AsVectorUInt64(new Vector<double>(differences[i..])) ^ signs);
        }

        double total = Vector.Sum(sum);
        for (; i < differences.Length; i++, bits >>= 1)
            total += (bits & 1) == 1 ? -differences[i] : differences[i];
        return total;
    }

    private static Vector<ulong> ShiftedSigns(ulong bits)
    {
        Span<ulong> signs = stackalloc ulong[Vector<ulong>.Count];
        for (int lane = 0; lane < signs.Length; lane++)
            signs[lane] = (bits >> lane) << 63;
        return new Vector<ulong>(signs);
    }
}
