using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels;

/// <summary>The autograd node of <see cref="PackedAttention"/>: query, key, value and masks in, the mix of values out.</summary>
internal sealed class PackedAttentionFunction : SingleTensorFunction<PackedAttentionFunction>
{
    private const int Normalisers = 4; // the first of them among the saved tensors

    public override string Name => nameof(PackedAttention);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        var inputs = new QueryKeyValue((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var masks = (PackedMasks)vars[3];
        PackedAttentionOutput output = PackedAttentionRows.Forward(inputs, masks);
        foreach (Tensor normaliser in output.Normalisers)
            normaliser.MoveToOuterDisposeScope();
        Tensor mixed = output.Output.MoveToOuterDisposeScope();
        ctx.save_for_backward([inputs.Query, inputs.Key, inputs.Value, mixed, .. output.Normalisers, .. masks.Biases]);
        ctx.save_data("masks", masks);
        return mixed;
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            var masks = (PackedMasks)ctx.get_data("masks");
            Tensor[] normalisers = [.. saved.Skip(Normalisers).Take(masks.Spans.Count)];
            (Tensor query, Tensor key, Tensor value) = PackedAttentionRows.Backward(new(saved[0], saved[1], saved[2]),
                new(saved[3], normalisers), grad_output, masks.With(saved.Skip(Normalisers + normalisers.Length)));
            return [query.MoveToOuterDisposeScope(), key.MoveToOuterDisposeScope(), value.MoveToOuterDisposeScope(), null!];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(saved[0]), zeros_like(saved[1]), zeros_like(saved[2]), null!];
        }
    }
}
