using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels.Native;

/// <summary>
/// What all autograd nodes of our own share, so that a node is its forward pass and its gradients alone. Both passes run without autograd, in a
/// dispose scope. A managed exception that left a backward pass would end the process: it is kept instead, no gradient is given, which
/// libtorch takes for zeros, and <see cref="BackwardFailure.Rethrow"/> throws it after backward().
/// </summary>
internal abstract class GuardedFunction<TNode> : SingleTensorFunction<TNode> where TNode : GuardedFunction<TNode>, new()
{
    private const string Places = "places"; // the inputs, and the thread of the forward pass
    private static readonly TNode s_node = new();
    private static readonly object s_tensor = new(); // stands for a tensor among the inputs, which lies among the saved ones

    public sealed override string Name => typeof(TNode).Name;

    /// <summary>The result; a part of autograd's graph only where a gradient is asked for.</summary>
    /// <param name="inputs">Tensors, and what else the node reads. The tensors are kept for the backward pass.</param>
    public static Tensor Of(params object?[] inputs)
    {
        using var scope = NewDisposeScope();
        if (Records(inputs))
            return scope.MoveToOuter(apply(inputs!));
        using IDisposable noGrad = no_grad();
        return scope.MoveToOuter(s_node.Forward(inputs!).Result);
    }

    /// <summary>Whether a backward pass may follow: autograd is on, and an input wants a gradient.</summary>
    public static bool Records(params ReadOnlySpan<object?> inputs)
    {
        if (is_grad_enabled())
            foreach (object? input in inputs)
                if (input is Tensor { requires_grad: true })
                    return true;
        return false;
    }

    /// <summary>The result, and what the backward pass reads beside the inputs; new tensors belong to the current scope.</summary>
    protected abstract ForwardPass Forward(object[] inputs);

    /// <summary>A gradient for each input, in their order; null, or nothing at the end, for those that have none.</summary>
    /// <param name="inputs">Those of <see cref="Forward"/>.</param>
    /// <param name="kept">What it kept.</param>
    /// <param name="gradient">That of its result.</param>
    protected abstract Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient);

    // in the scope of Of
    public sealed override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using IDisposable noGrad = no_grad();
        ForwardPass pass = Forward(vars);
        ctx.set_materialize_grads(false); // the zeros would be made outside the guard
        object[] places = new object[vars.Length + 1];
        places[^1] = Environment.CurrentManagedThreadId;
        List<Tensor> saved = new(vars.Length + pass.Kept.Length);
        for (int i = 0; i < vars.Length; i++)
            if (vars[i] is Tensor tensor)
            {
                saved.Add(tensor);
                places[i] = s_tensor;
            }
            else
                places[i] = vars[i];
        saved.AddRange(pass.Kept);
        ctx.save_for_backward(saved);
        ctx.save_data(Places, places);
        return pass.Result;
    }

    public sealed override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        ReturnedGradients.Free();
        long made = BackwardOrphans.Made;
        object[] places = (object[])ctx.get_data(Places);
        List<Tensor> saved = [];
        Tensor?[] gradients = [];
        try
        {
            if (!grad_output.IsInvalid) // no gradient comes from where another node has failed
            {
                saved = ctx.get_saved_variables(); // throws where one has been written to since
                using var scope = NewDisposeScope();
                using IDisposable noGrad = no_grad();
                object[] inputs = new object[places.Length - 1];
                int next = 0;
                for (int i = 0; i < inputs.Length; i++)
                    inputs[i] = ReferenceEquals(places[i], s_tensor) ? saved[next++] : places[i];
                gradients = Backward(inputs, saved.Count == next ? [] : [.. saved.Slice(next, saved.Count - next)], grad_output);
                foreach (Tensor? gradient in gradients)
                    if (gradient is not null && scope.Contains(gradient))
                        ReturnedGradients.Hold(scope.MoveToOuter(gradient));
            }
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception);
            gradients = [];
        }
        foreach (Tensor read in saved)
            Release(read);
        Release(grad_output);
        if (BackwardOrphans.Made > made)
            BackwardOrphans.Keep((int)places[^1], [.. gradients, .. ReturnedGradients.Take()]);
        List<Tensor> all = new(places.Length - 1);
        for (int i = 0; i < places.Length - 1; i++)
            all.Add(i < gradients.Length ? gradients[i]! : null!);
        return all;

        void Release(Tensor read)
        {
            foreach (Tensor? gradient in gradients)
                if (ReferenceEquals(gradient, read))
                    return;
            read.Dispose();
        }
    }
}

/// <summary>What the forward pass of a <see cref="GuardedFunction{TNode}"/> gives.</summary>
/// <param name="Result">The result.</param>
/// <param name="Kept">What the backward pass reads beside the inputs.</param>
internal readonly record struct ForwardPass(Tensor Result, params Tensor[] Kept);
