using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>
/// The logits of one position of all rows, on the model's device. Of each row only what a draw needs comes to the host: the tokens of its nucleus, a
/// few that are dropped first, and one normaliser; a whole row comes where those do not tell.
/// </summary>
internal sealed class LogitRows : IDisposable
{
    /// <summary>Most tokens of a row that are looked at for its nucleus.</summary>
    public const int MostCandidates = 1024;

    private const long ElementsAtOnce = 1L << 23; // in float64 64 MiB
    private const int Beyond = 4; // tokens behind the cut: narrow types tie often, and a token that ties with the last one sent tells nothing
    private const double Wider = 1e-9; // of the nucleus, so that rounding does not leave out its last token
    private readonly Tensor _logits; // [rows, vocabulary] float32
    private readonly LogitTraffic _traffic;

    /// <summary>Takes over logits [rows, vocabulary] float32.</summary>
    public LogitRows(Tensor logits, LogitTraffic traffic) => (_logits, _traffic) = (logits.DetachFromDisposeScope(), traffic);

    private int Vocabulary => (int)_logits.shape[1];

    /// <summary>How many of a row's likeliest tokens are looked at: an eighth of a small vocabulary.</summary>
    public static int Candidates(int vocabulary) => Math.Min(MostCandidates, vocabulary / 8);

    /// <summary>The likeliest tokens of every row, as many as its draw needs; none of a row that needs more than are looked at.</summary>
    public CandidateRow[] Likeliest(SamplingSettings settings)
    {
        using var scope = NewDisposeScope();
        int rows = (int)_logits.shape[0], most = Candidates(Vocabulary);
        _traffic.Rows += rows;
        _traffic.WholeRowBytes += (long)rows * Vocabulary * sizeof(float);
        if (most < 2 || (settings is { Temperature: > 0, TopP: >= 1 } && !(settings.KeptByRank < most)))
            return new CandidateRow[rows];
        (Tensor logits, Tensor ids) = _logits.topk(most, 1); // descending: [rows, most]
        Tensor largest = logits.narrow(1, 0, 1).to(ScalarType.Float64);
        double temperature = settings.Temperature == 0 ? 1 : settings.Temperature;
        Tensor weight = Weight(largest, temperature), needed = Needed((logits - largest).div_(temperature).exp_(), weight, settings);
        int[] counts = Host<int>(needed.sum(1).to(ScalarType.Int32));
        double[] weights = Host<double>(weight);
        float[] values = Host<float>(logits.masked_select(needed));
        int[] tokens = Host<int>(ids.masked_select(needed).to(ScalarType.Int32));
        var candidates = new CandidateRow[rows];
        for (int row = 0, at = 0; row < rows; at += counts[row++])
        {
            int[] own = tokens[at..(at + counts[row])];
            double[] keys = [.. values.AsSpan(at, counts[row]).ToArray().Select(value => (double)value)];
            Array.Sort(own, keys);
            candidates[row] = new(own, keys, weights[row], Vocabulary);
        }
        return candidates;
    }

    /// <summary>[rows · vocabulary] logits of some rows.</summary>
    public float[] Whole(int[] rows)
    {
        using var scope = NewDisposeScope();
        _traffic.WholeRows += rows.Length;
        bool all = rows.Length == _logits.shape[0];
        return Host<float>(all ? _logits : _logits.index_select(0, tensor(rows, ScalarType.Int64, _logits.device)));
    }

    public void Dispose() => _logits.Dispose();

    // [rows] float64
    private Tensor Weight(Tensor largest, double temperature)
    {
        using var scope = NewDisposeScope();
        List<Tensor> sums = [];
        long together = Math.Max(1, ElementsAtOnce / Vocabulary);
        for (long first = 0; first < _logits.shape[0]; first += together)
        {
            using var part = NewDisposeScope();
            long count = Math.Min(together, _logits.shape[0] - first);
            Tensor wide = _logits.narrow(0, first, count).to(ScalarType.Float64).sub_(largest.narrow(0, first, count)).div_(temperature).exp_();
            sums.Add(wide.sum(1).MoveToOuterDisposeScope());
        }
        return cat(sums).MoveToOuterDisposeScope();
    }

    // [rows, candidates]: the kept tokens and some more; no token of a row whose kept ones may not all be there
    private static Tensor Needed(Tensor weights, Tensor weight, SamplingSettings settings)
    {
        Tensor rank = arange(weights.shape[1], ScalarType.Int64, weights.device);
        Tensor needed = settings.Temperature == 0 ? rank.le(Beyond) : rank.lt(settings.KeptByRank is { } most ? most + Beyond : long.MaxValue);
        if (settings is { Temperature: > 0, TopP: < 1 })
        {
            Tensor before = weights.cumsum(1).sub_(weights).roll(Beyond, 1); // what is likelier than the token so many places before: [rows, candidates]
            needed = needed.logical_and(before.lt(weight.unsqueeze(1) * (settings.TopP * (1 + Wider))).logical_or(rank.lt(settings.MinTokensToKeep + Beyond)));
        }
        needed = needed.expand(weights.shape);
        return needed.logical_and(needed.all(1, keepdim: true).logical_not());
    }

    private T[] Host<T>(Tensor values) where T : unmanaged
    {
        using Tensor host = values.cpu();
        T[] read = MemoryMarshal.Cast<byte, T>(host.contiguous().bytes).ToArray();
        _traffic.Bytes += (long)read.Length * Marshal.SizeOf<T>();
        return read;
    }
}

/// <summary>What sampling has brought from the model's device to the host.</summary>
internal sealed class LogitTraffic
{
    /// <summary>Rows of logits that were formed.</summary>
    public long Rows { get; set; }

    /// <summary>Rows of logits that came whole.</summary>
    public long WholeRows { get; set; }

    /// <summary>Bytes that came.</summary>
    public long Bytes { get; set; }

    /// <summary>Bytes of all rows.</summary>
    public long WholeRowBytes { get; set; }
}
