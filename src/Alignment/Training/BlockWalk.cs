using Alignment.Kernels.Native;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Activation checkpointing (Chen et al. 2016, arXiv 1604.06174), as a walk over a model's blocks. Forward, without autograd, each block's input is kept and nothing
/// else. The head's loss gives the gradient of the last block's output. Then, block by block from the last, the block is computed again from its input, now
/// with autograd, and carries that gradient to its weights and its input. One forward pass more; a block's activations at a time. The gradients are those of
/// plain autograd bit for bit, whatever the number of batches: each parameter is given the same sums in the same order.
/// Several batches are walked layer by layer: all of them go through a part before the next part is touched, so that a part whose weights must be
/// fetched is fetched once for all.
/// </summary>
/// <param name="weights">Told before and after each use of a part's weights.</param>
internal sealed class BlockWalk(IPartWeights weights)
{
    /// <summary>Adds the gradients of the batches' losses to those of the parameters.</summary>
    /// <param name="batches">Of one model.</param>
    public void Run(IReadOnlyList<WalkedBatch> batches)
    {
        using var scope = NewDisposeScope();
        IModelPath any = batches[0].Path;
        Tensor[][] inputs = Forward(batches); // [blocks + 1][batches]
        Tensor? tied = any.TiedHead, head = null; // the head's gradient, kept until the embedding's is there
        Tensor[] gradients = Each(any.Blocks + 1, WalkDirection.Backward, batches.Count, i =>
        {
            Tensor hidden = inputs[^1][i].requires_grad_();
            using IDisposable aside = new GradientAside(tied, own => head = head is null ? own : head.add_(own));
            Carry(() => batches[i].Loss(batches[i].Path.End(hidden)).backward());
            return hidden.grad!;
        });
        for (int block = any.Blocks - 1; block >= 0; block--)
            gradients = Each(1 + block, WalkDirection.Backward, batches.Count, i =>
            {
                Tensor input = inputs[block][i].requires_grad_();
                Back(batches[i].Path.Block(block, input), gradients[i]);
                inputs[block + 1][i].Dispose();
                return input.grad!;
            });
        if (any.TrainsEmbedding)
            Each(0, WalkDirection.Backward, batches.Count, i =>
            {
                Tensor embedded = batches[i].Path.Embed();
                if (i == 0 && head is not null) // autograd adds a tied head's and embedding's gradients to each other before it adds them to what is there
                    Carry(() => autograd.backward([embedded, tied!.alias()], [gradients[i], head]));
                else
                    Back(embedded, gradients[i]);
                return embedded;
            });
    }

    private Tensor[][] Forward(IReadOnlyList<WalkedBatch> batches)
    {
        using IDisposable noGrad = no_grad();
        var states = new Tensor[batches[0].Path.Blocks + 1][];
        states[0] = Each(0, WalkDirection.Forward, batches.Count, i => batches[i].Path.Embed());
        for (int block = 0; block < states.Length - 1; block++)
            states[block + 1] = Each(1 + block, WalkDirection.Forward, batches.Count, i => batches[i].Path.Block(block, states[block][i]));
        return states;
    }

    // a result for each batch; whatever else is made on the way is freed
    private Tensor[] Each(int part, WalkDirection direction, int batches, Func<int, Tensor> of)
    {
        weights.Before(part, direction);
        var results = new Tensor[batches];
        for (int i = 0; i < batches; i++)
        {
            CollectionPoint.Pass();
            using var scope = NewDisposeScope();
            results[i] = of(i).MoveToOuterDisposeScope();
        }
        weights.After(part, direction);
        return results;
    }

    private static void Back(Tensor output, Tensor gradient)
    {
        Carry(() => autograd.backward([output], [gradient]));
        gradient.Dispose();
    }

    private static void Carry(Action backward)
    {
        backward();
        BackwardFailure.Rethrow();
    }

    // what lies on a parameter is put aside; what a backward pass lays there meanwhile is given away, and the first put back
    private sealed class GradientAside : IDisposable
    {
        private readonly Tensor? _parameter, _before;
        private readonly Action<Tensor> _give;

        public GradientAside(Tensor? parameter, Action<Tensor> give)
        {
            (_parameter, _before, _give) = (parameter, parameter?.grad, give);
            if (parameter is not null)
                parameter.grad = null;
        }

        public void Dispose()
        {
            if (_parameter is null)
                return;
            if (_parameter.grad is { } own)
                _give(own.MoveToOuterDisposeScope());
            _parameter.grad = _before;
        }
    }
}

/// <summary>A batch on its walk.</summary>
/// <param name="Path">Its way through the model.</param>
/// <param name="Loss">The hidden states behind the last norm → a scalar; called with autograd on.</param>
internal sealed record WalkedBatch(IModelPath Path, Func<Tensor, Tensor> Loss);

/// <summary>Which way a <see cref="BlockWalk"/> goes.</summary>
internal enum WalkDirection
{
    /// <summary>Without autograd.</summary>
    Forward,

    /// <summary>With it; behind it, the part's gradients are whole.</summary>
    Backward,
}

/// <summary>
/// What happens around each use of a part's weights. Parts are numbered as the forward pass meets them: 0 is the embedding, 1 … blocks are the blocks, and
/// blocks + 1 is the last norm with the head, which is used backward only. The head's gradient, where it is the embedding's weight, comes with that of part 0.
/// </summary>
internal interface IPartWeights
{
    /// <summary>The part's weights are about to be used, by all batches.</summary>
    void Before(int part, WalkDirection direction);

    /// <summary>All batches have used them; not called where something was thrown.</summary>
    void After(int part, WalkDirection direction);
}

/// <summary>Weights that are in place all along.</summary>
/// <param name="gather">As in <see cref="ITrainingGoal.AddGradient"/>; called behind each part, so that the gradients of one part lie on the parameters at a time.</param>
internal sealed class ResidentWeights(Action? gather = null) : IPartWeights
{
    /// <inheritdoc/>
    public void Before(int part, WalkDirection direction)
    {
    }

    /// <inheritdoc/>
    public void After(int part, WalkDirection direction)
    {
        if (direction == WalkDirection.Backward)
            gather?.Invoke();
    }
}
