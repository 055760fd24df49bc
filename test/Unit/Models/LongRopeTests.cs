using Alignment.Models;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>longrope's choice between two lists of factors is each sequence's own.</summary>
public class LongRopeTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Free() => _scope.Dispose();

    [Test]
    public void Frequencies_are_divided_by_the_factors_of_the_length_and_angles_grow()
    {
        var scaling = new LongRopeScaling([2, 4], [8, 32], 6, 1.5);
        var settings = new RotarySettings(4, 100, scaling); // 1 and 1/10 radians
        Assert.That(settings.Frequencies().data<float>().ToArray(), Is.EqualTo(new[] { 0.5f, 0.025f }).Within(1e-7));
        Assert.That(settings.Frequencies(longer: true).data<float>().ToArray(), Is.EqualTo(new[] { 0.125f, 0.003125f }).Within(1e-8));
        using var rotary = new Rotary(settings);
        RotaryAngles angles = rotary.At(tensor(new long[] { 3, 3 }).view(2, 1), 4, tensor(new[] { false, true }).view(2, 1), zeros(1));
        Assert.That(angles.Cosine[0].flatten()[0].item<float>(), Is.EqualTo(1.5 * Math.Cos(1.5)).Within(1e-6));
        Assert.That(angles.Cosine[1].flatten()[0].item<float>(), Is.EqualTo(1.5 * Math.Cos(0.375)).Within(1e-6));
    }

    [Test]
    public void The_amplitude_is_the_root_of_one_and_the_ratio_of_logarithms() =>
        Assert.That((LongRopeScaling.Grown(131_072, 4096), LongRopeScaling.Grown(4096, 4096)), Is.EqualTo((Math.Sqrt(1 + 5 / 12.0), 1.0)).Within(1e-12)); // 2⁵ and 2¹²

    [Test]
    public void A_shared_prompt_of_sequences_on_either_side_of_the_limit_is_packed_twice_and_else_refused()
    {
        using Decoder model = TinyFamilies.Model(TinyFamilies.Long);
        int[] prompt = [1, 2, 3, 4];
        ScoredSequences sequences = new([(prompt, [5, 6]), (prompt, [7, 8, 9]), (prompt, [3])]);
        Assert.That(PackedSequences.Of(sequences, CPU, model.ShortPositions).Spans.Count(span => span.PromptLength == 0), Is.EqualTo(2));
        Assert.That(() => model.HiddenStates(PackedSequences.Of(sequences, CPU)), Throws.ArgumentException.With.Message.StartsWith(
            "sequences of at most 6 tokens and longer ones share a prompt, which the model computes in two ways"));
    }
}
