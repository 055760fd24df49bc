using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>A method on responses that are labelled one by one: log-probabilities in, one loss a response out. The batch loss is the mean over them.</summary>
internal abstract record LabelledObjective
{
    /// <summary>The method's name, that of its form on pairs.</summary>
    public abstract string Name { get; }

    /// <summary>The loss also needs the sums of mismatched responses, and depends on those of the whole optimiser batch.</summary>
    public abstract bool NeedsMismatched { get; }

    /// <summary>Losses and rewards of each response; differentiable with respect to <see cref="LabelledLogProbs.Policy"/> alone.</summary>
    /// <exception cref="ArgumentException">The objective needs mismatched responses, and there are none.</exception>
    public abstract LabelledLosses Loss(LabelledLogProbs responses);
}

/// <summary>Log-probabilities of labelled responses, summed over response tokens (EOS included), in nats.</summary>
internal sealed record LabelledLogProbs
{
    /// <summary>p: the policy's sums, [responses].</summary>
    public required Tensor Policy { get; init; }

    /// <summary>r: the reference's sums, [responses].</summary>
    public required Tensor Reference { get; init; }

    /// <summary>[responses] of truth values: the response is labelled desirable.</summary>
    public required Tensor Desirable { get; init; }

    /// <summary>The policy's and the reference's sums of responses to other prompts, each behind one of the batch's own, [mismatched]; null where nobody asks.</summary>
    public (Tensor Policy, Tensor Reference)? Mismatched { get; init; }

    /// <summary>c = p − r, [responses].</summary>
    public Tensor LogRatios() => Policy - Reference;
}

/// <summary>What an objective says of each labelled response. The caller owns the tensors.</summary>
/// <param name="Losses">[responses], carries the gradient.</param>
/// <param name="Rewards">[responses], the objective's own implicit reward β·c, detached.</param>
/// <param name="Baseline">A scalar, detached: the reference point of the rewards, nats; null where there is none.</param>
internal sealed record LabelledLosses(Tensor Losses, Tensor Rewards, Tensor? Baseline)
{
    /// <summary>Moves the tensors out of the current dispose scope; all but the losses lose their graph.</summary>
    public static LabelledLosses Outward(Tensor losses, Tensor rewards, Tensor? baseline = null) =>
        new(losses.MoveToOuterDisposeScope(), rewards.detach().MoveToOuterDisposeScope(), baseline?.MoveToOuterDisposeScope());
}
