using System.Text.Json;
using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Data;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Bench.Peers;

/// <summary>The DPO steps of <c>TrainStepBench</c>: losses and gradient norms are compared.</summary>
internal sealed class StepsWork : IPeerWork
{
    private const int Pairs = 48, BatchSize = 8;
    private const double Beta = 0.1, LearningRate = 1e-6, Tolerance = 1e-4;

    private readonly TokenizedPair[] _pairs;
    private readonly float[] _margins; // of the reference
    private readonly Decoder _model;
    private readonly PreferenceGoal _goal;
    private readonly FusedAdamW _optimiser;
    private readonly PlainDecoder _plain;
    private readonly TrlTrainingStep _trl;

    public StepsWork(Func<int, PairSet> set)
    {
        _pairs = set(Pairs).Pairs(BenchModel.Vocabulary);
        _model = BenchModel.Create();
        ReferenceLogProbs reference = ReferencePass.Compute(_model, _pairs, Speed);
        _margins = [.. reference.ChosenSums.Zip(reference.RejectedSums, (chosen, rejected) => chosen - rejected)];
        _goal = new PreferenceGoal(new Dpo(Beta), _pairs, reference);
        _optimiser = new FusedAdamW(_model.Trained.Select(item => (item.Key, item.Value)), new AdamWRates { WeightDecay = 0 });
        _plain = PlainDecoder.Sdpa(_model);
        _trl = new TrlTrainingStep(_plain, _pairs, _margins, Beta);
    }

    private static SpeedSettings Speed => new() { Device = BenchDevice.Current };

    public void Write(string folder)
    {
        _model.Save(folder, new Dictionary<string, byte[]>());
        PeerFile.Write(folder, new { kind = "steps", pairs = PeerFile.Pairs(_pairs), batch = BatchSize, beta = Beta, learningRate = LearningRate, referenceMargins = _margins });
    }

    public PeerResult Own()
    {
        List<double> losses = [], norms = [];
        for (int first = 0; first < Pairs; first += BatchSize)
        {
            using var scope = NewDisposeScope();
            losses.Add(new BatchGradient(_model, _goal, Speed).Add([.. Enumerable.Range(first, BatchSize)]).Loss);
            norms.Add(GradientNorm.Clip(_optimiser.Gradients(), 1));
            _optimiser.Step(LearningRate);
            _optimiser.ZeroGradients();
        }
        BenchDevice.Finish();
        return new([new("loss", losses, Tolerance), new("gradient norm", norms, Tolerance)], []);
    }

    public void Composed()
    {
        for (int first = 0; first < Pairs; first += BatchSize)
            _trl.Step(first, BatchSize);
        BenchDevice.Finish();
    }

    public void Dispose()
    {
        _trl.Dispose();
        _plain.Dispose();
        _optimiser.Dispose();
        _model.Dispose();
    }
}

/// <summary>work.json, which peer.py reads.</summary>
internal static class PeerFile
{
    /// <summary>Writes it beside the model.</summary>
    public static void Write(string folder, object work) => File.WriteAllText(Path.Combine(folder, "work.json"), JsonSerializer.Serialize(work));

    /// <summary>Ids of each pair.</summary>
    public static IEnumerable<object> Pairs(IEnumerable<TokenizedPair> pairs) => pairs.Select(pair => new { prompt = pair.Prompt, chosen = pair.Chosen, rejected = pair.Rejected });
}
