using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>The loss of pairwise comparisons (Bradley and Terry 1952; Ouyang et al. 2022, equation 1).</summary>
internal static class BradleyTerry
{
    /// <summary>
    /// Mean of (1 − s) · −log σ(m) + s · −log σ(−m) with m = r_chosen − r_rejected: right when a share s of the labels is flipped
    /// (Mitchell 2023, conservative DPO, equation 3). s = 0 is the plain loss.
    /// </summary>
    /// <param name="chosen">[pairs] rewards.</param>
    /// <param name="rejected">[pairs] rewards.</param>
    /// <param name="smoothing">s, in [0, 0.5).</param>
    public static Tensor Loss(Tensor chosen, Tensor rejected, double smoothing)
    {
        using var scope = NewDisposeScope();
        Tensor margins = chosen - rejected;
        // −log σ(−m) = m − log σ(m)
        return (nn.functional.softplus(-margins) + smoothing * margins).mean().MoveToOuterDisposeScope();
    }

    /// <summary>Mean of (r_chosen + r_rejected)²: the loss leaves the level open, this holds it at 0 (Eisenstein et al. 2023, section 2).</summary>
    /// <param name="chosen">[pairs] rewards.</param>
    /// <param name="rejected">[pairs] rewards.</param>
    public static Tensor Level(Tensor chosen, Tensor rejected)
    {
        using var scope = NewDisposeScope();
        return (chosen + rejected).square().mean().MoveToOuterDisposeScope();
    }
}
