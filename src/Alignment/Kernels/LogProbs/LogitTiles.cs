using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>A rectangle of the logits: some rows, some tokens of the vocabulary.</summary>
internal readonly record struct LogitTile(long Row, long Rows, long Column, long Columns);

/// <summary>
/// The tile of logits that one log-prob pass holds at a time, and its products; its tensors belong to the scope it is made in. Tiles are cut across
/// the vocabulary first: so each tile of the head's gradient is written once, where cutting the rows would add up the whole of it again and again.
/// </summary>
internal sealed class LogitBuffer
{
    private readonly Tensor _rows;
    private readonly Tensor _head;
    private readonly Tensor? _logits; // preallocated; oneDNN gives its own
    private readonly Tensor? _narrow; // slopes in the factors' dtype, where that is narrower

    /// <summary>Holds up to <paramref name="elements"/> logits, and at least one.</summary>
    public LogitBuffer(Tensor rows, Tensor head, long elements)
    {
        (_rows, _head) = (rows, head);
        Tiles = Cut(rows.shape[0], head.shape[0], elements);
        Wide = Raised(rows);
        if (OneDnn.Serves(rows))
            return;
        long largest = Tiles.Max(tile => tile.Rows * tile.Columns);
        _logits = empty(largest, Wide, rows.device);
        _narrow = rows.dtype == Wide ? null : empty(largest, rows.dtype, rows.device);
    }

    /// <summary>They cover rows × vocabulary once, row band by row band.</summary>
    public IReadOnlyList<LogitTile> Tiles { get; }

    /// <summary>The dtype the log-softmax is computed in.</summary>
    public ScalarType Wide { get; }

    /// <summary>The dtype the head's gradient is added up in: the head's own, but the wider one where bands of rows add to each other.</summary>
    public ScalarType HeadSums => _narrow is not null && Tiles[^1].Row > 0 ? Wide : _head.dtype;

    /// <summary>float64 for float64 rows, else float32.</summary>
    public static ScalarType Raised(Tensor rows) => rows.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>Logits of a tile in <see cref="Wide"/>: [rows, columns], overwritten by the next call.</summary>
    public Tensor Fill(LogitTile tile)
    {
        Tensor rows = _rows.narrow(0, tile.Row, tile.Rows), columns = _head.narrow(0, tile.Column, tile.Columns);
        if (_logits is null)
            return OneDnn.Product(rows, columns);
        Tensor logits = Room(_logits, tile);
        if (!NarrowProduct.Serves(rows))
            return logits.addmm_(rows, columns.t(), 0, 1);
        NarrowProduct.Into(logits, rows, columns);
        return logits;
    }

    /// <summary>Adds what a tile gives to the gradients of its rows and its part of the head.</summary>
    /// <param name="tile">The tile; of each row band and each part of the vocabulary the first one finds no numbers, and writes instead.</param>
    /// <param name="slopes">[rows, columns]: the gradient of its logits.</param>
    /// <param name="rowGradient">[all rows, width] of dtype <see cref="Wide"/>.</param>
    /// <param name="headGradient">[vocabulary, width] of dtype <see cref="HeadSums"/>.</param>
    public void Spread(LogitTile tile, Tensor slopes, Tensor rowGradient, Tensor headGradient)
    {
        Tensor rows = _rows.narrow(0, tile.Row, tile.Rows), columns = _head.narrow(0, tile.Column, tile.Columns);
        Tensor forRows = rowGradient.narrow(0, tile.Row, tile.Rows), forHead = headGradient.narrow(0, tile.Column, tile.Columns);
        if (_logits is null)
        {
            Put(forRows, OneDnn.Product(slopes, columns.t()), tile.Column);
            Put(forHead, OneDnn.Product(rows.t(), slopes.t()).t(), tile.Row);
            return;
        }
        if (_narrow is null)
            forRows.addmm_(slopes, columns, Kept(tile.Column), 1);
        else
        {
            slopes = Room(_narrow, tile).copy_(slopes);
            Put(forRows, slopes.mm(columns), tile.Column); // the sum over tiles is kept in the wider type
        }
        if (headGradient.dtype == slopes.dtype)
            forHead.addmm_(slopes.t(), rows, Kept(tile.Row), 1);
        else
            Put(forHead, slopes.t().mm(rows), tile.Row);
    }

    private static LogitTile[] Cut(long rows, long vocabulary, long elements)
    {
        // a square tile reads and writes the two gradients least
        long band = Math.Clamp((long)Math.Sqrt(elements), 1, rows), bands = (rows + band - 1) / band;
        band = (rows + bands - 1) / bands;
        long parts = Math.Max(1, (vocabulary + Math.Max(1, elements / band) - 1) / Math.Max(1, elements / band));
        long part = (vocabulary + parts - 1) / parts;
        return [.. from row in Enumerable.Range(0, (int)bands).Select(i => i * band)
                   from column in Enumerable.Range(0, (int)((vocabulary + part - 1) / part)).Select(i => i * part)
                   select new LogitTile(row, Math.Min(band, rows - row), column, Math.Min(part, vocabulary - column))];
    }

    private static Tensor Room(Tensor buffer, LogitTile tile) => buffer.narrow(0, 0, tile.Rows * tile.Columns).view(tile.Rows, tile.Columns);

    private static float Kept(long start) => start == 0 ? 0 : 1;

    private static void Put(Tensor sum, Tensor part, long start)
    {
        if (start == 0)
            sum.copy_(part);
        else
            sum.add_(part);
    }
}

/// <summary>What the tiles of some tokens' logits add up to.</summary>
/// <param name="TargetLogits">[tokens] float32 (float64 for float64 logits): the logit of the target, once its tile has been seen.</param>
/// <param name="Normalisers">[tokens] float64: the log of the summed exponentials of all tiles so far; −∞ before the first.</param>
internal sealed record TokenSums(Tensor TargetLogits, Tensor Normalisers)
{
    /// <summary>The same numbers for the rows of a tile.</summary>
    public TokenSums Part(LogitTile tile) => new(TargetLogits.narrow(0, tile.Row, tile.Rows), Normalisers.narrow(0, tile.Row, tile.Rows));

    /// <summary>[tokens], of the dtype of <see cref="TargetLogits"/>: the log-probability of the target, when all tiles have been seen.</summary>
    public Tensor LogProbs()
    {
        using var scope = NewDisposeScope();
        return (TargetLogits - Normalisers).to(TargetLogits.dtype).MoveToOuterDisposeScope();
    }
}

/// <summary>What the gradient of some tokens' logits needs.</summary>
/// <param name="Normalisers">[tokens] float64, of all tiles.</param>
/// <param name="Gradient">[tokens]: the gradient of each log-probability.</param>
internal sealed record TokenSlopes(Tensor Normalisers, Tensor Gradient);

/// <summary>What a kernel of logits does with a tile, its targets and its first column; both as in <see cref="LogProbRows"/>.</summary>
internal sealed record LogitPasses(Action<Tensor, Tensor, long, TokenSums> Add, Action<Tensor, Tensor, long, TokenSlopes> Backward);
