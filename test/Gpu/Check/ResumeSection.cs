using Alignment.Data;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>Whether a run that was stopped and went on ends with the bits of one that was not.</summary>
/// <param name="Precision">Of weights and activations.</param>
/// <param name="TwiceEqual">Two undisturbed runs ended with equal weights.</param>
/// <param name="ResumedEqual">So did a run that was stopped in the middle.</param>
/// <param name="LargestDifference">Of a weight, between the undisturbed and the resumed run.</param>
internal sealed record ResumeRow(string Precision, bool TwiceEqual, bool ResumedEqual, double LargestDifference);

/// <summary>Small training runs, stopped and resumed.</summary>
/// <param name="setting">Device and folder.</param>
/// <param name="deterministic">As -p:DeterministicAlgorithms.</param>
internal sealed class ResumeSection(CheckSetting setting, bool deterministic)
{
    private const int BatchSize = 4, StopAfter = 2;

    private readonly TokenizedPair[] _pairs = MicroModels.Pairs(18);

    /// <summary>A row for each precision.</summary>
    public static object Run(CheckSetting setting, bool deterministic) => new
    {
        deterministic,
        rows = new[] { Precision.Float32, Precision.BFloat16 }.Where(precision => precision <= setting.Precision)
            .Select(new ResumeSection(setting, deterministic).Row).ToArray(),
    };

    private ResumeRow Row(Precision precision)
    {
        using var scope = NewDisposeScope();
        Tensor whole = Trained(precision, "whole", stopped: false), again = Trained(precision, "again", stopped: false), resumed = Trained(precision, "resumed", stopped: true);
        return new($"{precision}".ToLowerInvariant(), Equal(whole, again), Equal(whole, resumed), (whole - resumed).abs().max().item<float>());
    }

    // all weights behind one another
    private Tensor Trained(Precision precision, string name, bool stopped)
    {
        string folder = Path.Combine(setting.Folder, $"resume-{precision}-{deterministic}-{name}");
        if (stopped)
        {
            using var stop = new CancellationTokenSource();
            try
            {
                Train(precision, folder, stop).Dispose();
                throw new InvalidOperationException("the run that was told to stop did not");
            }
            catch (OperationCanceledException)
            {
                // its checkpoint is there
            }
        }
        using Decoder model = Train(precision, folder, null);
        return cat([.. model.named_parameters().Select(item => item.parameter.detach().to(ScalarType.Float32).cpu().flatten())]);
    }

    private Decoder Train(Precision precision, string folder, CancellationTokenSource? stop)
    {
        SpeedSettings speed = new() { Device = setting.Device, MicroBatch = 2, Deterministic = deterministic };
        speed.Apply();
        ReferenceLogProbs reference;
        using (Decoder other = MicroModels.Policy(Placement.Of(precision, setting.Device), seed: 2))
            reference = ReferencePass.Compute(other, _pairs, speed);
        var run = new TrainingRun { Folder = folder, Speed = speed, Progress = stop is null ? null : new Stopping(stop) };
        Decoder model = MicroModels.Policy(Placement.Of(precision, setting.Device));
        new Trainer(model, new PreferenceGoal(new Dpo(0.1), _pairs, reference), MicroModels.Settings(BatchSize), run).Train(stop?.Token ?? CancellationToken.None);
        return model;
    }

    private static bool Equal(Tensor one, Tensor other) => one.bytes.SequenceEqual(other.bytes);

    private sealed class Stopping(CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == StopAfter)
                stop.Cancel();
        }
    }
}
