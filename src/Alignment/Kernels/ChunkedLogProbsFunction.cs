using System.Runtime.CompilerServices;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels;

/// <summary>The autograd node of <see cref="ChunkedLogProbs"/>: rows, head, targets and chunk size in, [tokens] out.</summary>
internal sealed class ChunkedLogProbsFunction : SingleTensorFunction<ChunkedLogProbsFunction>
{
    private const int Logits = 4;

    public override string Name => nameof(ChunkedLogProbs);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        (Tensor rows, Tensor head, Tensor targets, long chunk) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (long)vars[3]);
        using IDisposable noGrad = no_grad();
        (Tensor logProbs, Tensor normalisers, Tensor? logits) = ChunkedLogProbs.Forward(rows, head, targets, chunk);
        List<Tensor> saved = [rows, head, targets, normalisers.MoveToOuterDisposeScope()];
        if (logits is not null)
            saved.Add(logits.MoveToOuterDisposeScope());
        ctx.save_for_backward(saved);
        ctx.save_data("chunk", chunk);
        ctx.save_data("thread", Environment.CurrentManagedThreadId);
        ctx.save_data("used", new StrongBox<bool>());
        return logProbs.MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        long orphans = BackwardOrphans.Made;
        List<Tensor> saved = ctx.get_saved_variables();
        List<Tensor> gradients = Gradients(ctx, saved, grad_output);
        if (BackwardOrphans.Made > orphans)
            BackwardOrphans.Keep((int)ctx.get_data("thread"), [.. saved, grad_output, .. gradients]);
        return gradients;
    }

    private static List<Tensor> Gradients(AutogradContext ctx, List<Tensor> saved, Tensor gradient)
    {
        var used = (StrongBox<bool>)ctx.get_data("used"); // the first pass overwrites the logits; a second one over the same graph forms them anew
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            Tensor? logits = saved.Count > Logits && !used.Value ? saved[Logits] : null;
            used.Value = true;
            (Tensor rows, Tensor head) = ChunkedLogProbs.Backward(new(saved[0], saved[1], saved[2], saved[3], logits), gradient,
                (long)ctx.get_data("chunk"));
            return [rows.MoveToOuterDisposeScope(), head.MoveToOuterDisposeScope(), null!, null!];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(saved[0]), zeros_like(saved[1]), null!, null!];
        }
    }
}
