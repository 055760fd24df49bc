using System.Text.Json;
using Alignment.Data;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>One run of dpo-trajectory.json by the library's own reference pass and <see cref="Trainer"/>, from the golden Phi-3.</summary>
internal sealed class Trajectory : IDisposable
{
    private readonly ILanguageModel _model = GoldenPhi3.Load();
    private readonly RecordingGoal _goal;
    private readonly TrainingSettings _settings;
    private readonly List<double> _norms = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("alignment-").FullName;
    private readonly SpeedSettings _speed;
    private readonly ReferenceLogProbs _reference;
    private readonly TokenizedPair[] _pairs;
    private readonly int _differentPairs;

    public Trajectory(GoldenJson golden, GoldenJson run, ScalarType type)
    {
        GoldenJson config = run["config"];
        _model.Module.to(type);
        (_settings, int steps, int micro) = Settings(config);
        _speed = new() { MicroBatch = micro };
        Objective objective = GoldenObjectives.Of(config["method"].Text, config);
        if (config.Unused().ToArray() is { Length: > 0 } unknown)
            throw new NotSupportedException($"dpo-trajectory.json: no setting here is {string.Join(", ", unknown)}");
        _differentPairs = golden["pairs"].Items.Count;
        _pairs = InTrainingOrder(golden, steps * _settings.BatchSize);
        _reference = ReferencePass.Compute(_model, _pairs, _speed);
        _goal = new(new PreferenceGoal(objective, _pairs, objective.NeedsReference ? _reference : null));
    }

    public IReadOnlyList<TrainedStep> Steps { get; private set; } = [];

    public IEnumerable<(string Name, Tensor Value)> Parameters => _model.Module.named_parameters().Select(item => (item.name, (Tensor)item.parameter));

    public void Train()
    {
        var run = new TrainingRun { Folder = _folder, Speed = _speed, Progress = new Told(_ => _norms.Add(ParameterNorm())) };
        new Trainer(_model, _goal, _settings, run).Train();
        int parts = _settings.BatchSize / _speed.MicroBatch;
        Steps = [.. File.ReadLines(Path.Combine(_folder, "steps.jsonl")).Select((line, i) =>
            new TrainedStep(JsonDocument.Parse(line).RootElement, _norms[i], _goal.Seen.GetRange(i * parts, parts)))];
    }

    /// <summary>Which of the file's pairs a step takes: in their order, beginning anew after the last.</summary>
    public IEnumerable<int> PairIndices(int step) => Enumerable.Range(step * _settings.BatchSize, _settings.BatchSize).Select(place => place % _differentPairs);

    /// <summary>Log-probs of a step's responses under the reference: sums, or means over their tokens.</summary>
    public double[] Reference(int step, bool chosen, bool sums) =>
    [
        .. TrainingPlan.Order(_pairs.Length, 0, 0).Skip(step * _settings.BatchSize).Take(_settings.BatchSize).Select(row =>
            (chosen ? _reference.ChosenSums : _reference.RejectedSums)[row] / (sums ? 1.0 : (chosen ? _pairs[row].Chosen : _pairs[row].Rejected).Length)),
    ];

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static (TrainingSettings Settings, int Steps, int MicroBatch) Settings(GoldenJson config)
    {
        int steps = config["steps"].Whole, micro = config["micro_batch_pairs"].Whole;
        if (config["optimizer"].Text != "torch.optim.AdamW" || config["dropout"].Number != 0 || config.Find("amsgrad") is { Holds: true })
            throw new NotSupportedException($"{config.Path}: the trainer has AdamW without amsgrad and no dropout, and is given {config}");
        // half a step below: a ratio is rounded up to whole steps
        double warmup = config.Find("warmup_ratio")?.Number ?? (config.Find("warmup_steps")?.Whole is > 0 and int first ? (first - 0.5) / steps : 0);
        var settings = new TrainingSettings
        {
            LearningRate = config["lr"].Number,
            Epochs = 1,
            BatchSize = micro * config["gradient_accumulation"].Whole,
            Seed = 0,
            Schedule = new(GoldenScheduleTests.Shape(config["schedule"].Text), warmup) { Cycles = config.Find("num_cycles")?.Number ?? 0.5 },
            WeightDecay = config["weight_decay"].Number,
            Beta1 = config["betas"][0].Number,
            Beta2 = config["betas"][1].Number,
            Epsilon = config["eps"].Number,
            MaxGradientNorm = config["max_grad_norm"] is { IsNull: false } most ? most.Number : double.PositiveInfinity,
        };
        return (settings, steps, micro);
    }

    // the reference takes its pairs in order and begins anew after the last: the trainer's shuffle of the rows is undone beforehand
    private static TokenizedPair[] InTrainingOrder(GoldenJson golden, int rows)
    {
        TokenizedPair[] pairs = [.. golden["pairs"].Items.Select((pair, i) =>
            new TokenizedPair($"pair {i}", pair["prompt"].Ids, pair["chosen"].Ids, pair["rejected"].Ids, false, false))];
        var arranged = new TokenizedPair[rows];
        foreach ((int place, int row) in TrainingPlan.Order(rows, 0, 0).Index())
            arranged[row] = pairs[place % pairs.Length];
        return arranged;
    }

    private double ParameterNorm()
    {
        using var scope = NewDisposeScope();
        return Math.Sqrt(Parameters.Sum(item => item.Value.detach().to(ScalarType.Float64).square().sum().item<double>()));
    }

    private sealed class Told(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}

/// <summary>What the trainer logged of a step, and the pairs behind it in order.</summary>
/// <param name="Log">Its line of steps.jsonl.</param>
/// <param name="ParameterNorm">L2 norm of all parameters after it.</param>
/// <param name="Parts">Its micro-batches.</param>
internal sealed record TrainedStep(JsonElement Log, double ParameterNorm, IReadOnlyList<MicroBatch> Parts)
{
    public double this[string logged] => Log.GetProperty(logged).GetDouble();

    /// <summary>A value of each pair.</summary>
    public double[] Each(string logged) => [.. Parts.SelectMany(part => part.Logged[logged])];

    /// <summary>Response tokens of each pair's chosen or rejected response.</summary>
    public double[] Counts(bool chosen) => [.. Parts.SelectMany(part => part.Counts.Chunk(part.Counts.Length / 2).ElementAt(chosen ? 0 : 1))];
}
