using Alignment.Sweeps.Slurm;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Slurm;

/// <summary>Submission against commands that answer as Slurm's do; test/Slurm has the real ones.</summary>
[NonParallelizable]
public sealed class SubmissionTests
{
    private static readonly PlannedStage[] s_stages =
        [new(Stage.Judge, null), new(Stage.Sft, [0, 1]), new(Stage.Winner, null), new(Stage.Reference, null), new(Stage.Preference, [.. Enumerable.Range(0, 25)]), new(Stage.Report, null)];

    private readonly List<string> _log = [], _submitted = [], _asked = [];
    private string _config = "", _queue = "";
    private bool _isThere = true, _refuses;
    private TemporaryFolder _folder = null!;

    private SlurmTools Slurm => new(Answer);

    [SetUp]
    public void Begin()
    {
        _folder = new();
        (_isThere, _refuses, _queue, _config) = (true, false, "", "MaxArraySize            = 1001\nRequeueExit             = (null)\n");
        _log.Clear();
        _submitted.Clear();
    }

    [TearDown]
    public void End() => _folder.Dispose();

    [Test]
    public void Each_stage_waits_for_the_one_before_it_and_the_report_for_its_end()
    {
        Submission(null).Submit(s_stages);
        Assert.That(_submitted, Is.EqualTo(new[]
        {
            "judge.sh", "sft.sh --dependency=afterok:1", "winner.sh --dependency=afterany:2", "reference.sh --dependency=afterok:3",
            "preference.sh --dependency=afterok:4", "report.sh --dependency=afterany:5",
        }));
        Assert.That(SubmittedJobs.Read(_folder.Path)!.Stages.Select(stage => $"{stage.Stage} {stage.Job} {stage.Count}"),
            Is.EqualTo(new[] { "judge 1 1", "sft 2 2", "winner 3 1", "reference 4 1", "preference 5 25", "report 6 1" }));
        Assert.That(_log[1], Is.EqualTo("job 2: sft, 2 job(s) of 2, afterok:1"));
    }

    [TestCase(null, "preference-10.sh --dependency=afterok:4", "preference-20.sh --dependency=afterok:4", TestName = "A grid larger than an array is several arrays")]
    [TestCase(3, "preference-10.sh --dependency=afterok:4,afterany:5", "preference-20.sh --dependency=afterok:4,afterany:6", TestName = "Several arrays one after another keep MaxJobs")]
    public void A_grid_larger_than_an_array_is_several_arrays(int? maxJobs, string second, string third)
    {
        _config = "MaxArraySize = 10\n";
        Submission(maxJobs).Submit(s_stages);
        Assert.That(_submitted[4..], Is.EqualTo(new[] { "preference.sh --dependency=afterok:4", second, third, "report.sh --dependency=afterany:5:6:7" }));
        Assert.That(_log[5], Does.StartWith("job 6: preference, ").And.EndsWith(maxJobs == null ? ", afterok:4" : ", afterok:4, afterany:5"));
    }

    [Test]
    public void A_dry_run_submits_nothing_and_prints_every_script_with_Slurms_verdict()
    {
        Submission(null).Print(s_stages);
        Assert.That(_submitted, Is.Empty);
        Assert.That(_log.Where(line => !line.StartsWith('#')), Has.Exactly(6).Items.And.All.EndsWith(": Job 9 to start at 10:00 on nodes n1"));
        Assert.That(_log.Where(line => line.StartsWith('#')), Has.Exactly(6).Items);
        Assert.That(SubmittedJobs.Read(_folder.Path), Is.Null);

        _isThere = false;
        _log.Clear();
        Submission(null).Print([new(Stage.Report, null)]);
        Assert.That(_log[0], Does.EndWith("report.sh (1 job): not checked: no Slurm answers here"));
    }

    [Test]
    public void A_script_that_Slurm_refuses_keeps_all_of_them_from_being_submitted()
    {
        _refuses = true;
        Assert.That(() => Submission(null).Submit(s_stages), Throws.InvalidOperationException.With.Message.EqualTo($"sbatch refuses {_folder.File("report.sh")}: invalid partition specified: nine"));
        Assert.That(_submitted, Is.Empty);
    }

