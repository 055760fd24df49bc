using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

/// <summary>Twice its input; its backward pass fails where it is told to.</summary>
internal sealed class Thrower : GuardedFunction<Thrower>
{
    public static Exception? Failure { get; set; }

    protected override ForwardPass Forward(object[] inputs) => new((Tensor)inputs[0] * 2, ones(1));

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient) =>
        Failure is null ? [gradient * 2 * kept[0]] : throw Failure;
}
