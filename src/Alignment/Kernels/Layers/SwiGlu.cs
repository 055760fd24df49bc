using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>silu(gate) · up, the middle of a gated MLP (SwiGLU; Shazeer 2020, eq. 6). <see cref="Plain(Tensor, Tensor)"/> is the readable twin.</summary>
internal static class SwiGlu
{
    /// <summary>silu(gate) · up of one tensor that holds both, differentiable.</summary>
    /// <param name="both">[…, 2 · inner]: gate, then up.</param>
    /// <returns>[…, inner].</returns>
    public static Tensor Of(Tensor both) => GatedRows.Serves(both) ? SwiGluFunction.Of(both) : Plain(both);

    /// <summary>silu(gate) · up, differentiable.</summary>
    /// <param name="gate">[…, inner].</param>
    /// <param name="up">[…, inner].</param>
    /// <returns>[…, inner].</returns>
    public static Tensor Of(Tensor gate, Tensor up) => GatedRows.Serves(gate) ? SwiGluFunction.Of(gate, up) : Plain(gate, up);

    /// <summary>As <see cref="Of(Tensor)"/>, in libtorch's operators.</summary>
    public static Tensor Plain(Tensor both)
    {
        using var scope = NewDisposeScope();
        Tensor[] halves = both.chunk(2, -1); // gate, up: […, inner]
        return Plain(halves[0], halves[1]).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Of(Tensor, Tensor)"/>, in libtorch's operators.</summary>
    public static Tensor Plain(Tensor gate, Tensor up)
    {
        using var scope = NewDisposeScope();
        return nn.functional.silu(gate).mul(up).MoveToOuterDisposeScope();
    }
}

/// <summary>gelu(gate) · up with GELU's tanh form (GEGLU; Shazeer 2020, eq. 6). <see cref="Plain"/> is the readable twin.</summary>
internal static class GeGlu
{
    /// <summary>gelu(gate) · up, differentiable.</summary>
    /// <param name="gate">[…, inner].</param>
    /// <param name="up">[…, inner].</param>
    /// <returns>[…, inner].</returns>
    public static Tensor Of(Tensor gate, Tensor up) => GatedRows.Serves(gate) ? GeGluFunction.Of(gate, up) : Plain(gate, up);

    /// <summary>As <see cref="Of"/>, in libtorch's operators: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) for the gate.</summary>
    public static Tensor Plain(Tensor gate, Tensor up)
    {
        using var scope = NewDisposeScope();
        Tensor inner = (gate + gate.pow(3) * 0.044715) * Math.Sqrt(2 / Math.PI);
        return (gate * 0.5 * (inner.tanh() + 1) * up).MoveToOuterDisposeScope();
    }
}

/// <summary>The autograd node of <see cref="SwiGlu"/>: gate and up in, side by side or each by itself, their product out.</summary>
internal sealed class SwiGluFunction : GuardedFunction<SwiGluFunction>
{
    protected override ForwardPass Forward(object[] inputs) => GatedNode.Forward<SiluGate>(inputs);

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient) => GatedNode.Backward<SiluGate>(inputs, gradient);
}

/// <summary>The autograd node of <see cref="GeGlu"/>: gate and up in, their product out.</summary>
internal sealed class GeGluFunction : GuardedFunction<GeGluFunction>
{
    protected override ForwardPass Forward(object[] inputs) => GatedNode.Forward<GeluGate>(inputs);

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient) => GatedNode.Backward<GeluGate>(inputs, gradient);
}

/// <summary>Both passes of a gate's node.</summary>
internal static class GatedNode
{
    public static ForwardPass Forward<TGate>(object[] inputs) where TGate : struct, IGate
    {
        (Tensor gate, Tensor up) = Halves(inputs);
        return new(GatedRows.Forward<TGate>(gate, up).view([.. ((Tensor)inputs[0]).shape[..^1], gate.size(1)]));
    }

    public static Tensor?[] Backward<TGate>(object[] inputs, Tensor gradient) where TGate : struct, IGate
    {
        (Tensor gate, Tensor up) = Halves(inputs);
        long[] shape = ((Tensor)inputs[0]).shape;
        gradient = gradient.reshape(gate.shape).contiguous();
        if (inputs.Length == 2)
        {
            (Tensor ofGate, Tensor ofUp) = (empty(gate.shape), empty(gate.shape));
            GatedRows.Backward<TGate>((gate, up), gradient, (ofGate, ofUp));
            return [ofGate.view(shape), ofUp.view(shape)];
        }
        Tensor result = empty(gate.size(0), 2 * gate.size(1));
        GatedRows.Backward<TGate>((gate, up), gradient, Halves(result));
        return [result.view(shape)];
    }

    // [rows, inner] each
    private static (Tensor Gate, Tensor Up) Halves(object[] inputs) =>
        inputs.Length == 2 ? (Rows((Tensor)inputs[0]), Rows((Tensor)inputs[1])) : Halves(Rows((Tensor)inputs[0]));

    private static (Tensor Gate, Tensor Up) Halves(Tensor both)
    {
        long inner = both.size(1) / 2;
        return (both.narrow(1, 0, inner), both.narrow(1, inner, inner));
    }

    private static Tensor Rows(Tensor tensor) => tensor.reshape(-1, tensor.size(-1)).contiguous();
}
