using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>
/// The logits of one position of all rows, on the model's device. Tokens are drawn there, from the likeliest of each row and one normaliser, or from all of a row
/// whose nucleus does not lie among those; of a row only a <see cref="DrawnToken"/> comes to the host, and the whole row where the draw is too close.
/// </summary>
internal sealed class LogitRows : IDisposable
{
    /// <summary>Most tokens of a row that are looked at for its nucleus before all are.</summary>
    public const int MostCandidates = 1024;

    private const int WholeElementsAtOnce = 1 << 20; // of rows that are sorted whole: some ten tensors of 8 MiB each

    private readonly Tensor _logits; // [rows, vocabulary] float32
    private readonly LogitTraffic _traffic;

    /// <summary>Takes over logits [rows, vocabulary] float32.</summary>
    public LogitRows(Tensor logits, LogitTraffic traffic) => (_logits, _traffic) = (logits.DetachFromDisposeScope(), traffic);

    private int Rows => (int)_logits.shape[0];

    private int Vocabulary => (int)_logits.shape[1];

    /// <summary>A token of each row by the rule of <see cref="Nucleus"/>.</summary>
    /// <param name="settings">How tokens are drawn.</param>
    /// <param name="uniforms">A draw for each row.</param>
    public DrawnToken[] Drawn(SamplingSettings settings, double[] uniforms)
    {
        int most = Math.Min(MostCandidates, Vocabulary / 2);
        _traffic.Rows += Rows;
        _traffic.WholeRowBytes += (long)Rows * Vocabulary * sizeof(float);
        var drawn = new DrawnToken[Rows];
        if (most >= 2 && (settings.Temperature == 0 || settings.KeptByRank < most || (settings.KeptByRank is null && settings.TopP < 1)))
            Draw([.. Enumerable.Range(0, Rows)], most);
        int[] untold = Vocabulary > 1 ? [.. Enumerable.Range(0, Rows).Where(row => drawn[row].Kept == 0)] : [];
        foreach (int[] some in untold.Chunk(Math.Max(1, WholeElementsAtOnce / Vocabulary)))
            Draw(some, Vocabulary);
        return drawn;

        void Draw(int[] rows, int looked)
        {
            using var scope = NewDisposeScope();
            Tensor draws = tensor([.. rows.Select(row => uniforms[row])], [rows.Length, 1], device: _logits.device);
            double[] numbers = Host<double>(NucleusOnDevice.Draw(Some(rows), looked, settings, draws));
            for (int i = 0; i < rows.Length; i++)
                drawn[rows[i]] = DrawnToken.Of(numbers.AsSpan(i * DrawnToken.Numbers, DrawnToken.Numbers));
        }
    }

    /// <summary>As <see cref="Drawn"/>, on the host; null where the logits do not lie there, or <see cref="NucleusOnHost"/> does not serve the settings.</summary>
    public DrawnToken[]? DrawnOnHost(SamplingSettings settings, double[] uniforms) =>
        NucleusOnHost.Serves(_logits, settings) ? NucleusOnHost.Draw(_logits, settings, uniforms) : null;

    /// <summary>[rows · vocabulary] logits of some rows.</summary>
    public float[] Whole(int[] rows)
    {
        using var scope = NewDisposeScope();
        _traffic.WholeRows += rows.Length;
        return Host<float>(Some(rows));
    }

    public void Dispose() => _logits.Dispose();

    private Tensor Some(int[] rows) => rows.Length == Rows ? _logits : _logits.index_select(0, tensor(rows, ScalarType.Int64, _logits.device));

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

    /// <summary>Rows that were computed again by themselves, because rounding could have decided.</summary>
    public long RowsAgain { get; set; }

    /// <summary>Bytes that came.</summary>
    public long Bytes { get; set; }

    /// <summary>Bytes of all rows.</summary>
    public long WholeRowBytes { get; set; }
}
