using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>What an objective says of each pair. The caller owns the tensors.</summary>
/// <param name="Losses">[pairs], carries the gradient.</param>
/// <param name="ChosenRewards">[pairs], the objective's own implicit reward of the chosen response, detached.</param>
/// <param name="RejectedRewards">[pairs], the same for the rejected one.</param>
public sealed record PairLosses(Tensor Losses, Tensor ChosenRewards, Tensor RejectedRewards)
{
    /// <summary>Moves the three tensors out of the current dispose scope; the rewards lose their graph.</summary>
    internal static PairLosses Outward(Tensor losses, Tensor chosenRewards, Tensor rejectedRewards) => new(losses.MoveToOuterDisposeScope(),
        chosenRewards.detach().MoveToOuterDisposeScope(), rejectedRewards.detach().MoveToOuterDisposeScope());

    /// <summary>Moves the three tensors out of the current dispose scope.</summary>
    internal PairLosses Outward()
    {
        foreach (Tensor tensor in new[] { Losses, ChosenRewards, RejectedRewards })
            tensor.MoveToOuterDisposeScope();
        return this;
    }
}
