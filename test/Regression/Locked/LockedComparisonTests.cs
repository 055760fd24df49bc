using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>What a change of a sweep's numbers says, and what is no change.</summary>
public sealed class LockedComparisonTests
{
    private static readonly LockedTable s_curves = new("curves", ["run and step", SweepTables.Loss, SweepTables.Margin],
        [new("DPO step 1", [0.693147, 0]), new("DPO step 2", [0.65, 0.05]), new("SFT step 1", [4.2, double.NaN])]);

    [Test]
    public void Tables_come_back_from_their_text()
    {
        LockedTable[] tables = [s_curves, Metrics([0.1, 0.25])];
        IReadOnlyList<LockedTable> again = LockedTable.Parse(LockedTable.Text(tables));
        Assert.That(again.Select(table => table.Name), Is.EqualTo(tables.Select(table => table.Name)));
        Assert.That(again.SelectMany(table => table.Columns), Is.EqualTo(tables.SelectMany(table => table.Columns)));
        Assert.That(again.SelectMany(table => table.Rows).SelectMany(row => row.Numbers), Is.EqualTo(tables.SelectMany(table => table.Rows).SelectMany(row => row.Numbers)));
        Assert.That(again.SelectMany(table => table.Rows).Select(row => row.Key), Is.EqualTo(tables.SelectMany(table => table.Rows).Select(row => row.Key)));
    }

    [Test]
    public void Rounding_moves_nothing()
    {
        LockedTable rounded = s_curves with { Rows = [new("DPO step 1", [0.6931472, 1e-6]), new("DPO step 2", [0.650005, 0.05001]), new("SFT step 1", [4.2, double.NaN])] };
        Assert.That(LockedComparison.Message([s_curves], [rounded], LockedTolerances.Micro), Is.Null);
    }

    [Test]
    public void A_loss_that_moves_is_named_and_both_tables_stand_side_by_side()
    {
        LockedTable other = s_curves with { Rows = [s_curves.Rows[0], new("DPO step 2", [0.64, 0.05]), s_curves.Rows[2]] };
        Assert.That(LockedComparison.Message([s_curves], [other], LockedTolerances.Micro), Is.EqualTo("""
            these moved further than rounding or sampling explains:
              curves, DPO step 2: loss was 0.65 and is 0.64: moved by 0.01, 1E-05 is allowed

              curves     | verified      || received
                         | loss | margin || loss | margin
              DPO step 1 | 0.693147 | 0  || 0.693147 | 0
            * DPO step 2 | 0.65 | 0.05   || 0.64 | 0.05
              SFT step 1 | 4.2 | -       || 4.2 | -

            """));
    }

    [Test]
    public void A_row_a_column_or_a_table_that_comes_or_goes_is_a_change()
    {
        Assert.That(Change(s_curves with { Rows = [.. s_curves.Rows.Skip(1)] }), Does.Contain("curves, DPO step 1: the row is gone"));
        Assert.That(Change(s_curves with { Rows = [.. s_curves.Rows, new("LN-DPO step 1", [1, 1])] }), Does.Contain("curves, LN-DPO step 1: the row is new"));
        Assert.That(Change(s_curves with { Columns = ["run and step", SweepTables.Loss, "other"] }), Does.Contain("columns were run and step, loss, margin and are run and step, loss, other"));
        Assert.That(Change(s_curves with { Name = "bends" }), Does.Contain("curves: the table is gone").And.Contain("bends: the table is new"));
        Assert.That(Change(s_curves with { Rows = [new("DPO step 1", [double.NaN, 0]), .. s_curves.Rows.Skip(1)] }), Does.Contain("loss was 0.693147 and is -"));
    }

    [Test]
    public void Responses_that_differ_by_the_noise_of_sampling_are_no_change_and_a_shift_of_all_is()
    {
        double[] then = [.. Enumerable.Range(0, 40).Select(prompt => Math.Sin(prompt))], noise = [.. Enumerable.Range(0, 40).Select(prompt => 0.5 * Math.Cos(7 * prompt))];
        double[] noisy = [.. then.Zip(noise, (score, other) => score + other)], shifted = [.. noisy.Select(score => score + 0.5)];
        double[] few = [.. then.Select((score, prompt) => prompt < 2 ? score + 1 : score)], all = [.. then.Select(score => score + 0.001)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Sampled(then, noisy), Is.Null);
            Assert.That(Sampled(then, few), Is.Null, "two prompts answered otherwise");
            Assert.That(Sampled(then, shifted), Does.Contain("metrics, DPO: score was"));
            Assert.That(Sampled(then, all), Does.Contain("metrics, DPO: score was"), "a small shift of every score is no noise");
        }
    }

    [Test]
    public void Where_training_is_stepsa_run_is_judged_by_the_mean_of_its_steps()
    {
        LockedTable steps = Steps(0, 0), noisy = Steps(0.02, 0), shifted = Steps(0.002, 0.02);
        Assert.That(LockedComparison.Message([steps], [noisy], LockedTolerances.Long), Is.Null);
        Assert.That(LockedComparison.Message([steps], [noisy], LockedTolerances.Micro), Does.Contain("curves, SFT step 3: loss was 1 and is"));
        Assert.That(LockedComparison.Message([steps], [shifted], LockedTolerances.Long), Does.Contain("curves, SFT: loss moved by 0.02 over 12 rows"));
        Assert.That(LockedComparison.Message([steps], [steps with { Rows = [new("SFT step 0", [2]), .. steps.Rows.Skip(1)] }], LockedTolerances.Long), Does.Contain("SFT step 0: loss was 1 and is 2"));

        static LockedTable Steps(double noise, double shift) => new("curves", ["run and step", SweepTables.Loss],
            [.. Enumerable.Range(0, 12).Select(step => new LockedRow($"SFT step {step}", [1 + noise * (step % 2 == 0 ? 1 : -1) + shift]))]);
    }

    private static string? Change(LockedTable other) => LockedComparison.Message([s_curves], [other], LockedTolerances.Micro);

    private static string? Sampled(double[] then, double[] now) =>
        LockedComparison.Message([Metrics(then), Responses(then)], [Metrics(now), Responses(now)], LockedTolerances.Micro);

    private static LockedTable Responses(double[] scores) => new(SweepTables.Responses, ["run and prompt", "score"], [.. scores.Select((score, prompt) => new LockedRow($"DPO prompt {prompt}", [score]))]);

    private static LockedTable Metrics(double[] scores) => new(SweepTables.Metrics, ["run", "score"], [new("DPO", [scores.Average()])]);
}
