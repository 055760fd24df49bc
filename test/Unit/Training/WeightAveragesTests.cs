using Alignment.Checkpoints.Safetensors;
using Alignment.Distributed;
using Alignment.Models;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class WeightAveragesTests
{
    private const int Pairs = 20, Steps = 10; // five steps of an epoch, twice

    private static readonly WeightAverage s_two = new(2, 0.5), s_four = new(4, 0.8);

    [TestCase(2, 0.5, 10, "8 10"), TestCase(5, 0.5, 10, "6 7 8 9 10"), TestCase(4, 0.8, 10, "4 6 8 10"), TestCase(3, 1.0, 10, "4 7 10"), TestCase(10, 1.0, 10, "1 2 3 4 5 6 7 8 9 10")]
    [TestCase(3, 0.1, 30, "28 29 30"), TestCase(2, 0.25, 1000003, "875003 1000003"), TestCase(6, 0.5, 10, ""), TestCase(3, 0.29, 10, "")]
    public void Checkpoints_are_evenly_spaced_over_the_last_part_and_end_with_the_last_step(int checkpoints, double over, long steps, string expected) =>
        Assert.That(string.Join(' ', new WeightAverage(checkpoints, over).StepsOf(steps)), Is.EqualTo(expected));

    [Test]
    public void A_mean_is_that_of_the_weights_after_its_steps_and_training_is_what_it_is_without([Values] bool narrow, [Values] bool onHost)
    {
        Precision precision = narrow ? Precision.BFloat16 : Precision.Float32;
        using TemporaryFolder averaged = new(), plain = new();
        SpeedSettings speed = new() { MicroBatch = 4, OptimiserOnHost = onHost };
        Dictionary<long, Dictionary<string, double[]>> after = [];
        using Decoder model = Model(precision), without = Model(precision);
        var goal = new Watched(new PolicyTraining(model, new SftGoal(Micro.Pairs(Pairs)), Settings, speed), (parameters, step) => after[step] = Numbers(parameters.Masters()));
        new Trainer(goal, new() { Folder = averaged.Path, Speed = speed, Averages = [s_two, s_four] }).Train();
        new Trainer(without, new SftGoal(Micro.Pairs(Pairs)), Settings, new() { Folder = plain.Path, Speed = speed }).Train();
        Assert.That(Bits(model), Is.EqualTo(Bits(without)));
        Assert.That(after.Keys, Is.EqualTo(Enumerable.Range(1, Steps)));

        foreach (WeightAverage average in new[] { s_two, s_four })
        {
            Dictionary<string, double[]> expected = Mean([.. average.StepsOf(Steps).Select(step => after[step])]);
            WeightAverages.Give(averaged.Path, average, model.Trained);
            double rounding = precision == Precision.Float32 ? 1e-6 : 1.0 / 256;
            foreach ((string name, double[] numbers) in Numbers(model.Trained))
                foreach ((double mean, double wanted) in numbers.Zip(expected[name]))
                    Assert.That(mean, Is.EqualTo(wanted).Within(rounding * Math.Max(1e-2, Math.Abs(wanted))), $"{average} {name}");
            Assert.That(Bits(model), Is.Not.EqualTo(Bits(without)));
        }
    }

    [Test]
    public void A_run_that_is_stopped_anywhere_ends_with_the_same_means([Range(1, 9)] int after)
    {
        using TemporaryFolder whole = new(), broken = new();
        using (Decoder model = Model())
            Train(model, whole.Path);
        using (Decoder model = Model())
            Assert.That(() => Train(model, broken.Path, stopAfter: after), Throws.InstanceOf<OperationCanceledException>());
        using (Decoder model = Model(seed: 9))
            Train(model, broken.Path);
        Assert.That(Files(broken), Is.EqualTo(Files(whole)));
        Assert.That(Files(whole), Has.Length.EqualTo(2));
    }

    [TestCase(1, 2), TestCase(2, 1), TestCase(3, 2), TestCase(2, 2)]
    public void Any_number_of_ranks_gives_the_bits_of_one_and_goes_on_with_what_others_have_left(int before, int after)
    {
        using TemporaryFolder alone = new(), shared = new();
        string expected = Run(1, alone.Path)[0];
        Assert.That(Run(before, shared.Path, stopAfter: 7), Is.All.EqualTo("stopped"));
        Assert.That(Run(after, shared.Path)[0], Is.EqualTo(expected));
    }

    [Test]
    public void Pieces_that_other_ranks_have_left_go_and_nothing_else_does()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string own = $"{s_two.Part}.safetensors", left = CheckpointPieces.FileName(s_two.Part, 1, 2);
        foreach (string name in new[] { left, CheckpointPieces.FileName(s_four.Part, 1, 2), "steps.jsonl" })
            File.WriteAllText(folder.File(name), "");
        Dictionary<string, Tensor> weights = new() { ["a"] = zeros(3), ["b"] = zeros(2) };
        using var averages = new WeightAverages([s_two], Steps, () => weights);
        averages.Write(folder.Path, new SingleProcess(CPU));
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { own, CheckpointPieces.FileName(s_four.Part, 1, 2), "steps.jsonl" }));
        Assert.That(averages.Bytes, Is.EqualTo((3 + 2) * sizeof(float)));
        using var none = new WeightAverages([s_two], Steps, () => new Dictionary<string, Tensor>());
        none.Write(folder.Path, new SingleProcess(CPU));
        Assert.That(File.Exists(folder.File(own)), Is.False, "a rank without weights leaves no file");
    }

    [Test]
    public void Of_adapters_A_and_B_are_averaged_and_the_weights_below_stay()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Model();
        string below = Bits(model);
        LoraAdapters.Attach(model, new() { Rank = 2, Alpha = 4, Targets = [LoraSettings.AllLinear] }, 3);
        Train(model, folder.Path);
        using (SafetensorsFile file = SafetensorsFile.Open(folder.File($"{s_two.Part}.safetensors")))
            Assert.That(file.Entries.Select(entry => entry.Name), Is.EquivalentTo(model.Trained.Keys));
        string last = string.Join(' ', Numbers(model.Trained).SelectMany(item => item.Value));
        WeightAverages.Give(folder.Path, s_two, model.Trained);
        Assert.That(string.Join(' ', Numbers(model.Trained).SelectMany(item => item.Value)), Is.Not.EqualTo(last));
        Assert.That(Bits(model), Is.EqualTo(below));
    }

    [Test]
    public void Fewer_steps_than_checkpoints_are_refused_before_the_first()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Model();
        var run = new TrainingRun { Folder = folder.Path, Averages = [new(6, 0.5)] };
        Assert.That(() => new Trainer(model, new SftGoal(Micro.Pairs(Pairs)), Settings, run).Train(),
            Throws.ArgumentException.With.Message.StartsWith("6 checkpoints cannot be averaged over 5 of 10 steps"));
    }

    [Test]
    public void Training_leaves_no_tensor_behind()
    {
        Left(); // makes statics
        Assert.That(Left(), Is.Zero);

        static long Left()
        {
            using var folder = new TemporaryFolder();
            using Decoder model = Model();
            DisposeScopeManager.Statistics.Reset();
            Train(model, folder.Path);
            WeightAverages.Give(folder.Path, s_four, model.Trained);
            return DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        }
    }

    private static TrainingSettings Settings => Micro.Settings(batchSize: 4);

    private static Decoder Model(Precision precision = Precision.Float32, ulong seed = 1) => Decoder.Initialised(Micro.Config, seed, Placement.Of(precision, CPU));

    private static void Train(Decoder model, string folder, int? stopAfter = null, ICollectives? ranks = null)
    {
        using var stop = new CancellationTokenSource();
        var run = new TrainingRun
        {
            Folder = folder,
            Averages = [s_two, s_four],
            Speed = new() { MicroBatch = 2, Ranks = ranks ?? new SingleProcess(CPU) },
            Progress = new Immediate<TrainingProgress>(told => CancelAt(told.Step)),
        };
        new Trainer(model, new SftGoal(Micro.Pairs(Pairs)), Settings, run).Train(stop.Token);

        void CancelAt(long step)
        {
            if (step == stopAfter)
                stop.Cancel();
        }
    }

    // of each rank the bits of both means; rank 0 reads them when all have written theirs
    private static string[] Run(int ranks, string folder, int? stopAfter = null)
    {
        return ranks == 1 ? [Of(new SingleProcess(CPU))] : RanksInTurn.Run(ranks, Of);

        string Of(ICollectives own)
        {
            using Decoder model = Model();
            try
            {
                Train(model, folder, stopAfter, own);
            }
            catch (OperationCanceledException)
            {
                return "stopped";
            }

            return own.Rank > 0 ? "" : string.Join('\n', new[] { s_two, s_four }.Select(average =>
            {
                WeightAverages.Give(folder, average, model.Trained);
                return Bits(model);
            }));
        }
    }

    private static string Bits(Decoder model) => string.Join('\n', model.named_parameters().Select(item => $"{item.name} {Convert.ToHexString(item.parameter.detach().bytes)}"));

    private static string[] Files(TemporaryFolder folder) => [.. Directory.GetFiles(folder.Path, "average-*").Order(StringComparer.Ordinal).Select(path => Convert.ToHexString(File.ReadAllBytes(path)))];

    private static Dictionary<string, double[]> Numbers(IReadOnlyDictionary<string, Tensor> weights) => weights.ToDictionary(item => item.Key, item =>
    {
        using var scope = NewDisposeScope();
        return item.Value.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    });

    private static Dictionary<string, double[]> Mean(Dictionary<string, double[]>[] weights) => weights[0].Keys.ToDictionary(name => name,
        name => weights[0][name].Select((_, i) => weights.Average(of => of[name][i])).ToArray());

    // tells what is stepped after each step
    private sealed class Watched(ITrainingGoal goal, Action<ParameterGroups, long> after) : ITrainingGoal
    {
        private ParameterGroups? _parameters;

        public string Name => goal.Name;

        public IReadOnlyList<string> Sources => goal.Sources;

        public TrainingPlan Plan => goal.Plan;

        public IReadOnlyList<ParameterGroup> Parameters => goal.Parameters;

        public long Tokens(int row) => goal.Tokens(row);

        public BatchSums AddGradient(IReadOnlyList<int> batch, Action? gather = null) => goal.AddGradient(batch, gather);

        public IReadOnlyDictionary<string, Tensor> Averaged(ParameterGroups parameters) => goal.Averaged(_parameters = parameters);

        public void EndStep(long step) => after(_parameters!, step);
    }
}
