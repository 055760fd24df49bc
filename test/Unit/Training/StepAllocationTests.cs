using Alignment.Data;
using Alignment.Files;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Tests.Unit.Models;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Managed bytes of a training step on its own thread: the same on every machine of one kind, busy or not. Numbers lie in libtorch's memory, so only calls cost any.</summary>
public class StepAllocationTests
{
    private const long BytesOfLayer = 80_000; // 39,222 as measured with MKL's products: about nine nodes, forward and backward; oneDNN's are four nodes more

    [Test]
    public void Managed_bytes_of_a_step_do_not_grow_with_its_tokens() =>
        Assert.That(Bytes(layers: 2, length: 256), Is.EqualTo(Bytes(layers: 2, length: 16)).Within(16_384)); // 3,072 tokens and 192: one int64 of each would be 23 KB more

    [Test]
    public void A_layer_takes_at_most_so_many_managed_bytes_of_a_step() =>
        Assert.That((Bytes(layers: 6, length: 16) - Bytes(layers: 2, length: 16)) / 4, Is.LessThan(BytesOfLayer));

    private static long Bytes(int layers, int length)
    {
        const int count = 4;
        var random = new SeededRandom(3, "tokens");
        TokenizedPair[] pairs = [.. Enumerable.Range(0, count).Select(i => new TokenizedPair($"{i}", Ids(), Ids(), Ids(), false, false))];
        int[] rows = [.. Enumerable.Range(0, count)];
        DecoderConfig tiny = TinyPhi3.Config;
        using Decoder model = TinyPhi3.Model(tiny with { Shape = tiny.Shape with { Layers = layers, HeadWidth = 32, MaxPositions = 2 * length } });
        using var optimiser = new FusedAdamW(model.Trained.Select(item => (item.Key, item.Value)), new AdamWRates());
        var gradient = new BatchGradient(model, new PreferenceGoal(new Dpo(0.1), pairs, ReferencePass.Compute(model, pairs, new())), new());
        Step(); // makes gradients and compiles
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Out.WriteLine(FormattableString.Invariant($"{layers} layers, {length} tokens: {bytes} bytes"));
        return bytes;

        int[] Ids() => [.. Enumerable.Range(0, length).Select(_ => random.NextInt((int)TinyPhi3.Vocabulary))];

        void Step()
        {
            using var scope = NewDisposeScope();
            gradient.Add(rows);
            GradientNorm.Clip(optimiser.Gradients(), 1);
            optimiser.Step(1e-6);
            optimiser.ZeroGradients();
        }
    }
}
