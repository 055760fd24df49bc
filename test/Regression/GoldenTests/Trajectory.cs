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

    public Trajectory(JsonElement golden, JsonElement run, ScalarType type)
    {
        JsonElement config = run.GetProperty("config");
        double Number(string name) => config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
        _model.Module.to(type);
        int steps = config.GetProperty("steps").GetInt32(), micro = config.GetProperty("micro_batch_pairs").GetInt32();
        _speed = new() { MicroBatch = micro };
        _settings = new TrainingSettings
        {
            LearningRate = Number("lr"),
            Epochs = 1,
            BatchSize = micro * config.GetProperty("gradient_accumulation").GetInt32(),
            Seed = 0,
            Schedule = new(Enum.Parse<ScheduleShape>(config.GetProperty("schedule").GetString()!, ignoreCase: true), Number("warmup_steps") / steps),
            WeightDecay = Number("weight_decay"),
            Beta1 = config.GetProperty("betas")[0].GetDouble(),
            Beta2 = config.GetProperty("betas")[1].GetDouble(),
            Epsilon = Number("eps"),
            MaxGradientNorm = Number("max_grad_norm") is > 0 and double most ? most : double.PositiveInfinity,
        };
        TokenizedPair[] pairs = InTrainingOrder(golden, steps * _settings.BatchSize);
        Objective objective = config.GetProperty("method").GetString() switch
        {
            "dpo" => new Dpo(Number("beta")),
            "ln_dpo" => new LnDpo(Number("beta")),
            "simpo" => new SimPo(Number("beta"), Number("gamma")),
            var other => throw new NotSupportedException($"dpo-trajectory.json has a run of {other}"),
        };
        Reference = ReferencePass.Compute(_model, pairs, _speed);
        _goal = new(new PreferenceGoal(objective, pairs, objective.NeedsReference ? Reference : null));
    }

    public ReferenceLogProbs Reference { get; }

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

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // the reference takes its pairs in order and begins anew after the last: the trainer's shuffle of the rows is undone beforehand
    private static TokenizedPair[] InTrainingOrder(JsonElement golden, int rows)
    {
        TokenizedPair[] pairs = [.. golden.GetProperty("pairs").EnumerateArray().Select((pair, i) =>
            new TokenizedPair($"pair {i}", Tokens(pair, "prompt"), Tokens(pair, "chosen"), Tokens(pair, "rejected"), false, false))];
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

    private static int[] Tokens(JsonElement pair, string name) => pair.GetProperty(name).Deserialize<int[]>()!;

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
