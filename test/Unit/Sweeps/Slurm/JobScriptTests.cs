using Alignment.Sweeps.Slurm;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Slurm;

public sealed class JobScriptTests
{
    private static readonly SlurmSettings s_plain = new() { Threads = 2, Gpu = false };

    [TestCase(new[] { 0 }, null, "0")]
    [TestCase(new[] { 0, 1, 2, 3 }, null, "0-3")]
    [TestCase(new[] { 0, 2, 3, 7, 8, 9 }, 4, "0,2-3,7-9%4")]
    public void Points_are_written_as_runs(int[] points, int? maxJobs, string text) =>
        Assert.That(JobArray.Of(points, 1001).Single().Text(maxJobs), Is.EqualTo(text));

    [Test]
    public void No_index_is_beyond_what_the_cluster_takes_and_every_point_is_in_one_array()
    {
        int[] points = [.. Enumerable.Range(0, 25).Where(point => point is not (3 or 10))];
        IReadOnlyList<JobArray> arrays = JobArray.Of(points, 10);
        Assert.That(arrays.Select(array => $"{array.First}: {array.Text(null)}"), Is.EqualTo(new[] { "0: 0-2,4-9", "10: 1-9", "20: 0-4" }));
        Assert.That(arrays.SelectMany(array => array.Indices.Select(index => array.First + index)), Is.EqualTo(points));
    }

    [Test]
    public void A_grids_script_asks_for_what_a_user_gave_and_passes_the_index_on()
    {
        SlurmSettings settings = new SlurmSettings { Threads = 6, Gpu = true }.With("a100,h100", "1-12:00:00", 8, "--account=lab --constraint=a100&ib");
        Assert.That(Script(settings).Text(new(Stage.Preference, [0, 1, 2]), new(0, [0, 1, 2])), Is.EqualTo("""
            #!/bin/bash
            #SBATCH --job-name=mine-preference
            #SBATCH --output="/store/a b/slurm/logs/preference-%A_%a.txt"
            #SBATCH --open-mode=append
            #SBATCH --chdir="/home/it's"
            #SBATCH --nodes=1
            #SBATCH --ntasks=1
            #SBATCH --cpus-per-task=6
            #SBATCH --gres=gpu:1
            #SBATCH --array=0-2%8
            #SBATCH --partition=a100,h100
            #SBATCH --time=1-12:00:00
            #SBATCH --signal=B:USR1@180
            #SBATCH --requeue
            #SBATCH --kill-on-invalid-dep=yes
            #SBATCH --account=lab
            #SBATCH --constraint=a100&ib
            # The index names a point of the methods' grids, or a run of the search. A job that is told to stop writes a checkpoint, ends with 75 and is queued again.
            trap '' USR1 # which is met before the program has begun to listen
            export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive DOTNET_GCgen0size=0x8000000
            exec '/usr/bin/dotnet' '/bin/My Tests.dll' stage preference "$SLURM_ARRAY_TASK_ID" 'Recipe=it'\''s $HOME `id`.json' 'Device=cuda:0'

            """));
    }

    [Test]
    public void Beyond_the_largest_index_a_point_is_first_plus_index() => Assert.That(Script(s_plain).Text(new(Stage.Sft, [1001, 1002]), new(1001, [0, 1])),
        Does.Contain(" stage sft \"$((1001 + SLURM_ARRAY_TASK_ID))\" ").And.Contain("#SBATCH --array=0-1\n"));

    [Test]
    public void A_stage_that_only_reads_asks_for_no_GPU_and_runs_on_the_processor()
    {
        string text = Script(new() { Threads = 2, Gpu = true }).Text(new(Stage.Report, null), null);
        Assert.That(text, Does.Not.Contain("--gres").And.Not.Contain("--array").And.Not.Contain("cuda"));
        Assert.That(text, Does.Contain(" stage report 'Recipe=").And.Contain("'Device=cpu'").And.Contain("report-%j.txt"));
    }

    [Test]
    public void Several_ranks_have_processors_and_GPUs_for_all_and_what_only_reads_has_none_of_them()
    {
        SlurmSettings settings = new() { Threads = 6, Gpu = true, Ranks = 4 };
        JobScript script = Script(settings);
        script = script with { Program = script.Program with { Parameters = [.. script.Program.Parameters, new("Ranks", "4")] } };
        Assert.That(script.Text(new(Stage.Sft, [0]), new(0, [0])), Does.Contain("--cpus-per-task=24\n").And.Contain("--gres=gpu:4\n").And.Contain(" 'Ranks=4'"));
        Assert.That(script.Text(new(Stage.Winner, null), null), Does.Contain("--cpus-per-task=6\n").And.Not.Contain("--gres").And.Not.Contain("Ranks"));
    }

    [Test]
    public void What_is_no_option_of_sbatch_is_refused_all_at_once() => Assert.That(
        () => s_plain.With("gpu\n#SBATCH --uid=0", "soon", null, "--mem=64G account=lab --wrap=$(id) --comment=a;b\n#x"), Throws.ArgumentException.With.Message.EqualTo("""
            -p:Partition must be the name of a partition, or names with commas between, was "gpu
            #SBATCH --uid=0"
            -p:TimeLimit must be minutes, hours:minutes:seconds or days-hours, such as 90, 12:00:00 or 2-0, was "soon"
            -p:SbatchOptions must be options such as --account=NAME with blanks between, was "account=lab"
            -p:SbatchOptions must be options such as --account=NAME with blanks between, was "--wrap=$(id)"
            -p:SbatchOptions must be options such as --account=NAME with blanks between, was "--comment=a;b
            #x"
            """));

