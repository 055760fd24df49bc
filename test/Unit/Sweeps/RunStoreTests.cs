using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

public class RunStoreTests
{
    private static readonly GridPoint s_point = new("DPO", "DPO-b0.1", [new("Beta", "0.1")]);

    [Test]
    public void Why_a_run_failed_is_kept_until_it_succeeds()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        store.Fail("DPO-1", "the loss is NaN");
        Assert.That(store.Error("DPO-1"), Is.EqualTo("the loss is NaN"));
        using (RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            store.Complete(claim, "DPO-1", Summary(), Record("DPO-1"));
        Assert.That(store.Error("DPO-1"), Is.Null);
        Assert.That(Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName), Is.Empty, "no failure file beside a run that succeeded");
        Assert.That(store.Find("DPO-1")!.Point.Slug, Is.EqualTo("DPO-b0.1"));
    }

    [Test]
    public void A_work_folder_in_which_nothing_was_begun_does_not_stay()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        using (store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            Assert.That(folder.File("DPO-1.work"), Does.Exist);
        Assert.That(folder.File("DPO-1.work"), Does.Not.Exist);

        using (RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            File.WriteAllText(Path.Combine(claim.Folder, "responses.jsonl"), "");
        Assert.That(folder.File("DPO-1.work/responses.jsonl"), Does.Exist, "what was begun is taken up again");
    }

    private static RunSummary Summary() => Summaries.Summarise([new SampleRow
    {
        PromptIndex = 0, Prompt = "p", Chosen = "c", Response = "r", Tokens = [1], Ended = true, Score = 1, ChosenScore = 1, SftScore = 1, PolicyLogProb = -1, SftLogProb = -1, KlK3 = 0,
    }], 1);

    private static RunRecord Record(string id) => new(id, "own", 1, s_point,
        new() { TrainingSeconds = 1, EvaluationSeconds = 1, TokensPerSecond = 1, Environment = new Dictionary<string, string>() });
}
