using Alignment.Objectives;

namespace Alignment.Tests.Regression;

/// <summary>Our objective for a loss of the golden set, by the names that the references give losses and settings.</summary>
internal static class GoldenObjectives
{
    // their name → ours; a trainer's own losses stand as TRAINER/LOSS_TYPE
    private static readonly Dictionary<string, string> s_losses = new()
    {
        ["dpo"] = "DPO",
        ["dpo_reference_free"] = "DPO-reference-free",
        ["ln_dpo"] = "LN-DPO",
        ["simpo"] = "SimPO",
        ["simpo_hinge"] = "SimPO-hinge",
        ["ipo_sum"] = "IPO-sum",
        ["ipo_avg"] = "IPO",
        ["hinge"] = "hinge",
        ["robust"] = "robust-DPO",
        ["exo_pair"] = "EXO",
        ["sppo_hard"] = "SPPO",
        ["nca_pair"] = "NCA",
        ["apo_zero"] = "APO-zero",
        ["apo_down"] = "APO-down",
        ["bco_pair"] = "BCO",
        ["bco_pair_running_delta"] = "BCO-delta",
        ["kto_pair"] = "KTO",
        ["aot"] = "AOT",
        ["aot_unpaired"] = "AOT-unpaired",
        ["discopop"] = "DiscoPOP",
        ["rdpo"] = "R-DPO",
        ["ld_dpo"] = "LD-DPO",
        ["cpo"] = "CPO",
        ["cpo_sigmoid"] = "CPO",
        ["cpo_hinge"] = "CPO-hinge",
        ["orpo"] = "ORPO",
        ["orpo_or"] = "ORPO",
        ["dpo/sigmoid"] = "DPO",
        ["dpo/sigmoid_norm"] = "LN-DPO",
        ["dpo/ipo"] = "IPO",
        ["simpo/sigmoid"] = "SimPO",
        ["simpo/hinge"] = "SimPO-hinge",
        ["cpo/sigmoid"] = "CPO",
        ["cpo/hinge"] = "CPO-hinge",
        ["cpo/simpo"] = "SimPO",
    };

    // their name → ours, and the value that changes nothing where an objective has no such setting
    private static readonly (string Theirs, string Ours, double? Neutral)[] s_settings =
    [
        ("beta", "Beta", null), ("gamma", "Gamma", null), ("simpo_gamma", "Gamma", null), ("gamma_beta_ratio", "GammaBetaRatio", null),
        ("label_smoothing", "LabelSmoothing", 0), ("discopop_tau", "Tau", null), ("ld_alpha", "Alpha", null), ("alpha", "Alpha", null),
        ("cpo_alpha", "NllWeight", 0), ("nll_weight", "NllWeight", 0), ("desirable_weight", "DesirableWeight", 1), ("undesirable_weight", "UndesirableWeight", 1),
    ];

    /// <summary>The objective; every setting in <paramref name="given"/> that is known here is honoured.</summary>
    /// <param name="loss">The reference's name of it.</param>
    /// <param name="given">An object with its settings, and perhaps others that are the caller's.</param>
    /// <exception cref="NotSupportedException">The loss is unknown, or has no such setting.</exception>
    public static Objective Of(string loss, GoldenJson given)
    {
        Dictionary<string, double> values = s_settings.Where(setting => given.Find(setting.Theirs) is { IsNull: false })
            .ToDictionary(setting => setting.Ours, setting => given[setting.Theirs].Number);
        Declaration declared = Declarations.All.Single(one => one.Name == Name(loss, given, values));
        HashSet<string> known = [.. declared.Parameters.SelectMany(parameter => parameter.Forms).Select(form => form.Name)];
        foreach ((string theirs, string ours, double? neutral) in s_settings)
            if (!known.Contains(ours) && values.Remove(ours, out double value) && value != neutral)
                throw new NotSupportedException($"{given.Path}: {declared.Name} has no {theirs}, and is given {value}");
        if (values.TryGetValue("Gamma", out double gamma) && values.TryGetValue("GammaBetaRatio", out double ratio) && Math.Abs(gamma - ratio * values["Beta"]) > 1e-12 * gamma)
            throw new NotSupportedException($"{given.Path}: gamma {gamma} is not gamma_beta_ratio {ratio} times beta {values["Beta"]}");
        if (known.Contains("NllWeight"))
            values.TryAdd("NllWeight", 0); // the references give the preference term alone
        return declared.Create(values);
    }

    private static string Name(string loss, GoldenJson given, Dictionary<string, double> values)
    {
        if (given.Find("loss_type") is { } type)
            loss = s_losses.ContainsKey($"{loss}/{type.Text}") ? $"{loss}/{type.Text}" : type.Text;
        bool free = given.Find("reference_free") is { Holds: true };
        return (s_losses.GetValueOrDefault(loss), free) switch
        {
            (null, _) => throw new NotSupportedException($"{given.Path}: no objective here is {loss}"),
            ("DPO", true) => "DPO-reference-free",
            (var other, true) => throw new NotSupportedException($"{given.Path}: {other} without a reference is no objective here"),
            ("DPO", _) when values.ContainsKey("Alpha") => "LD-DPO",
            ("DPO", _) when values.GetValueOrDefault("LabelSmoothing") != 0 => "cDPO",
            (var ours, _) => ours,
        };
    }
}
