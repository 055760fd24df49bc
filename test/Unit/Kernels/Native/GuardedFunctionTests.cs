using System.Runtime.CompilerServices;
using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Tests.Unit.Kernels.Attention;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Tests.Unit.Kernels.Native;

public class GuardedFunctionTests
{
    private static readonly PackedSpan[] s_spans = [new(0, 3), new(3, 2, 0, 2)];

    // inputs of each node; the first is written to after the forward pass
    private static readonly Dictionary<Type, Func<object?[]>> s_inputs = new()
    {
        [typeof(LinearFunction)] = () => [Leaf(4, 3), Leaf(2, 3), null],
        [typeof(SwiGluFunction)] = () => [Leaf(3, 4)],
        [typeof(GeGluFunction)] = () => [Leaf(3, 4), Leaf(3, 4)],
        [typeof(RotaryTurnFunction)] = () => [Leaf(1, 2, 1, 32), ones(1, 2, 1, 32), ones(1, 2, 1, 32)],
        [typeof(RmsNormFunction)] = () => [Leaf(3, 4), Leaf(4), 1e-5],
        [typeof(PackedAttentionFunction)] = () => [.. Heads(), PackedMasks.Long(s_spans, null, zeros(1))],
        [typeof(ShortAttentionFunction)] = () => [.. Heads(), PackedMasks.Of(s_spans, null, zeros(1))],
        [typeof(VariableLengthFunction)] = () => [Leaf(1, 2, 5, 8), Leaf(1, 2, 5, 8), Leaf(1, 2, 5, 8), PackedMasks.Of(s_spans, null, zeros(1), VariableLengthStandIns.Operator<FlashOperator>())],
        [typeof(CappedAttentionFunction)] = () => [.. Heads(), null, new CappedSettings(5, Causal: true, 4)],
        [typeof(ChunkedLogProbsFunction)] = () => [Leaf(2, 3), Leaf(5, 3), zeros(2, ScalarType.Int64), 1L << 20, new StrongBox<bool>(), 3.0],
    };

    private static readonly Type[] s_nodes = [.. typeof(GuardedFunction<>).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && Bases(type).Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(Function<>)))];

    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        Thrower.Failure = null;
    }

    [TestCaseSource(nameof(s_nodes))]
    public void A_node_is_guarded(Type node) =>
        Assert.That(Bases(node).Where(one => one.IsGenericType).Select(one => one.GetGenericTypeDefinition()), Has.Member(typeof(GuardedFunction<>)));

    [TestCaseSource(nameof(s_nodes))]
    public void An_input_that_has_been_written_to_since_is_told_after_the_backward_pass(Type node)
    {
        object?[] inputs = s_inputs[node]();
        var result = (Tensor)node.BaseType!.GetMethod(nameof(Thrower.Of))!.Invoke(null, [inputs])!;
        Assert.That(result.requires_grad);
        using (no_grad())
            ((Tensor)inputs[0]!).add_(1);
        result.sum().backward();
        Assert.That(BackwardFailure.Rethrow, Throws.Exception.With.Message.Contains("modified by an inplace operation"));
        Assert.That(((Tensor)inputs[0]!).grad, Is.Null);
    }

    [Test]
    public void What_a_backward_pass_throws_is_thrown_after_it_and_nodes_before_it_go_without_a_gradient()
    {
        Tensor leaf = Leaf(3);
        Tensor result = Thrower.Of(Thrower.Of(leaf) * 2).sum();
        Thrower.Failure = new InvalidOperationException("no memory left");
        result.backward();
        Assert.That(leaf.grad, Is.Null);
        Assert.That(BackwardFailure.Rethrow, Throws.InvalidOperationException.With.Message.EqualTo("no memory left"));
        Assert.That(BackwardFailure.Rethrow, Throws.Nothing);
    }

    [Test]
    public void Other_parts_of_the_graph_keep_their_gradients()
    {
        Tensor leaf = Leaf(3);
        Thrower.Failure = new InvalidOperationException("no memory left");
        (Thrower.Of(leaf) + 3 * leaf).sum().backward();
        Assert.That(leaf.grad!.data<float>().ToArray(), Is.All.EqualTo(3));
        Assert.That(BackwardFailure.Rethrow, Throws.InvalidOperationException);
    }

    [Test]
    public void The_first_of_two_failures_is_thrown()
    {
        BackwardFailure.Keep(new InvalidOperationException("no memory left"));
        BackwardFailure.Keep(new InvalidOperationException("a later one"));
        Assert.That(BackwardFailure.Rethrow, Throws.InvalidOperationException.With.Message.EqualTo("no memory left"));
        Assert.That(BackwardFailure.Rethrow, Throws.Nothing);
    }

    [Test]
    public void Without_autograd_there_is_no_node()
    {
        Assert.That(Thrower.Of(zeros(2)).requires_grad, Is.False);
        using IDisposable noGrad = no_grad();
        Assert.That(Thrower.Of(Leaf(2)).requires_grad, Is.False);
    }

    // libtorch runs the backward pass of CUDA tensors on a thread of its own, where no scope is open
    [Test]
    public void What_a_pass_leaves_on_a_thread_without_a_scope_is_freed_by_rethrow([Values] bool fails)
    {
        Tensor leaf = Leaf(3), sum = Thrower.Of(leaf).sum();
        Thrower.Failure = fails ? new InvalidOperationException("no memory left") : null;
#pragma warning disable RS0030 // what other tests left must not go while tensors are counted
        GC.Collect();
        GC.WaitForPendingFinalizers();
#pragma warning restore RS0030
        long before = Tensor.TotalCount;
        var thread = new Thread(() => sum.backward());
        thread.Start();
        thread.Join();
        Assert.That(Tensor.TotalCount, fails ? Is.EqualTo(before) : Is.GreaterThan(before), "the gradient");
        Assert.That(BackwardFailure.Rethrow, fails ? Throws.InvalidOperationException : Throws.Nothing);
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_result_and_the_gradient_alive()
    {
        Tensor leaf = Leaf(3);
        Thrower.Of(leaf).sum().backward(); // makes the gradient
        BackwardFailure.Rethrow();
        DisposeScopeManager.Statistics.Reset();
        Tensor result = Thrower.Of(leaf);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
        using (NewDisposeScope())
            result.sum().backward();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
    }

    // else the gradients of all nodes would lie side by side until the scope ends
    [Test]
    public void In_a_backward_pass_only_the_gradients_of_one_node_are_alive()
    {
        Tensor leaf = Leaf(3), through = leaf;
        for (int node = 0; node < 20; node++)
            through = Thrower.Of(through);
        Tensor sum = through.sum();
        long before = Tensor.TotalCount;
        sum.backward();
        Assert.That(Tensor.TotalCount - before, Is.LessThan(5));
        BackwardFailure.Rethrow();
        Assert.That(leaf.grad!.data<float>().ToArray(), Is.All.EqualTo(1 << 20));
    }

    private static IEnumerable<Type> Bases(Type type)
    {
        for (Type? one = type.BaseType; one is not null; one = one.BaseType)
            yield return one;
    }

    private static Tensor Leaf(params long[] shape) => ones(shape, requires_grad: true);

    private static Tensor[] Heads() => [Leaf(1, 2, 5, 4), Leaf(1, 2, 5, 4), Leaf(1, 2, 5, 4)];
}
