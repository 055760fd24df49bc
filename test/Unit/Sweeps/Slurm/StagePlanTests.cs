using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Sweeps.Slurm;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Slurm;

public sealed class StagePlanTests
{
    private static readonly Recipe s_recipe = Of(SweepFolder.Recipe
        .Replace("\"learningRate\": [1e-3], \"batchSize\": 8 }", "\"learningRate\": [1e-3, 2e-3], \"batchSize\": 8 }", StringComparison.Ordinal)
        .Replace("\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.1] }, \"SimPO\": { \"beta\": [2, 3], \"gammaBetaRatio\": [0.5] }", StringComparison.Ordinal));

    [Test]
    public void A_new_sweep_needs_every_stage_and_every_point() => Assert.That(Lines(s_recipe, []),
        Is.EqualTo(new[] { "judge", "sft 0,1", "winner", "reference", "preference 0,1,2", "report" }));

    [Test]
    public void What_is_stored_is_not_asked_for() => Assert.That(Lines(s_recipe, ["SFT-lr1e-3-e1", "SFT-lr2e-3-e1", "SimPO-b2-r0.5-lr1e-3-e1"]),
        Is.EqualTo(new[] { "judge", "reference", "preference 0,2", "report" }));

    [Test]
    public void A_training_and_its_averages_are_one_job()
    {
        Recipe averaged = Of(SweepFolder.Recipe.Replace("\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.1, 0.2], \"averages\": [2, 4] }", StringComparison.Ordinal));
        Assert.That(Lines(averaged, ["SFT-lr1e-3-e1"]), Is.EqualTo(new[] { "judge", "reference", "preference 0,3", "report" }));
        Assert.That(Lines(averaged, ["SFT-lr1e-3-e1", "DPO-b0.1-lr1e-3-e1", "DPO-b0.1-lr1e-3-e1-avg2"]), Is.EqualTo(new[] { "judge", "reference", "preference 2,3", "report" }));
    }

    [Test]
    public void Methods_without_a_reference_need_no_pass_for_one() => Assert.That(Lines(s_recipe, ["SFT-lr1e-3-e1", "DPO-b0.1-lr1e-3-e1"]),
        Is.EqualTo(new[] { "judge", "sft 1", "winner", "preference 1,2", "report" }));

    [Test]
    public void Of_a_finished_sweep_only_the_report_is_written_again() =>
        Assert.That(StagePlan.Of(s_recipe, _ => true).Select(Line), Is.EqualTo(new[] { "report" }));

    [Test]
    public void Without_SFT_the_policy_itself_is_a_point()
    {
        Recipe start = Of(SweepFolder.Recipe.Replace("\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3], \"batchSize\": 8 },", "", StringComparison.Ordinal));
        Assert.That(Lines(start, []), Is.EqualTo(new[] { "judge", "sft 0", "winner", "reference", "preference 0", "report" }));
    }

    [Test]
    public void A_round_on_policy_is_sampled_before_anything_reads_its_pairs_and_only_where_one_of_its_points_is_left()
    {
        Recipe round = Of(SweepFolder.Recipe.Replace("\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"resample\": { \"responses\": 2, \"judge\": { \"folder\": \"other\", \"maxLength\": 64 } }", StringComparison.Ordinal));
        Assert.That(Lines(round, []), Is.EqualTo(new[] { "judge", "sft 0", "winner", "resample", "reference", "preference 0,1", "report" }));
        Assert.That(Lines(round, ["SFT-lr1e-3-e1", "DPO-b0.1-lr1e-3-e1"]), Is.EqualTo(new[] { "judge", "resample", "reference", "preference 1", "report" }));
        Assert.That(Lines(round, ["SFT-lr1e-3-e1", "DPO-onpolicy-b0.1-lr1e-3-e1"]), Is.EqualTo(new[] { "judge", "reference", "preference 0", "report" }));
        Assert.That(StagePlan.Of(round, _ => false).Single(stage => stage.Stage == Stage.Resample) is { NeedsDevice: true, TakesFailures: false });
    }

    [Test]
    public void The_rounds_of_a_search_follow_each_other_and_a_run_that_failed_stops_none()
    {
        Recipe search = Of(SweepFolder.Recipe.Replace("\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.01, 0.03, 0.1, 0.3] }, \"SimPO\": { \"beta\": [2, 2.5, 3, 4], \"gammaBetaRatio\": [0.5] }", StringComparison.Ordinal)
            .Replace("\"testPrompts\": 4", "\"testPrompts\": 4, \"search\": { \"runs\": 7 }", StringComparison.Ordinal));
        int[] sizes = [.. Sweep.Rounds(search).Select(round => round.Count)];
        Assert.That((sizes.Sum(), sizes.Length), Is.EqualTo((7, 2)));
        Assert.That(Lines(search, []), Is.EqualTo(new[] { "judge", "sft 0", "winner", "reference", Round(0, sizes[0]), Round(sizes[0], sizes[1]), "report" }));
        IReadOnlyList<PlannedStage> stages = StagePlan.Of(search, _ => false);
        Assert.That(stages.Where(stage => stage.Stage == Stage.Preference).Select(stage => $"{stage.FileName} {stage.TakesFailures}"),
            Is.EqualTo(new[] { "preference False", "preference-round2 True" }));
        Assert.That(StagePlan.Of(search, point => SweepSearch.NumberOf(point) is not (6 or 7)).Select(Line), Is.EqualTo(new[] { "judge", "reference", "preference 5,6", "report" }));

        static string Round(int first, int count) => $"preference {string.Join(',', Enumerable.Range(first, count))}";
    }

    [Test]
    public void What_a_search_may_pick_decides_whether_there_is_a_reference_pass()
    {
        Recipe search = Of(SweepFolder.Recipe.Replace("\"DPO\": { \"beta\": [0.1] }", "\"SimPO\": { \"beta\": [2, 3, 4], \"gammaBetaRatio\": [0.5] }, \"DPO\": { \"beta\": [0.1] }", StringComparison.Ordinal)
            .Replace("\"testPrompts\": 4", "\"testPrompts\": 4, \"search\": { \"runs\": 2 }", StringComparison.Ordinal));
        Assert.That(Lines(search, []), Is.EqualTo(new[] { "judge", "sft 0", "winner", "reference", "preference 0,1", "report" }));
        Assert.That(StagePlan.Of(search, point => point.Method != Grid.Sft).Select(Line), Is.EqualTo(new[] { "judge", "sft 0", "winner", "report" }));
    }

    [Test]
    public void Winner_and_report_begin_after_failures_too_and_the_stages_that_only_read_need_no_device()
    {
        IReadOnlyList<PlannedStage> all = StagePlan.Of(s_recipe, _ => false);
        Assert.That(all.Where(stage => stage.TakesFailures).Select(stage => stage.Name), Is.EqualTo(new[] { "winner", "report" }));
        Assert.That(all.Where(stage => !stage.NeedsDevice).Select(stage => stage.Name), Is.EqualTo(new[] { "winner", "report" }));
    }

    internal static Recipe Of(string text) => RecipeFile.Parse(text, "/recipes/own.json");

    private static IEnumerable<string> Lines(Recipe recipe, string[] stored) => StagePlan.Of(recipe, point => stored.Contains(point.Slug)).Select(Line);

    private static string Line(PlannedStage stage) => stage.Points == null ? stage.Name : $"{stage.Name} {string.Join(',', stage.Points)}";
}
