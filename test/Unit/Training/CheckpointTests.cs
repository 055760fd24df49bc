using Alignment.Distributed;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class CheckpointTests
{
    private static readonly CheckpointState s_state = new() { Goal = "SFT", Rows = 20, Steps = 6, Seed = 3, Step = 2, Tokens = 100, Seconds = 1.5 };

    private static readonly SingleProcess s_alone = new(CPU);

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void The_newest_step_is_read_and_the_older_ones_are_gone()
    {
        Save(s_state, [1, 2]);
        Save(s_state with { Step = 11 }, [3, 4]);

        (CheckpointState? state, float[] numbers) = Load(2);
        Assert.That((state, numbers), Is.EqualTo((s_state with { Step = 11 }, new float[] { 3, 4 })));
        Assert.That(Directory.GetDirectories(_folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "checkpoint-00000011" }));
    }

    [Test]
    public void Of_two_that_a_killed_run_left_the_newer_one_is_read()
    {
        using TemporaryFolder older = new();
        foreach ((long step, float number) in new[] { (9L, 1f), (10L, 2f), (11L, 3f) })
        {
            Save(s_state with { Step = step }, [number, 0]);
            Directory.Move(_folder.File($"checkpoint-{step:D8}"), older.File($"checkpoint-{step:D8}"));
        }

        foreach (string checkpoint in Directory.GetDirectories(older.Path))
            Directory.Move(checkpoint, _folder.File(Path.GetFileName(checkpoint)));
        Directory.CreateDirectory(_folder.File("checkpoint-00000012.partial"));
        (CheckpointState? state, float[] numbers) = Load(2);
        Assert.That((state, numbers), Is.EqualTo((s_state with { Step = 11 }, new float[] { 3, 0 })));
    }

    [Test]
    public void A_step_saved_again_takes_the_place_of_the_first_and_of_what_a_killed_run_left()
    {
        Save(s_state, [1, 2]);
        Directory.CreateDirectory(_folder.File("checkpoint-00000002.partial/rest"));
        File.WriteAllText(_folder.File("checkpoint-00000002.partial/optimiser.safetensors"), "half");
        File.WriteAllText(_folder.File("checkpoint-00000002/old"), "");
        Directory.CreateDirectory(_folder.File("checkpoint-00000002/deeper"));

        Save(s_state, [5, 6]);
        Assert.That(Load(2).Numbers, Is.EqualTo(new float[] { 5, 6 }));
        Assert.That(Directory.GetFileSystemEntries(_folder.File("checkpoint-00000002")).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "state.json", "weights.safetensors" }));
    }

    [TestCase("null", "null")]
    [TestCase("{\"goal\":", "")]
    [TestCase("{\"goal\":\"SFT\"}", "")]
    public void A_damaged_state_is_named(string json, string end)
    {
        Save(s_state, [1, 2]);
        string path = _folder.File("checkpoint-00000002/state.json");
        File.WriteAllText(path, json);
        Assert.That(() => Load(2), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{path}: not the state of a checkpoint: {end}").And.Message.EndsWith(end));
    }

    [Test]
    public void Weights_of_another_shape_or_type_are_refused_with_both()
    {
        Save(s_state, [1, 2]);
        string path = _folder.File("checkpoint-00000002/weights.safetensors");
        Assert.That(() => Load(3), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: w is Float32 [2], the model has Float32 [3]"));
        using Tensor matrix = zeros(1, 2, dtype: ScalarType.Float64);
        Assert.That(() => Checkpoint.Load(_folder.Path, s_state, Parts(matrix), s_alone),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: w is Float32 [2], the model has Float64 [1, 2]"));
    }

    [Test]
    public void Without_a_folder_or_a_checkpoint_there_is_nothing_to_go_on_from()
    {
        Assert.That(Load(2), Is.EqualTo(((CheckpointState?)null, new float[] { 0, 0 })));
        using Tensor weights = zeros(2);
        Assert.That(Checkpoint.Load(_folder.File("none"), s_state, Parts(weights), s_alone), Is.Null);
    }

    [Test]
    public void Ranks_write_a_checkpoint_together_whoever_is_first([Values] bool lastFirst)
    {
        Save(s_state, [1, 2]);
        Directory.CreateDirectory(_folder.File("checkpoint-00000011.partial/rest"));
        string run = _folder.File("new");
        foreach (string folder in new[] { _folder.Path, run })
        {
            RanksInTurn.Run(3, own =>
            {
                using Tensor piece = tensor(new[] { own.Rank + 0.5f });
                Checkpoint.Save(folder, s_state with { Step = 11 }, Pieces(own.Rank, piece), own);
                return own.Rank;
            }, lastFirst);
            Assert.That(Directory.GetFileSystemEntries(folder, "checkpoint*").Select(Path.GetFileName), Is.EqualTo(new[] { "checkpoint-00000011" }));
            Assert.That(Directory.GetFileSystemEntries(Path.Combine(folder, "checkpoint-00000011")).Select(Path.GetFileName),
                Is.EquivalentTo(new[] { "state.json", "weights.00000.safetensors", "weights.00001.safetensors", "weights.00002.safetensors" }));
        }
        float[] read = RanksInTurn.Run(3, own =>
        {
            using Tensor piece = zeros(1);
            CheckpointState? state = Checkpoint.Load(run, s_state, Pieces(own.Rank, piece), own);
            Assert.That(state, Is.EqualTo(s_state with { Step = 11 }));
            if (own.Rank == (lastFirst ? 2 : 0))
                Directory.Delete(run, recursive: true); // all have read it
            return piece.item<float>();
        }, lastFirst);
        Assert.That(read, Is.EqualTo(new[] { 0.5f, 1.5f, 2.5f }));
        Assert.That(RanksInTurn.Run(2, own => Checkpoint.Load(run, s_state, Pieces(own.Rank, zeros(1)), own), lastFirst), Is.All.Null);

        static Dictionary<string, IReadOnlyDictionary<string, Tensor>> Pieces(int rank, Tensor piece) =>
            new() { ["weights"] = new Dictionary<string, Tensor> { [CheckpointPieces.Key("w", rank)] = piece } };
    }

    [Test]
    public void A_checkpoint_is_due_after_its_time_or_its_steps_and_once_a_step()
    {
        SteppedClock clock = new();
        CheckpointTimer timer = new(clock, new() { CheckpointEvery = TimeSpan.FromSeconds(20), CheckpointEverySteps = 5 }, bytes: 0);
        Assert.That(timer.Due(0), Is.False);
        Assert.That((timer.Due(4), timer.Due(5), timer.Due(6)), Is.EqualTo((false, true, false)));

        clock.Now = TimeSpan.FromSeconds(20);
        Assert.That(timer.Due(6), Is.True);
        timer.Save(6, () => { });
        Assert.That((timer.Due(6), timer.Due(7), timer.Due(10)), Is.EqualTo((false, false, true)));
        clock.Now = TimeSpan.FromSeconds(39.9);
        Assert.That(timer.Due(7), Is.False);
        clock.Now = TimeSpan.FromSeconds(40);
        Assert.That((timer.Due(6), timer.Due(7)), Is.EqualTo((false, true)));
    }

    private void Save(CheckpointState state, float[] numbers)
    {
        using Tensor weights = tensor(numbers);
        Checkpoint.Save(_folder.Path, state, new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            ["weights"] = new Dictionary<string, Tensor> { ["w"] = weights },
            ["goal"] = new Dictionary<string, Tensor>(),
        }, s_alone);
    }

    private (CheckpointState? State, float[] Numbers) Load(int length)
    {
        using Tensor weights = zeros(length);
        return (Checkpoint.Load(_folder.Path, s_state with { Step = 0, Tokens = 0, Seconds = 0 }, Parts(weights), s_alone), Micro.Numbers(weights));
    }

    private static Dictionary<string, IReadOnlyDictionary<string, Tensor>> Parts(Tensor weights) =>
        new() { ["weights"] = new Dictionary<string, Tensor> { ["w"] = weights }, ["goal"] = new Dictionary<string, Tensor>() };
}
