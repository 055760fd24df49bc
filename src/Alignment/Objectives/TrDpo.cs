using Alignment.Files;

namespace Alignment.Objectives;

/// <summary>
/// Trust region DPO: DPO's loss against a reference that follows the policy, after every τ optimiser steps r ← α·policy + (1 − α)·r in all weights
/// (Gorbatovski et al. 2024, arXiv 2404.09656, eq. 4 and 5; TRL's sync_ref_model with ref_model_mixup_alpha and ref_model_sync_steps, whose defaults are ours).
/// α below 1 is the soft update, 1 the hard one. Rewards are β·c against the reference as it stands.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record TrDpo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("TR-DPO", at => new TrDpo(at(nameof(Beta))) { Mixup = at(nameof(Mixup)), SyncSteps = at(nameof(SyncSteps)) },
        Hyperparameter.Beta, new("mixup", "mx", NumberRule.Share) { Default = 0.6 }, new("syncSteps", "ss", NumberRule.AtLeast(1)) { Default = 512 });

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>α, the policy's share in the moved reference, in (0, 1].</summary>
    public double Mixup { get; init => field = Declared.Checked(value, nameof(Mixup)); } = Declared.Default(nameof(Mixup));

    /// <summary>τ, optimiser steps between two moves, a whole number ≥ 1.</summary>
    public double SyncSteps { get; init => field = Declared.Checked(value, nameof(SyncSteps)); } = Declared.Default(nameof(SyncSteps));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override ReferenceMoves Moves => new(Mixup, (long)SyncSteps);

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin), rewards);
    }
}
