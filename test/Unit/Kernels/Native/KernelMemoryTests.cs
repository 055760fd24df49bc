using Alignment.Bench.Measuring;
using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

/// <summary>Bytes are the same on every machine, busy or not: here they are gates. Native peaks are those of the whole process, so nothing runs beside.</summary>
[NonParallelizable]
public class KernelMemoryTests
{
    private const long Megabyte = 1 << 20;

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(4);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void Log_probs_of_64_megabytes_of_logits_take_less_than_one_more_and_so_does_their_gradient()
    {
        RequirePeaks();
        const long rows = 2048, vocabulary = 8192;
        Tensor logits = randn([rows, vocabulary], generator: _generator), targets = randint(0, vocabulary, [rows], ScalarType.Int64, generator: _generator);
        var sums = new TokenSums(empty(rows), full(rows, double.NegativeInfinity, ScalarType.Float64));
        var slopes = new TokenSlopes(sums.Normalisers, ones(rows));
        Add();
        Backward();
        Assert.That(PeakMemory.Extra(Add), Is.LessThan(Megabyte * get_num_threads()));
        Assert.That(PeakMemory.Extra(Backward), Is.LessThan(Megabyte * get_num_threads()));

        void Add() => LogProbRows.Add(logits, targets, 0, sums);
        void Backward() => LogProbRows.Backward(logits, targets, 0, slopes);
    }

    [Test]
    public void The_fused_log_prob_holds_a_quarter_of_what_all_logits_at_once_do([Values] bool backward)
    {
        RequirePeaks();
        const long tokens = 4096, vocabulary = 8192, width = 16; // 128 MiB of logits
        Tensor rows = randn([tokens, width], generator: _generator).requires_grad_(), head = randn([vocabulary, width], generator: _generator).requires_grad_();
        Tensor targets = zeros(tokens, ScalarType.Int64);
        long plain = Extra(() => nn.functional.log_softmax(nn.functional.linear(rows, head), -1).gather(1, targets.unsqueeze(1)));
        Assert.That(Extra(() => ChunkedLogProbs.Of(rows, head, targets, 1 << 22)), Is.LessThan(plain / 4));

        long Extra(Func<Tensor> logProbs) => PeakMemory.Extra(() =>
        {
            using var scope = NewDisposeScope();
            using IDisposable grad = backward ? enable_grad() : no_grad();
            Tensor result = logProbs();
            if (backward)
                result.sum().backward();
        })!.Value;
    }

    [Test]
    public void Attention_under_a_cap_holds_no_more_scores_than_it_is_allowed_in_either_pass()
    {
        RequirePeaks();
        Tensor[] inputs = [.. Enumerable.Range(0, 3).Select(_ => randn([1, 4, 2048, 16], generator: _generator).requires_grad_())]; // 0.5 MiB each; all scores are 64 MiB
        var mask = new AttentionMask { Causal = true, Cap = 5 };
        long plain = Extra(() => ScaledDotProductAttention.Plain(inputs[0], inputs[1], inputs[2], mask));
        Assert.That(Extra(() => CappedAttention.Of(inputs[0], inputs[1], inputs[2], mask, 1 << 20)), Is.LessThan(plain / 4));

        static long Extra(Func<Tensor> attention) => PeakMemory.Extra(() =>
        {
            using var scope = NewDisposeScope();
            attention().sum().backward();
        })!.Value;
    }

    [Test]
    public void Managed_bytes_of_a_kernel_do_not_grow_with_its_rows()
    {
        Assert.That(Allocated(rows => LogProbRows.Add(rows, zeros(rows.shape[0], ScalarType.Int64), 0,
            new(empty(rows.shape[0]), full(rows.shape[0], 0, ScalarType.Float64)))), Is.LessThan(4096));
        Assert.That(Allocated(rows => GatedRows.Forward<SiluGate>(rows, rows)), Is.LessThan(4096));
        Assert.That(Allocated(rows => GatedRows.Backward<GeluGate>((rows, rows), rows, (empty_like(rows), empty_like(rows)))), Is.LessThan(4096));
        Assert.That(Allocated(rows => RmsNormRows.Backward(rows, ones(rows.shape[1]), rows, 1e-5)), Is.LessThan(8192));
    }

    [Test]
    public void Managed_bytes_of_an_optimiser_step_do_not_grow_with_its_parameters()
    {
        Assert.That(Step(1 << 16), Is.EqualTo(Step(1 << 4)).Within(512));

        long Step(long size)
        {
            Tensor parameter = ones(size).requires_grad_();
            parameter.sum().backward();
            using var optimiser = new FusedAdamW([("one", parameter)], new AdamWRates());
            optimiser.Step(1e-3);
            return Bytes(() => optimiser.Step(1e-3));
        }
    }

    // the live count of tensors does not see what a graph holds
    [Test]
    public void Native_memory_does_not_grow_over_passes_of_packed_attention()
    {
        RequirePeaks();
        Tensor input = randn([1, 2, 4096, 64], generator: _generator).requires_grad_(); // 2 MiB
        long few = Passes(8);
        Assert.That(Passes(48), Is.LessThan(few + 32 * Megabyte)); // a tensor that each pass left behind would be 80 MiB

        long Passes(int count) => PeakMemory.Extra(() =>
        {
            for (int i = 0; i < count; i++)
                Pass();
        })!.Value;

        void Pass()
        {
            using var scope = NewDisposeScope();
            PackedAttention.Of(input, input, input, PackedMasks.Of([new(0, 4096 - 64), new(4096 - 64, 64, 0, 8)], null, input)).sum().backward();
            BackwardFailure.Rethrow();
            input.grad = null;
        }
    }

    // of the second call, on 4,096 rows of 64
    private long Allocated(Action<Tensor> kernel)
    {
        Tensor rows = randn([4096, 64], generator: _generator);
        Call();
        return Bytes(Call);

        void Call()
        {
            using var scope = NewDisposeScope();
            kernel(rows);
        }
    }

    private static long Bytes(Action call)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        call();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void RequirePeaks()
    {
        if (!PeakMemory.TryRestart())
            Assert.Ignore("this system does not tell the peak of a stretch of work (/proc/self/clear_refs)");
    }
}
