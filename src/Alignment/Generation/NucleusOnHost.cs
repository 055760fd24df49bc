using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>
/// <see cref="Nucleus"/> and the draw from it where the logits lie in the host's memory: the cut is found by selection instead of by sorting, and nothing is
/// allocated for a token. It tells as much as <see cref="NucleusOnDevice"/>; where that leaves a choice open, <see cref="Nucleus"/>, its readable twin, makes it.
/// </summary>
internal static unsafe class NucleusOnHost
{
    /// <summary>Whether these logits are served, under settings that keep tokens by their probability alone.</summary>
    public static bool Serves(Tensor logits, SamplingSettings settings) => Simd.Serves(logits) && settings is { KeptByRank: null, MinTokensToKeep: 1, TopP: > 0 };

    /// <summary>A token of each row, and how far its draw was from another; one without kept tokens where that does not tell.</summary>
    /// <param name="logits">[rows, vocabulary] float32.</param>
    /// <param name="settings">How tokens are drawn.</param>
    /// <param name="uniforms">A draw for each row.</param>
    public static DrawnToken[] Draw(Tensor logits, SamplingSettings settings, double[] uniforms)
    {
        using Tensor rows = logits.contiguous();
        int vocabulary = (int)rows.shape[1];
        float* numbers = AtenDispatcher.Floats(rows);
        var drawn = new DrawnToken[uniforms.Length];
        ParallelRows.For(drawn.Length, 1, (begin, end) =>
        {
            using var room = new Room(vocabulary);
            for (long row = begin; row < end; row++)
                drawn[row] = OfRow(new(numbers + row * vocabulary, vocabulary), settings, uniforms[row], room);
        });
        return drawn;
    }

    private static DrawnToken OfRow(ReadOnlySpan<float> logits, SamplingSettings settings, double uniform, Room room)
    {
        float largest = Largest(logits);
        if (!float.IsFinite(largest))
            return default;
        if (settings.Temperature == 0)
            return Likeliest(logits, largest);
        Span<double> weights = room.Weights;
        double total = Weigh(logits, largest, settings.Temperature, weights);
        Cut? cut = settings.TopP < 1 ? CutAt(weights, total, (1 - settings.TopP) * total, room.Candidates) : new Cut(double.Epsilon, 0, 0, int.MaxValue);
        return cut is { } own ? Drawn(logits, weights, own, total, uniform, settings, room.Ids) : default;
    }

    private static DrawnToken Likeliest(ReadOnlySpan<float> logits, float largest)
    {
        int token = logits.IndexOf(largest);
        float second = Math.Max(Largest(logits[..token]), Largest(logits[(token + 1)..]));
        return new(token, 0, 1, 0, 1, 1, (double)largest - second, 1);
    }

