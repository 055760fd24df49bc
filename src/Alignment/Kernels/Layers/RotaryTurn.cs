using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>
/// The first dimensions of each head turned by rotary angles (Su et al. 2021, eq. 34) in the half-split layout: x · cos + swap(x) · sin, where swap exchanges
/// their halves. <see cref="Plain"/> is the readable twin, and gives the same bits.
/// </summary>
internal static class RotaryTurn
{
    /// <summary>The turned heads, differentiable in them.</summary>
    /// <param name="heads">[rows, length, heads, headWidth].</param>
    /// <param name="cosine">[rows or 1, length, 1, width]; width ≤ headWidth, even.</param>
    /// <param name="sine">As <paramref name="cosine"/>, − for the first half.</param>
    /// <returns>[rows, length, heads, headWidth].</returns>
    public static Tensor Of(Tensor heads, Tensor cosine, Tensor sine) =>
        RotaryRows.Serves(heads, cosine) ? RotaryTurnFunction.Of(heads, cosine, sine) : Plain(heads, cosine, sine);

    /// <summary>As <see cref="Of"/>, of heads that nobody reads any more: where no gradient is asked for, they are turned where they lie.</summary>
    /// <returns>[rows, length, heads, headWidth].</returns>
    public static Tensor OfOwn(Tensor heads, Tensor cosine, Tensor sine) => RotaryRows.Serves(heads, cosine) && heads.stride(3) == 1 && !RotaryTurnFunction.Records(heads)
        ? RotaryRows.InPlace(heads, cosine, sine) : Of(heads, cosine, sine);

    /// <summary>As <see cref="Of"/>, in libtorch's single operators.</summary>
    public static Tensor Plain(Tensor heads, Tensor cosine, Tensor sine)
    {
        using var scope = NewDisposeScope();
        long width = cosine.shape[3], rest = heads.shape[3] - width;
        if (rest == 0)
            return Whole(heads, cosine, sine).MoveToOuterDisposeScope();
        return cat([Whole(heads.narrow(3, 0, width), cosine, sine), heads.narrow(3, width, rest)], 3).MoveToOuterDisposeScope();
    }

    private static Tensor Whole(Tensor heads, Tensor cosine, Tensor sine)
    {
        Tensor swapped = heads.roll(heads.shape[3] / 2, 3);
        return heads.mul(cosine).addcmul(swapped, sine, 1);
    }
}

/// <summary>The autograd node of <see cref="RotaryTurn"/>: heads, cosines and sines in, turned heads out.</summary>
internal sealed class RotaryTurnFunction : GuardedFunction<RotaryTurnFunction>
{
    protected override ForwardPass Forward(object[] inputs) => new(RotaryRows.Forward((Tensor)inputs[0], (Tensor)inputs[1], (Tensor)inputs[2]));

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient) =>
        [RotaryRows.Backward(gradient, (Tensor)inputs[1], (Tensor)inputs[2])];
}

/// <summary>
/// <see cref="RotaryTurn"/> and its gradient in one pass each, where libtorch's operators take four and six. CPU, float32. For a gradient g: g · cos + swap(g · sin).
/// </summary>
internal static unsafe class RotaryRows
{
    private const long WorkOfThread = 1L << 14; // numbers

    /// <summary>Whether these heads are served: float32 on a CPU with vector registers, and halves of whole eights.</summary>
    public static bool Serves(Tensor heads, Tensor cosine) =>
        Simd.Serves(heads) && cosine.dtype == ScalarType.Float32 && cosine.size(3) % (2 * Vector256<float>.Count) == 0;

    /// <summary>The turned heads.</summary>
    /// <param name="heads">[rows, length, heads, headWidth] float32.</param>
    /// <param name="cosine">[rows or 1, length, 1, width] float32.</param>
    /// <param name="sine">As <paramref name="cosine"/>.</param>
    public static Tensor Forward(Tensor heads, Tensor cosine, Tensor sine) => Each(heads, Room(heads), (cosine, sine), &Turn);

    /// <summary>As <see cref="Forward"/>, written over the heads, whose own numbers lie side by side; another view of them.</summary>
    public static Tensor InPlace(Tensor heads, Tensor cosine, Tensor sine) => Each(heads, heads.alias(), (cosine, sine), &Turn);

    /// <summary>The gradient of the heads.</summary>
    /// <param name="gradient">[rows, length, heads, headWidth] float32.</param>
    /// <param name="cosine">As in <see cref="Forward"/>.</param>
    /// <param name="sine">As in <see cref="Forward"/>.</param>
    public static Tensor Backward(Tensor gradient, Tensor cosine, Tensor sine) => Each(gradient, Room(gradient), (cosine, sine), &TurnGradient);