    [Test]
    public void Jobs_of_the_last_submission_that_are_still_there_keep_the_next_one_out()
    {
        Submission(null).Submit(s_stages);
        _queue = "5 RUNNING\n5 PENDING\n6 PENDING\n77 RUNNING\n";
        Assert.That(() => Alignment.Sweeps.Slurm.Submission.Require(_folder.Path, Slurm), Throws.InvalidOperationException.With.Message.EqualTo(
            "3 jobs of the last submission are still queued or running: -t:Status shows them; scancel 5 6 ends them"));
        _queue = "77 RUNNING\n";
        Assert.That(() => Alignment.Sweeps.Slurm.Submission.Require(_folder.Path, Slurm), Throws.Nothing);
        _isThere = false;
        Assert.That(() => Alignment.Sweeps.Slurm.Submission.Require(_folder.Path, Slurm), Throws.InvalidOperationException.With.Message.StartsWith("no Slurm answers here"));
        File.WriteAllText(_folder.File("jobs.json"), "{");
        Assert.That(() => SubmittedJobs.Read(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{_folder.File("jobs.json")}: not the list of submitted jobs"));
    }

    [TestCase("MaxArraySize            = 5001\nRequeueExit             = 75", 5001)]
    [TestCase("MaxArraySize = 0", 1001)]
    [TestCase("MaxArraySize = 1", 1001)]
    [TestCase("MaxArraySize = 2", 2)]
    [TestCase("OtherMaxArraySize = 7", 1001)]
    [TestCase("", 1001)]
    public void The_clusters_configuration_says_how_large_an_array_is(string config, int size)
    {
        _config = config;
        Assert.That(Slurm.ArraySize(), Is.EqualTo(size));
    }

    [Test]
    public void What_is_printed_is_the_script_that_would_be_submitted_with_the_number_of_its_jobs()
    {
        _config = "MaxArraySize = 2\n";
        Submission(null).Print([new(Stage.Sft, [0, 2, 3])]);
        Assert.That(_log.Where(line => !line.StartsWith('#')), Is.EqualTo(new[]
        {
            $"{_folder.File("sft.sh")} (1 job(s) of 3): Job 9 to start at 10:00 on nodes n1", $"{_folder.File("sft-2.sh")} (2 job(s) of 3): Job 9 to start at 10:00 on nodes n1",
        }));
        Assert.That(new[] { "sft.sh", "sft-2.sh" }.Select(name => File.ReadAllText(_folder.File(name))), Is.EqualTo(_log.Where(line => line.StartsWith('#'))));
        Assert.That(Directory.Exists(_folder.File("logs")));
    }

    [Test]
    public void A_list_of_jobs_is_JSON_in_snake_case_and_a_damaged_one_says_where()
    {
        Submission(null).Submit([new(Stage.Judge, null)]);
        Assert.That(File.ReadAllText(_folder.File("jobs.json")), Is.EqualTo("{\n  \"stages\": [\n    {\n      \"stage\": \"judge\",\n      \"job\": \"1\",\n      \"count\": 1\n    }\n  ]\n}\n"));
        Assert.That(_log, Is.EqualTo(new[] { "job 1: judge, 1 job" }));
        foreach (string damaged in new[] { "null", "{}", "{ \"stages\": 3 }" })
        {
            File.WriteAllText(_folder.File("jobs.json"), damaged);
            Assert.That(() => SubmittedJobs.Read(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{_folder.File("jobs.json")}: not the list of submitted jobs, damaged at ")
                .And.Message.EndsWith("; delete it where none of them is queued any more"));
        }
    }

    [Test]
    public void Who_is_no_job_is_not_queued_again_and_without_Slurm_nothing_is_submitted()
    {
        string? job = Environment.GetEnvironmentVariable("SLURM_JOB_ID");
        try
        {
            foreach ((string? id, bool isQueued) in new[] { (null, false), ("", false), ("41", true), ("13", false) })
            {
                Environment.SetEnvironmentVariable("SLURM_JOB_ID", id);
                Assert.That(Slurm.Requeue(), Is.EqualTo(isQueued), id ?? "none");
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable("SLURM_JOB_ID", job);
        }

        _isThere = false;
        Assert.That((Slurm.Queue().Count, Slurm.ArraySize(), Slurm.AreThere, SlurmTools.OnPath.Queue().Count(queued => queued.Job.Length == 0)), Is.EqualTo((0, 1001, false, 0)));
        Assert.That(() => Slurm.Submit("a.sh", []), Throws.InvalidOperationException.With.Message.EqualTo("sbatch refuses a.sh: there is no sbatch on the PATH"));
    }

    [Test]
    public void The_queue_is_asked_for_the_users_jobs_one_by_one_and_other_lines_are_passed_over()
    {
        _queue = "5 RUNNING\n\nslurm_load_jobs error: too many words\n  6   PENDING  \n";
        Assert.That(Slurm.Queue(), Is.EqualTo(new[] { new QueuedJob("5", "RUNNING"), new QueuedJob("6", "PENDING") }));
        Assert.That(_asked[^1], Is.EqualTo($"squeue --noheader --array --user={Environment.UserName} --format=%F %T"));
        Slurm.ArraySize();
        Assert.That(_asked[^1], Is.EqualTo("scontrol show config"));
    }

    [Test]
    public void Commands_on_the_path_are_run_with_what_they_print_and_their_exit_code()
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        File.WriteAllText(_folder.File("sbatch"), "#!/bin/sh\necho \"$@\" >&2\ncase $1 in --version) exit 0;; --parsable) echo '77;c'; exit 0;; esac\nexit 3\n");
        using (var chmod = System.Diagnostics.Process.Start("chmod", ["+x", _folder.File("sbatch")]))
            chmod.WaitForExit();
        try
        {
            Environment.SetEnvironmentVariable("PATH", $"{_folder.Path}:{path}");
            Assert.That(SlurmTools.OnPath.AreThere, Is.True);
            Assert.That(SlurmTools.OnPath.Submit("a b.sh", ["--time=1"]), Is.EqualTo("77"));
            Assert.That(() => SlurmTools.OnPath.Test("a b.sh"), Throws.InvalidOperationException.With.Message.EqualTo("sbatch refuses a b.sh: --test-only a b.sh"));
            File.Delete(_folder.File("sbatch"));
            Environment.SetEnvironmentVariable("PATH", _folder.Path);
            Assert.That(SlurmTools.OnPath.AreThere, Is.False);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    private Submission Submission(int? maxJobs) => new(JobScriptTests.Script(new SlurmSettings { Threads = 1, Gpu = false }.With(null, null, maxJobs, null), _folder.Path), Slurm, _log.Add);

    private ToolAnswer? Answer(string name, IReadOnlyList<string> arguments)
    {
        _asked.Add($"{name} {string.Join(' ', arguments)}");
        if (!_isThere)
            return null;
        switch (name, arguments[0])
        {
            case ("sbatch", "--version"):
                return new(0, "slurm 23.11.4\n", "");
            case ("sbatch", "--test-only"):
                return _refuses && arguments[1].EndsWith("report.sh", StringComparison.Ordinal) ? new(1, "", "sbatch: error: invalid partition specified: nine\n")
                    : new(0, "", "sbatch: Job 9 to start at 10:00 on nodes n1\n");
            case ("sbatch", "--parsable"):
                _submitted.Add(string.Join(' ', arguments.Skip(1).Prepend(Path.GetFileName(arguments[^1])).SkipLast(1)));
                return new(0, $"{_submitted.Count};cluster\n", "");
            case ("scontrol", "show"):
                return new(0, _config, "");
            case ("scontrol", "requeue"):
                return new(arguments[1] == "41" ? 0 : 1, "", "");
            case ("squeue", _):
                return new(0, _queue, "");
            default:
                throw new ArgumentException(name);
        }
    }
}
