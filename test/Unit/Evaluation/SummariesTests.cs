using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class SummariesTests
{
    private static readonly SampleRow[] s_rows =
    [
        Rows.Row(0, score: 1, chosen: 0, sft: 2, kl: 4, length: 2),
        Rows.Row(1, score: 2, chosen: 2, sft: 1, kl: 3, length: 3),
        Rows.Row(2, score: 6, chosen: 5, sft: 5, kl: -1, length: 4),
    ];

    [Test]
    public void Each_metric_is_the_mean_over_prompts_of_its_own_number()
    {
        RunSummary summary = Summaries.Summarise(s_rows, seed: 1);

        Assert.Multiple(() =>
        {
            Assert.That(summary.Samples, Is.EqualTo(3));
            Assert.That(summary.MeanScore.Value, Is.EqualTo(3).Within(1e-15));
            Assert.That(summary.MeanLength.Value, Is.EqualTo(3).Within(1e-15));
            Assert.That(summary.MeanKl.Value, Is.EqualTo(2).Within(1e-15));
            Assert.That(summary.MeanKlPerToken.Value, Is.EqualTo((2 + 1 - 0.25) / 3).Within(1e-15));
            Assert.That(summary.WinVsChosen.Value, Is.EqualTo(2 / 3.0).Within(1e-15), "the tie on prompt 1 is not a win");
            Assert.That(summary.WinVsSft.Value, Is.EqualTo(2 / 3.0).Within(1e-15));
        });
    }

    [Test]
    public void Cuts_and_the_estimate_of_KL_that_is_never_negative_are_summed_up_too()
    {
        RunSummary summary = Summaries.Summarise(
            [s_rows[0] with { Ended = false, PromptCut = true }, s_rows[1] with { GoldInputCut = true }, s_rows[2] with { Ended = false, GoldInputCut = true }], seed: 1);
        Assert.That(summary.CutShare.Value, Is.EqualTo(2 / 3.0).Within(1e-15));
        Assert.That(summary.PromptsCutShare.Value, Is.EqualTo(1 / 3.0).Within(1e-15));
        Assert.That(summary.GoldInputsCutShare.Value, Is.EqualTo(2 / 3.0).Within(1e-15));
        Assert.That(summary.MeanKlK3.Value, Is.EqualTo((8 + 4.5 + 0.5) / 3).Within(1e-15));
    }

    [Test]
    public void The_order_of_the_samples_does_not_matter() =>
        Assert.That(Summaries.Summarise([s_rows[2], s_rows[0], s_rows[1]], 7), Is.EqualTo(Summaries.Summarise(s_rows, 7)));

    [Test]
    public void Prompts_of_one_text_are_drawn_together_whatever_the_order_of_the_samples()
    {
        SampleRow[] rows = [.. Enumerable.Range(0, 20).Select(i => Rows.Row(i, Math.Sin(i)) with { Prompt = $"{i / 3}" })];
        RunSummary wanted = Summaries.Summarise(SampleColumns.Of(rows), new Bootstrap(PromptClusters.OfTexts(rows.Select(row => row.Prompt)), 4));
        Assert.That(Summaries.Summarise([.. rows.Reverse()], 4), Is.EqualTo(wanted));
        Assert.That(Summaries.Summarise(rows, 4), Is.EqualTo(wanted));
    }

    [Test]
    public void A_metric_has_the_name_of_its_member_in_the_file_of_a_run()
    {
        SampleRow[] rows = [.. s_rows, Rows.Row(3, score: 0.5, kl: 0.25) with { Ended = false, PromptCut = true }, Rows.Row(4, score: 0.1) with { GoldInputCut = true, PromptCut = true }];
        RunSummary summary = Summaries.Summarise(rows, 1);
        JsonObject file = JsonSerializer.SerializeToNode(summary)!.AsObject();
        Assert.That(SampleMetrics.All.Select(metric => metric.Name), Is.EqualTo(file.Select(member => member.Key).Where(name => name != "samples")));
        Assert.That(SampleMetrics.All.Select(metric => JsonSerializer.SerializeToNode(metric.OfRun(summary))!.ToJsonString()),
            Is.EqualTo(SampleMetrics.All.Select(metric => file[metric.Name]!.ToJsonString())));
    }

    [Test]
    public void The_seed_decides_the_intervals_and_not_the_values()
    {
        SampleRow[] rows = [.. Enumerable.Range(0, 40).Select(i => Rows.Row(i, Math.Sin(i)))];
        RunSummary one = Summaries.Summarise(rows, 1), two = Summaries.Summarise(rows, 2);

        Assert.That(one.MeanScore.Value, Is.EqualTo(two.MeanScore.Value));
        Assert.That(one.MeanScore.Low, Is.Not.EqualTo(two.MeanScore.Low));
        Assert.That(one, Is.EqualTo(Summaries.Summarise(SampleColumns.Of(rows), new Bootstrap(40, 1))));
    }

    [Test]
    public void A_single_prompt_has_an_interval_of_no_width() =>
        Assert.That(Summaries.Summarise([Rows.Row(5, 1.5)], 0).MeanScore, Is.EqualTo(new Estimate(1.5, 1.5, 1.5)));

    [Test]
    public void No_samples_are_refused() =>
        Assert.That(() => Summaries.Summarise([], 0), Throws.TypeOf<InvalidDataException>()
            .With.Message.EqualTo("a run without samples has no metrics: at least one prompt is needed"));

    [Test]
    public void A_prompt_that_is_there_twice_is_named() =>
        Assert.That(() => Summaries.Summarise([Rows.Row(3, 1), Rows.Row(4, 1), Rows.Row(3, 2), Rows.Row(4, 0)], 0),
            Throws.TypeOf<InvalidDataException>()
                .With.Message.EqualTo("prompt_index 3, 4 is there more than once: a run has one sample a prompt"));

    [Test]
    public void Every_unusable_value_is_named() =>
        Assert.That(() => Summaries.Summarise([Rows.Row(1, double.NaN), Rows.Row(2, 0, length: 0), Rows.Row(8, 0, sft: double.NegativeInfinity)], 0),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
                "samples without usable values: prompt_index 1 has score NaN; prompt_index 2 has no tokens (EOS counts as one); "
                + "prompt_index 8 has sft_score -Infinity"));
}