    private static Tensor Room(Tensor like) => empty(like.size(0), like.size(1), like.size(2), like.size(3));

    private static Tensor Each(Tensor heads, Tensor result, (Tensor Cosine, Tensor Sine) turns, delegate*<float*, float*, Angles, int, void> turn)
    {
        (long rows, long length, int count, int width, int turned) = (heads.size(0), heads.size(1), (int)heads.size(2), (int)heads.size(3), (int)turns.Cosine.size(3));
        using Tensor? copy = heads.stride(3) == 1 ? null : heads.contiguous();
        (Place read, Place written) = (Place.Of(copy ?? heads), Place.Of(result));
        long rowAngles = turns.Cosine.size(0) == 1 ? 0 : length; // the same for every row, or its own
        using Tensor cosines = turns.Cosine.contiguous(), sines = turns.Sine.contiguous();
        float* cos = AtenDispatcher.Floats(cosines), sin = AtenDispatcher.Floats(sines);
        ParallelRows.For(rows * length, Math.Max(1, WorkOfThread / (count * width)), (begin, end) =>
        {
            for (long token = begin; token < end; token++)
            {
                (long row, long place) = Math.DivRem(token, length);
                var angles = new Angles(cos + (row * rowAngles + place) * turned, sin + (row * rowAngles + place) * turned);
                for (int head = 0; head < count; head++)
                {
                    float* own = read.At(row, place, head), other = written.At(row, place, head);
                    turn(own, other, angles, turned / 2);
                    if (own != other)
                        new ReadOnlySpan<float>(own + turned, width - turned).CopyTo(new Span<float>(other + turned, width - turned));
                }
            }
        });
        return result;
    }

    // whole vectors, then the eight that may be left
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn(float* head, float* result, Angles angles, int half)
    {
        int i = 0;
        for (; i <= half - Simd.Count; i += Simd.Count)
        {
            Vector512<float> first = Vector512.Load(head + i), second = Vector512.Load(head + half + i);
            Vector512.FusedMultiplyAdd(second, Vector512.Load(angles.Sine + i), first * Vector512.Load(angles.Cosine + i)).Store(result + i);
            Vector512.FusedMultiplyAdd(first, Vector512.Load(angles.Sine + half + i), second * Vector512.Load(angles.Cosine + half + i)).Store(result + half + i);
        }
        if (i == half)
            return;
        Vector256<float> early = Vector256.Load(head + i), late = Vector256.Load(head + half + i);
        Vector256.FusedMultiplyAdd(late, Vector256.Load(angles.Sine + i), early * Vector256.Load(angles.Cosine + i)).Store(result + i);
        Vector256.FusedMultiplyAdd(early, Vector256.Load(angles.Sine + half + i), late * Vector256.Load(angles.Cosine + half + i)).Store(result + half + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnGradient(float* head, float* result, Angles angles, int half)
    {
        int i = 0;
        for (; i <= half - Simd.Count; i += Simd.Count)
        {
            Vector512<float> first = Vector512.Load(head + i), second = Vector512.Load(head + half + i);
            (first * Vector512.Load(angles.Cosine + i) + second * Vector512.Load(angles.Sine + half + i)).Store(result + i);
            (second * Vector512.Load(angles.Cosine + half + i) + first * Vector512.Load(angles.Sine + i)).Store(result + half + i);
        }
        if (i == half)
            return;
        Vector256<float> early = Vector256.Load(head + i), late = Vector256.Load(head + half + i);
        (early * Vector256.Load(angles.Cosine + i) + late * Vector256.Load(angles.Sine + half + i)).Store(result + i);
        (late * Vector256.Load(angles.Cosine + half + i) + early * Vector256.Load(angles.Sine + i)).Store(result + half + i);
    }

    // [rows, length, heads, …] in memory
    private readonly struct Place(float* first, nint row, nint token, nint head)
    {
        public static Place Of(Tensor heads) => new(AtenDispatcher.Floats(heads), (nint)heads.stride(0), (nint)heads.stride(1), (nint)heads.stride(2));

        public float* At(long ofRow, long ofToken, int ofHead) => first + (nint)ofRow * row + (nint)ofToken * token + ofHead * head;
    }

    private readonly struct Angles(float* cosine, float* sine)
    {
        public float* Cosine => cosine;

        public float* Sine => sine;
    }
}
