using Alignment.Evaluation;
using Alignment.Files;
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

    [Test]
    public void Whoever_claims_a_run_takes_away_what_a_write_that_was_killed_has_left()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        Directory.CreateDirectory(folder.File("DPO-1.work"));
        string half = folder.File("DPO-1.work/samples.jsonl.1" + AtomicFile.Partial);
        foreach (string file in new[] { half, folder.File("DPO-1.work/steps.jsonl") })
            File.WriteAllText(file, "1");
        File.SetLastWriteTimeUtc(half, DateTime.UnixEpoch);
        using RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None);
        Assert.That(Directory.GetFiles(claim.Folder).Select(Path.GetFileName), Is.EqualTo(new[] { "steps.jsonl" }));
    }

    [Test]
    public void A_run_that_diverged_has_a_result_and_is_forgotten_when_it_succeeds()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        Assert.That((store.HasDiverged("DPO-1"), store.Error("DPO-1")), Is.EqualTo((false, (string?)null)));
        store.Diverge("DPO-1", "step 3: NaN");
        Assert.That((store.HasDiverged("DPO-1"), store.Error("DPO-1")), Is.EqualTo((true, (string?)"step 3: NaN")));
        store.Fail("DPO-1", "no memory");
        Assert.That(store.Error("DPO-1"), Is.EqualTo("no memory"), "what happened the last time");
        Assert.That(Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "DPO-1.failed.txt", "DPO-1.diverged.txt" }));
        using (RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            store.Complete(claim, "DPO-1", Summary(), Record("DPO-1"));
        Assert.That((store.HasDiverged("DPO-1"), store.Error("DPO-1")), Is.EqualTo((false, (string?)null)));
    }

    [Test]
    public void What_stands_in_a_runs_folder_is_snake_case_JSON_that_is_read_again()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        Assert.That(store.Find("DPO-1"), Is.Null);
        using (RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            store.Complete(claim, "DPO-1", Summary(), Record("DPO-1") with { Weights = "w-1", Responses = "r-1" });
        Assert.That(File.ReadAllText(folder.File("DPO-1/run.json")), Does.StartWith("{\n  \"id\": \"DPO-1\",\n  \"recipe\": \"own\",\n  \"seed\": 1,\n").And.Contains("\"training_seconds\": 1,").And.EndsWith("}\n"));
        Assert.That(File.ReadAllText(folder.File("DPO-1/summary.json")), Does.StartWith("{\n  \"samples\": 1,\n  \"mean_score\": {\n").And.EndsWith("}\n"));
        StoredRun run = store.Find("DPO-1")!;
        Assert.That((run.Id, run.Weights, run.Summary, run.Facts.TrainingSeconds, run.Folder), Is.EqualTo(("DPO-1", "w-1", Summary(), 1.0, folder.File("DPO-1"))));
        Assert.That(store.ResponseFile("s-1"), Is.EqualTo(folder.File("responses/s-1.jsonl")));
    }

    [Test]
    public void A_run_with_the_same_responses_is_found_among_whole_ones()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        foreach ((string id, string responses) in new[] { ("DPO-3", "r-1"), ("DPO-1", "r-0"), ("DPO-2", "r-1") })
            using (RunClaim claim = store.Claim(id, Assert.Fail, CancellationToken.None))
                store.Complete(claim, id, Summary(), Record(id) with { Responses = responses });
        Directory.CreateDirectory(folder.File("locks"));
        Directory.CreateDirectory(folder.File("DPO-0.work"));
        File.Copy(folder.File("DPO-2/run.json"), folder.File("DPO-0.work/run.json"));
        Assert.That((store.WithResponses("r-1")?.Id, store.WithResponses("r-0")?.Id, store.WithResponses("r-2")?.Id), Is.EqualTo(("DPO-2", "DPO-1", (string?)null)));
    }

    [TestCase("run.json", "{ \"id\": 3 }", "damaged at ")]
    [TestCase("summary.json", "null", "damaged at ")]
    [TestCase("summary.json", null, "cannot be read")]
    public void A_damaged_file_is_named_with_the_folder_to_delete(string file, string? text, string what)
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        using (RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            store.Complete(claim, "DPO-1", Summary(), Record("DPO-1"));
        string path = folder.File("DPO-1/" + file);
        File.Delete(path);
        if (text != null)
            File.WriteAllText(path, text);
        Assert.That(() => store.Find("DPO-1"), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{path}: {what}")
            .And.Message.EndsWith($"; delete the folder {folder.File("DPO-1")} to have the run made again"));
    }

    [Test]
    public void A_run_is_worked_on_by_one_and_who_waits_is_told_by_whom()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        List<string> told = [];
        using (RunClaim held = store.TryClaim("DPO-1")!)
        {
            File.WriteAllText(Path.Combine(held.Folder, "samples.jsonl.part"), "");
            Assert.That(store.TryClaim("DPO-1"), Is.Null);
            Assert.That(store.Holder("DPO-1"), Does.StartWith($"process {Environment.ProcessId} on "));
            Assert.That(() => store.Claim("DPO-1", owner =>
            {
                told.Add(owner);
                stop.CancelAfter(500);
            }, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(told, Is.EqualTo(new[] { told[0] }), "once, however long it takes");
        Assert.That(told[0], Does.StartWith($"process {Environment.ProcessId} on "));
        Assert.That(store.Holder("DPO-1"), Is.Null);
        Assert.That(Directory.EnumerateFiles(folder.File("locks")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "DPO-1.lock", "DPO-1.lock.lease" }));
    }

    [Test]
    public void A_lock_that_nobody_has_signed_is_another_process_s_and_one_whose_lease_cannot_be_written_is_free_again()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("locks/DPO-1.lock");
        List<string> told = [];
        using var stop = new CancellationTokenSource();
        using (RunLock.TryTake(folder.File("locks/other.lock"), TimeProvider.System))
        using (new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            Assert.That(() => RunLock.Take(path, TimeProvider.System, owner =>
            {
                told.Add(owner);
                stop.Cancel();
            }, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(told, Is.EqualTo(new[] { "another process" }));

        Directory.CreateDirectory(LeaseFile.Of(path, 1));
        Assert.That(() => RunLock.TryTake(path, TimeProvider.System), Throws.InstanceOf<Exception>());
        Directory.Delete(LeaseFile.Of(path, 1));
        using RunLock? held = RunLock.TryTake(path, TimeProvider.System);
        Assert.That(held, Is.Not.Null);
    }

    [Test]
    public void Before_a_run_takes_its_place_its_lock_is_asked_for_once_more()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        using RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None);
        Assert.That(LeaseFile.All(folder.File("locks/DPO-1.lock")).Single().Text, Does.StartWith("beat 0\n"));
        store.Complete(claim, "DPO-1", Summary(), Record("DPO-1"));
        Assert.That(LeaseFile.All(folder.File("locks/DPO-1.lock")).Single().Text, Does.Match(@"^beat [1-9]\d*\n"));
    }

    [Test]
    public void A_finished_run_has_no_work_folder_made_for_it()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        using (RunClaim claim = store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            store.Complete(claim, "DPO-1", Summary(), Record("DPO-1"));
        using (store.Claim("DPO-1", Assert.Fail, CancellationToken.None))
            Assert.That(folder.File("DPO-1.work"), Does.Not.Exist);
    }

    [Test]
    public void What_the_dead_have_left_is_removed_and_told()
    {
        using var folder = new TemporaryFolder();
        var store = new RunStore(folder.Path, TimeProvider.System);
        string part = folder.File("DPO-1.work/samples.jsonl" + Alignment.Files.AtomicFile.Partial), held = folder.File("locks/DPO-1.lock");
        Directory.CreateDirectory(folder.File("DPO-1.work"));
        Directory.CreateDirectory(folder.File("locks"));
        File.WriteAllText(part, "half");
        File.SetLastWriteTimeUtc(part, DateTime.UnixEpoch);
        File.WriteAllText(LeaseFile.Of(held, 1), LeaseFile.Content(3, LeaseOwner.This(TimeProvider.System) with { Started = 1 }));
        Assert.That(store.RemoveLeftovers(), Is.EqualTo(new[]
        {
            $"removed {Path.GetRelativePath(folder.Path, part)}, which a killed process left", "freed locks/DPO-1.lock, which a killed process held",
        }));
        Assert.That(store.RemoveLeftovers(), Is.Empty);
    }

    internal static RunSummary Summary() => Summaries.Summarise([new SampleRow
    {
        PromptIndex = 0, Prompt = "p", Chosen = "c", Response = "r", Tokens = [1], Ended = true, Score = 1, ChosenScore = 1, SftScore = 1, PolicyLogProb = -1, SftLogProb = -1, KlK3 = 0,
    }], 1);

    internal static RunRecord Record(string id) => new(id, "own", 1, s_point,
        new() { TrainingSeconds = 1, EvaluationSeconds = 1, TokensPerSecond = 1, Environment = new Dictionary<string, string>() });
}