    [TestCase("90"), TestCase("10:00"), TestCase("12:00:00"), TestCase("2-0"), TestCase("2-12:30:00")]
    public void Time_limits_are_what_sbatch_takes(string limit) => Assert.That(s_plain.With(null, limit, null, null).TimeLimit, Is.EqualTo(limit));

    [TestCase(Stage.Judge, "The judges, ready to score."), TestCase(Stage.Sft, "The index names a point of the SFT grid."), TestCase(Stage.Winner, "The SFT run that every preference run starts from.")]
    [TestCase(Stage.Resample, "Its responses to the training prompts, of which a judge chooses pairs.")]
    [TestCase(Stage.Reference, "Its log-probs of the training pairs."), TestCase(Stage.Report, "Tables, figures and page of what is stored.")]
    public void A_script_says_what_its_jobs_do(object stage, string what) => Assert.That(Script(s_plain).Text(new((Stage)stage, null), null),
        Does.Contain($"\n# {what} A job that is told to stop writes a checkpoint, ends with 75 and is queued again.\n"));

    [Test]
    public void Ranks_have_processors_and_devices_each_and_a_round_of_a_search_has_a_name_of_its_own()
    {
        string text = Script(new() { Threads = 3, Gpu = true, Ranks = 4 }, "/store/100%").Text(new(Stage.Preference, [5], Round: 2), new(0, [5]));
        Assert.That(text, Does.Contain("\n#SBATCH --cpus-per-task=12\n#SBATCH --gres=gpu:4\n").And.Contain("\n#SBATCH --job-name=mine-preference-round2\n")
            .And.Contain("\n#SBATCH --output=\"/store/100%%/logs/preference-round2-%A_%a.txt\"\n"));
    }

    [Test]
    public void A_copy_may_lie_within_the_stores_beside_the_program()
    {
        using var folder = new Alignment.Tests.Unit.Training.TemporaryFolder();
        Directory.CreateDirectory(folder.File("artifacts/sweeps/mine"));
        foreach (string file in new[] { "My.Tests", "artifacts/sweeps/mine/run.json", "artifacts/sweepsnot" })
            File.WriteAllText(folder.File(file), file);
        JobProgram program = Script(s_plain).Program with { Command = [folder.File("My.Tests")] };
        for (int time = 0; time < 2; time++)
        {
            string to = folder.File("artifacts/sweeps/mine/slurm/program");
            Assert.That(program.CopiedTo(to, folder.File("artifacts/sweeps")).Command, Is.EqualTo(new[] { Path.Combine(to, "My.Tests") }));
            Assert.That(Directory.EnumerateFiles(to, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(to, path)), Is.EquivalentTo(new[] { "My.Tests", "artifacts/sweepsnot" }));
        }
    }

    [Test]
    public void Variables_that_the_program_needs_are_set_before_it_begins()
    {
        JobScript script = Script(s_plain);
        script = script with { Program = script.Program with { Variables = [new("ALIGNMENT_LIBTORCH", "/opt/it's torch/lib"), new("ALIGNMENT_LIBTORCH_UNCHECKED", "1")] } };
        Assert.That(script.Text(new(Stage.Report, null), null), Does.Contain("\nexport ALIGNMENT_LIBTORCH='/opt/it'\\''s torch/lib'\nexport ALIGNMENT_LIBTORCH_UNCHECKED='1'\nexec '/usr/bin/dotnet' "));
    }

    [Test]
    public void A_program_is_copied_with_all_that_stands_beside_it_but_the_stores_in_place_of_an_older_copy()
    {
        using var folder = new Alignment.Tests.Unit.Training.TemporaryFolder();
        foreach (string file in new[] { "bin/My Tests.dll", "bin/runtimes/native/lib.so", "bin/artifacts/sweeps/mine/weights/model.safetensors", "copy/old.dll" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(file))!);
            File.WriteAllText(folder.File(file), file);
        }

        JobProgram program = Script(s_plain).Program with { Command = ["dotnet", folder.File("bin/My Tests.dll")] }, copy = program.CopiedTo(folder.File("copy"), folder.File("bin/artifacts/sweeps/"));
        Assert.That(copy.Command, Is.EqualTo(new[] { "dotnet", folder.File("copy/My Tests.dll") }));
        Assert.That(copy with { Command = program.Command }, Is.EqualTo(program));
        Assert.That(Directory.EnumerateFiles(folder.File("copy"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder.Path, path) + " is " + File.ReadAllText(path)),
            Is.EquivalentTo(new[] { "copy/My Tests.dll is bin/My Tests.dll", "copy/runtimes/native/lib.so is bin/runtimes/native/lib.so" }));
    }

    internal static JobScript Script(SlurmSettings settings, string folder = "/store/a b/slurm") => new("mine", folder, settings, new()
    {
        Command = ["/usr/bin/dotnet", "/bin/My Tests.dll"],
        WorkingFolder = "/home/it's",
        Parameters = [new("Recipe", "it's $HOME `id`.json"), new("Device", "cuda:0")],
    });
}
