using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Data;
using Alignment.Models;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Bench.Peers;

/// <summary>The reference pass of <c>ReferencePassBench</c>: the log-probs are compared.</summary>
internal sealed class PassWork : IPeerWork
{
    private const int PairCount = 64, Together = 16;
    private const double Tolerance = 1e-5;

    private readonly TokenizedPair[] _pairs;
    private readonly Decoder _model;
    private readonly PlainDecoder _plain;

    public PassWork(Func<int, PairSet> set)
    {
        _pairs = set(PairCount).Pairs(BenchModel.Vocabulary);
        _model = BenchModel.Create();
        _plain = PlainDecoder.Sdpa(_model);
    }

    public void Write(string folder)
    {
        _model.Save(folder, new Dictionary<string, byte[]>());
        PeerFile.Write(folder, new { kind = "pass", pairs = PeerFile.Pairs(_pairs), batch = Together });
    }

    public PeerResult Own()
    {
        ReferenceLogProbs sums = ReferencePass.Compute(_model, _pairs, new SpeedSettings { MicroBatch = Together, Device = BenchDevice.Current });
        return new([Numbers("chosen log-prob", sums.ChosenSums), Numbers("rejected log-prob", sums.RejectedSums)], []);
    }

    public void Composed()
    {
        using IDisposable noGrad = no_grad();
        foreach (TokenizedPair[] batch in _pairs.Chunk(Together))
            TrlTrainingStep.Sums(_plain, batch).cpu().Dispose();
    }

    public void Dispose()
    {
        _plain.Dispose();
        _model.Dispose();
    }

    private static PeerNumbers Numbers(string name, IEnumerable<float> values) => new(name, [.. values.Select(value => (double)value)], Tolerance);
}
