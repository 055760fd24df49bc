using Alignment.Kernels.Attention;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

public class PackedSequencesTests
{
    private static readonly int[] s_shared = [1, 2, 3];

    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Free() => _scope.Dispose();

    [Test]
    public void Sequences_with_the_same_prompt_array_stand_behind_one_copy_of_it()
    {
        PackedSequences packed = PackedSequences.Of(new([(s_shared, [4, 5]), ([8], [9]), (s_shared, [6])]), CPU);
        Assert.That(packed.Tokens.data<long>().ToArray(), Is.EqualTo(new long[] { 1, 2, 3, 4, 5, 6, 8, 9 }));
        Assert.That(packed.Positions.data<long>().ToArray(), Is.EqualTo(new long[] { 0, 1, 2, 3, 4, 3, 0, 1 }));
        Assert.That(packed.Spans, Is.EqualTo(new PackedSpan[] { new(0, 5), new(5, 1, 0, 3), new(6, 2) }));
    }

    [Test]
    public void Labels_keep_the_order_of_the_sequences_and_point_at_the_token_before()
    {
        ScoredTokens labels = PackedSequences.Of(new([(s_shared, [4, 5]), ([8], [9]), (s_shared, [6])]), CPU).Scored;
        Assert.That(labels.Sequences.data<long>().ToArray(), Is.EqualTo(new long[] { 0, 0, 1, 2 }));
        Assert.That(labels.Places.data<long>().ToArray(), Is.EqualTo(new long[] { 2, 3, 6, 2 }), "both responses to a prompt begin behind its last token");
        Assert.That(labels.Targets.data<long>().ToArray(), Is.EqualTo(new long[] { 4, 5, 9, 6 }));
        Assert.That(labels.Counts.data<long>().ToArray(), Is.EqualTo(new long[] { 2, 1, 1 }));
    }

    [Test]
    public void Equal_prompts_in_two_arrays_are_two_prompts() =>
        Assert.That(PackedSequences.Of(new([([1, 2], [3]), ([1, 2], [4])]), CPU).Spans, Is.EqualTo(new PackedSpan[] { new(0, 3), new(3, 3) }));

    [Test]
    public void An_empty_response_scores_nothing()
    {
        PackedSequences packed = PackedSequences.Of(new([(s_shared, []), (s_shared, [7]), (s_shared, [])]), CPU);
        Assert.That(packed.Spans, Is.EqualTo(new PackedSpan[] { new(0, 3), new(3, 1, 0, 3) }));
        Assert.That(packed.Scored.Counts.data<long>().ToArray(), Is.EqualTo(new long[] { 0, 1, 0 }));
    }

    [Test]
    public void Managed_bytes_of_packing_do_not_grow_with_the_tokens()
    {
        Assert.That(Bytes(4096), Is.EqualTo(Bytes(16)).Within(512)); // an array of the numbers of one tensor would be 64 KiB and more

        static long Bytes(int length)
        {
            int[] prompt = [.. Enumerable.Repeat(1, length)];
            ScoredSequences sequences = new([(prompt, prompt), (prompt, prompt)]);
            PackedSequences.Of(sequences, CPU); // the first call may compile something
            long before = GC.GetAllocatedBytesForCurrentThread();
            PackedSequences.Of(sequences, CPU);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Test]
    public void Nothing_and_empty_prompts_are_refused()
    {
        Assert.That(() => PackedSequences.Of(new([]), CPU), Throws.ArgumentException.With.Message.StartsWith("packing needs at least one sequence"));
        Assert.That(() => PackedSequences.Of(new([([], [1])]), CPU), Throws.ArgumentException.With.Message.StartsWith("packing needs at least one sequence, and no empty prompt; 1"));
    }

    [Test]
    public void Hidden_states_are_those_of_each_sequence_by_itself([Values(null, 4L)] long? window)
    {
        using Decoder model = Decoder.Initialised(TinyPhi3.Config with { SlidingWindow = window }, 3);
        (int[], int[])[] sequences = [(s_shared, [4, 5, 6, 7, 8]), ([8, 1], [9]), (s_shared, [6, 2, 3])];
        using IDisposable noGrad = no_grad();
        PackedSequences packed = PackedSequences.Of(new(sequences), CPU);
        Tensor hidden = model.HiddenStates(packed);
        Tensor[] own = [hidden.narrow(0, 0, 8), hidden.narrow(0, 11, 3), cat([hidden.narrow(0, 0, 3), hidden.narrow(0, 8, 3)], 0)];
        foreach (((int[] prompt, int[] response), Tensor states) in sequences.Zip(own))
        {
            Tensor tokens = tensor((long[])[.. prompt, .. response]).unsqueeze(0);
            Assert.That((model.HiddenStates(tokens, ones_like(tokens))[0] - states).abs().max().item<float>(), Is.LessThan(1e-5f));
        }
    }

    [Test]
    public void A_sequence_longer_than_the_positions_is_refused()
    {
        using Decoder model = Decoder.Initialised(TinyPhi3.Config, 3);
        long limit = model.Shape.MaxPositions;
        PackedSequences packed = PackedSequences.Of(new([(s_shared, [4]), (s_shared, new int[limit - 2])]), CPU);
        Assert.That(() => model.HiddenStates(packed), Throws.ArgumentException.With.Message.StartsWith($"{limit + 1} tokens are more than the {limit} positions of this model"));
    }
}
