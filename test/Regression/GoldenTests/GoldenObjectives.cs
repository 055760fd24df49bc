using System.Text.Json;
using Alignment.Objectives;

namespace Alignment.Tests.Regression;

/// <summary>Our objective for each loss that losses.json names.</summary>
internal static class GoldenObjectives
{
    /// <exception cref="NotSupportedException">The loss or one of its parameters is unknown here.</exception>
    public static Objective Of(JsonElement golden)
    {
        string loss = golden.GetProperty("loss").GetString()!;
        Dictionary<string, double> given = golden.GetProperty("params").Deserialize<Dictionary<string, double>>()!;
        double beta = given["beta"], smoothing = given.GetValueOrDefault("label_smoothing");
        (Objective objective, string[] read) = loss switch
        {
            "dpo" => ((Objective)(smoothing == 0 ? new Dpo(beta) : new Cdpo(beta, smoothing)), (string[])["label_smoothing"]),
            "dpo_reference_free" when smoothing == 0 => (new DpoReferenceFree(beta), ["label_smoothing"]),
            "ln_dpo" => (new LnDpo(beta) { LabelSmoothing = smoothing }, ["label_smoothing"]),
            "simpo" => (new SimPo(beta, given["gamma"]) { LabelSmoothing = smoothing }, ["label_smoothing", "gamma", "gamma_beta_ratio"]),
            "simpo_hinge" => (new SimPoHinge(beta, given["gamma"]), ["gamma", "gamma_beta_ratio"]),
            "ipo_sum" => (new IpoOnSums(beta), []),
            "ipo_avg" => (new Ipo(beta), []),
            "hinge" => (new Hinge(beta), []),
            "robust" => (new RobustDpo(beta, smoothing), ["label_smoothing"]),
            "exo_pair" => (new Exo(beta, smoothing), ["label_smoothing"]),
            "sppo_hard" => (new Sppo(beta), []),
            "nca_pair" => (new Nca(beta), []),
            "apo_zero" => (new ApoZero(beta), []),
            "apo_down" => (new ApoDown(beta), []),
            "bco_pair" => (new Bco(beta), []),
            "bco_pair_running_delta" => (new BcoDelta(beta), []),
            "kto_pair" => (new Kto(beta), []),
            "aot" => (new Aot(beta) { LabelSmoothing = smoothing }, ["label_smoothing"]),
            "aot_unpaired" => (new AotUnpaired(beta) { LabelSmoothing = smoothing }, ["label_smoothing"]),
            "discopop" => (new DiscoPop(beta) { Tau = given["discopop_tau"] }, ["discopop_tau"]),
            "cpo_sigmoid" => (new Cpo(beta) { NllWeight = 0, LabelSmoothing = smoothing }, ["label_smoothing"]),
            "cpo_hinge" => (new CpoHinge(beta) { NllWeight = 0 }, []),
            "orpo_or" => (new Orpo(beta) { NllWeight = 0 }, []),
            _ => throw new NotSupportedException($"no objective here is losses.json's {loss} with {golden.GetProperty("params")}"),
        };
        return given.Keys.Except(read).SequenceEqual(["beta"]) ? objective
            : throw new NotSupportedException($"losses.json gives {loss} a parameter that is not read here: {golden.GetProperty("params")}");
    }
}