    // −∞ of none; NaN where one is
    private static float Largest(ReadOnlySpan<float> logits)
    {
        Vector512<float> most = Vector512.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= logits.Length - Simd.Count; i += Simd.Count)
            most = Vector512.Max(most, Vector512.Create(logits[i..]));
        float largest = Simd.Largest(most);
        for (; i < logits.Length; i++)
            largest = Math.Max(largest, logits[i]);
        return largest;
    }

    // exp((logit − largest) / temperature), and their sum
    private static double Weigh(ReadOnlySpan<float> logits, float largest, double temperature, Span<double> weights)
    {
        int together = Vector512<double>.Count, whole = logits.Length / together * together;
        Vector512<double> sums = Vector512<double>.Zero;
        for (int first = 0; first < whole; first += together)
        {
            Vector512<double> some = Exp(logits[first..]);
            some.CopyTo(weights[first..]);
            sums += some;
        }
        Span<float> rest = stackalloc float[together];
        rest.Fill(float.NegativeInfinity);
        logits[whole..].CopyTo(rest);
        Vector512<double> last = Exp(rest);
        for (int i = whole; i < logits.Length; i++)
            weights[i] = last[i - whole];
        return Vector512.Sum(sums + last);

        Vector512<double> Exp(ReadOnlySpan<float> some)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(some));
            return Vector512.Exp((Vector512.Create(low, high) - Vector512.Create((double)largest)) / temperature);
        }
    }

    // The least weight that is kept: as in Nucleus, the least ones are dropped while together they weigh at most the limit, those of at most the floor at once.
    // Of the rest a part that is known to be dropped, or kept, is put aside at a time. Null where rounding leaves none.
    private static Cut? CutAt(ReadOnlySpan<double> weights, double total, double limit, Span<double> candidates)
    {
        double floor = limit / weights.Length, above = 0, largestDropped = floor;
        int first = 0, end = 0;
        foreach (double weight in weights)
        {
            candidates[end] = weight;
            bool stays = weight > floor;
            end += stays ? 1 : 0;
            above += stays ? weight : 0;
        }
        double dropped = Math.Max(0, total - above);
        while (first < end)
        {
            (double pivot, double largest, int equal, int greater, double less) = Part(candidates, first, end);
            if (dropped + less > limit)
            {
                end = equal;
                continue;
            }
            if (equal > first)
                largestDropped = largest;
            dropped += less;
            int ties = greater - equal, going = (int)Math.Min(ties, (limit - dropped) / pivot);
            if (going < ties)
                return new(pivot, dropped + going * pivot, going > 0 ? pivot : largestDropped, ties - going);
            (dropped, largestDropped, first) = (dropped + ties * pivot, pivot, greater);
        }
        return null;
    }

    // first … end − 1 into those below a pivot, equal to it and above it; the largest and the sum of those below
    private static (double Pivot, double Largest, int Equal, int Greater, double Less) Part(Span<double> numbers, int first, int end)
    {
        double a = numbers[first], b = numbers[(first + end) / 2], c = numbers[end - 1], pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
        double less = 0, largest = 0;
        int equal = first, greater = end;
        for (int i = first; i < greater;)
        {
            double number = numbers[i];
            if (number < pivot)
            {
                numbers[i++] = numbers[equal];
                numbers[equal++] = number;
                less += number;
                largest = Math.Max(largest, number);
            }
            else if (number > pivot)
            {
                numbers[i] = numbers[--greater];
                numbers[greater] = number;
            }
            else
                i++;
        }
        return (pivot, largest, equal, greater, less);
    }

    private static DrawnToken Drawn(ReadOnlySpan<float> logits, ReadOnlySpan<double> weights, Cut cut, double total, double uniform, SamplingSettings settings, Span<int> ids)
    {
        // equal logits may differ in the last bit of their weights, and nearly equal ones may not: as in Nucleus, logits tell, and of equal ones the lower ids stay
        bool cuts = cut.Ties < int.MaxValue;
        float least = cuts ? logits[weights.IndexOf(cut.Least)] : float.NegativeInfinity;
        int kept = 0, wanted = cut.Ties, above = 0;
        for (int id = 0; id < weights.Length && cuts; id++)
        {
            wanted += weights[id] > cut.Least ? 1 : 0;
            above += logits[id] > least ? 1 : 0;
        }
        int ties = wanted - above;
        for (int id = 0; id < weights.Length; id++)
            if (logits[id] > least || (logits[id] == least && ties-- > 0))
                ids[kept++] = id;
        if (cuts && kept != wanted)
            return default;
        double whole = 0, upper = 0;
        foreach (int id in ids[..kept])
            whole += weights[id];
        int place = -1;
        while (upper <= uniform * whole && place < kept - 1)
            upper += weights[ids[++place]];
        int token = ids[place];
        double below = upper - weights[token], change = TokenChoice.Change(settings), limit = (1 - settings.TopP) * total;
        var drawn = new DrawnToken(token, below / whole, upper / whole, cut.Dropped / total, cut.Least / total, 1 - cut.LargestDropped / cut.Least, 0, kept);
        // only where the cut is near, and where what weighs as much as the tokens at it is more than rounding moves across it
        if (Math.Min(drawn.MassSlack(settings), drawn.Order) > 2 * change || cut.LargestDropped <= Math.Max(limit / weights.Length, 2 * change * limit))
            return drawn;
        return drawn with { Open = Open(weights, cut, change, new(token, below, upper, whole), ids[..kept]) };
    }

    // Rounding changes ratios of weights by a share: so only tokens about as likely as the two at the cut can pass it, for the mass of all others is on its side
    // of the limit by more than their own weight changes. Each moves a border of the draw by its own weight at most.
    private static (double Below, double Above)? Open(ReadOnlySpan<double> weights, Cut cut, double change, Borders draw, ReadOnlySpan<int> kept)
    {
        double least = cut.LargestDropped * (1 - 2 * change), most = cut.Least * (1 + 2 * change);
        double leavesBelow = 0, leavesAbove = 0, entersBelow = 0, entersAbove = 0;
        for (int id = 0, next = 0; id < weights.Length; id++)
        {
            bool isKept = next < kept.Length && kept[next] == id;
            next += isKept ? 1 : 0;
            double weight = weights[id];
            if (weight < least || weight > most)
                continue;
            if (id == draw.Token)
                return null;
            (isKept ? ref id < draw.Token ? ref leavesBelow : ref leavesAbove : ref id < draw.Token ? ref entersBelow : ref entersAbove) += weight;
        }
        return ((draw.Below + entersBelow) / (draw.Whole + entersBelow - leavesAbove), (draw.Above - leavesBelow) / (draw.Whole - leavesBelow + entersAbove));
    }

    // the least weight that is kept; how much is dropped; what no dropped weight is larger than; how many of the least weight are kept, those of the lowest ids
    private readonly record struct Cut(double Least, double Dropped, double LargestDropped, int Ties);

    // a token, the weight of the kept ones with lower ids, the same with its own, and that of all kept ones
    private readonly record struct Borders(int Token, double Below, double Above, double Whole);

    // a thread's memory: a number and two copies for each token
    private sealed class Room(int vocabulary) : IDisposable
    {
        private readonly double* _memory = (double*)NativeMemory.AlignedAlloc((nuint)vocabulary * 3 * sizeof(double), 64);

        public Span<double> Weights => new(_memory, vocabulary);

        public Span<double> Candidates => new(_memory + vocabulary, vocabulary);

        public Span<int> Ids => new(_memory + 2L * vocabulary, vocabulary);

        public void Dispose() => NativeMemory.AlignedFree(_memory);
    }
}
