using System.Text.Json;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>What the golden tests rest on: nothing they did not use is forgotten, and a setting is honoured or refused.</summary>
public class GoldenJsonTests
{
    [Test]
    public void What_was_not_read_is_named_and_a_list_that_was_never_looked_into_once()
    {
        GoldenJson json = Parse("""{ "read": 1, "passed": 2, "inside": { "read": [1, 2], "passed": null, "empty": [] }, "rows": [{ "a": 1, "b": 2 }, { "a": 1 }], "whole": [[1], [2]] }""");
        _ = json["read"].Number + json["inside"]["read"].Numbers[0] + json["rows"][0]["a"].Whole;
        Assert.That(json.Unused(), Is.EqualTo(new[] { "passed", "inside.passed", "inside.empty", "rows[0].b", "rows[1]", "whole" }));
    }

    [Test]
    public void A_member_that_was_only_asked_for_is_not_used()
    {
        GoldenJson json = Parse("""{ "given": 1, "list": [1] }""");
        _ = json.Find("given") is { IsNull: false };
        _ = json["list"].Items.Count;
        Assert.That(json.Unused(), Is.EqualTo(new[] { "given", "list[0]" }));
        Assert.That(() => json["absent"], Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("it has given, list"));
    }

    [TestCase("dpo", """{ "beta": 0.1, "label_smoothing": 0.1 }""", "cDPO")]
    [TestCase("dpo", """{ "beta": 0.1, "label_smoothing": 0, "ld_alpha": null, "reference_free": false }""", "DPO")]
    [TestCase("dpo", """{ "beta": 0.1, "ld_alpha": 0.5 }""", "LD-DPO")]
    [TestCase("dpo", """{ "beta": 0.1, "label_smoothing": 0.0, "reference_free": true }""", "DPO-reference-free")]
    [TestCase("dpo", """{ "beta": 0.1, "loss_type": "ipo" }""", "IPO")]
    [TestCase("dpo", """{ "beta": 0.1, "loss_type": "robust", "label_smoothing": 0.1 }""", "robust-DPO")]
    [TestCase("ln_dpo", """{ "beta": 2, "label_smoothing": 0.1 }""", "LN-DPO")]
    [TestCase("simpo", """{ "beta": 2, "gamma_beta_ratio": 0.5, "cpo_alpha": 1 }""", "SimPO")]
    [TestCase("simpo", """{ "beta": 2, "gamma": 1, "loss_type": "hinge" }""", "SimPO-hinge")]
    public void Settings_of_the_references_name_our_objectives_and_are_all_used(string loss, string settings, string expected)
    {
        GoldenJson given = Parse(settings);
        Assert.That(GoldenObjectives.Of(loss, given).Name, Is.EqualTo(expected));
        Assert.That(given.Unused(), Is.Empty);
    }

    [TestCase("ipo_avg", """{ "beta": 0.1, "label_smoothing": 0.1 }""", "IPO has no label_smoothing, and is given 0.1")]
    [TestCase("ipo_avg", """{ "beta": 0.1, "reference_free": true }""", "IPO without a reference is no objective here")]
    [TestCase("dpo", """{ "beta": 0.1, "loss_type": "unheard" }""", "no objective here is unheard")]
    [TestCase("simpo", """{ "beta": 2, "gamma": 1, "gamma_beta_ratio": 0.4 }""", "gamma 1 is not gamma_beta_ratio 0.4 times beta 2")]
    public void What_no_objective_has_is_refused(string loss, string settings, string message) =>
        Assert.That(() => GoldenObjectives.Of(loss, Parse(settings)), Throws.TypeOf<NotSupportedException>().With.Message.Contains(message));

    private static GoldenJson Parse(string json) => new(JsonDocument.Parse(json).RootElement, "");
}
