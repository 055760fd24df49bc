using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Kahneman-Tversky optimisation as its paper has it: w_d(1 − S(β(c − z))) of a desirable response, w_u(1 − S(β(z − c))) of an undesirable one (Ethayarajh et
/// al. 2024, arXiv 2402.01306, eq. 7; TRL's KTOTrainer, loss_type "kto"). z = max(0, mean of c over mismatched responses), an estimate of KL(π ‖ π_ref)
/// that carries no gradient. Rewards are β·c.
/// </summary>
/// <remarks>
/// Where this differs from TRL (1.9): there z is of what all devices hold in one pass, here of the optimiser batch, so that it depends neither on micro-batches
/// nor on ranks. Which responses are mismatched is decided where the data is read.
/// </remarks>
internal sealed record LabelledKto : LabelledObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public required double Beta { get; init; }

    /// <summary>w_d, the weight of desirable responses, > 0.</summary>
    public required double DesirableWeight { get; init; }

    /// <summary>w_u, the weight of undesirable responses, > 0.</summary>
    public required double UndesirableWeight { get; init; }

    /// <inheritdoc/>
    public override string Name => Kto.Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsMismatched => true;

    /// <inheritdoc/>
    public override LabelledLosses Loss(LabelledLogProbs responses)
    {
        (Tensor policy, Tensor reference) = responses.Mismatched
            ?? throw new ArgumentException("KTO needs the log-probs of mismatched responses, and these labelled responses have none");
        using var scope = NewDisposeScope();
        Tensor ratios = responses.LogRatios(), baseline = (policy.detach() - reference).mean().clamp_min(0);
        Tensor losses = where(responses.Desirable, DesirableWeight * ((baseline - ratios) * Beta).sigmoid(), UndesirableWeight * ((ratios - baseline) * Beta).sigmoid());
        return LabelledLosses.Outward(losses, ratios * Beta, baseline);
    }
}

/// <summary>
/// APO-zero of labelled responses, which its form on pairs adds up: 1 − S(βc) of a desirable one, S(βc) of an undesirable one (D'Oosterlinck et al. 2024,
/// arXiv 2408.06266, eq. 7; TRL's KTOTrainer, loss_type "apo_zero_unpaired" with both weights 1). KTO with its reference point at 0. Rewards are β·c.
/// </summary>
internal sealed record LabelledApoZero(double Beta) : LabelledObjective
{
    /// <inheritdoc/>
    public override string Name => ApoZero.Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsMismatched => false;

    /// <inheritdoc/>
    public override LabelledLosses Loss(LabelledLogProbs responses)
    {
        using var scope = NewDisposeScope();
        Tensor rewards = responses.LogRatios() * Beta;
        return LabelledLosses.Outward(where(responses.Desirable, (-rewards).sigmoid(), rewards.sigmoid()), rewards);
    }
}
