using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>Rows that are decoded together: left-padded prompts, their cache and mask. Finished rows leave when they are an eighth of it.</summary>
internal sealed class DecodingBatch : IDisposable
{
    private const int DropShare = 8;
    private readonly ILanguageModel _model;
    private readonly Device _device;
    private readonly long _prefillTokens;
    private readonly IKeyValueCache _cache;
    private Tensor _mask; // [rows, capacity] int64
    private Tensor _next; // [rows, length] int64: what the cache has not seen

    public DecodingBatch(ILanguageModel model, IReadOnlyList<ResponseInProgress> rows, int newTokens, GenerationSpeed speed)
    {
        (_model, Rows, _device, _prefillTokens) = (model, rows, speed.Device, speed.PrefillTokens);
        long[][] prompts = [.. rows.Select(row => row.AllTokens)];
        int longest = prompts.Max(prompt => prompt.Length), capacity = longest + newTokens;
        long[] tokens = new long[rows.Count * longest], mask = new long[rows.Count * capacity];
        for (int row = 0; row < rows.Count; row++)
        {
            int padding = longest - prompts[row].Length;
            prompts[row].CopyTo(tokens, row * longest + padding);
            Array.Fill(mask, 1, row * capacity + padding, capacity - padding);
        }
        _next = tensor(tokens, [rows.Count, longest], device: _device).DetachFromDisposeScope();
        _mask = tensor(mask, [rows.Count, capacity], device: _device).DetachFromDisposeScope();
        _cache = model.NewCache(rows.Count, capacity);
    }

    public IReadOnlyList<ResponseInProgress> Rows { get; private set; }

    public bool HasLiveRows => Rows.Any(row => !row.Ended);

    /// <summary>Logits of the next position; finished rows have some, too.</summary>
    public LogitRows NextLogits(LogitTraffic traffic)
    {
        using var scope = NewDisposeScope();
        Tensor seen = _mask.narrow(1, 0, _cache.Length + _next.shape[1]);
        return LastLogits(_cache.Length == 0 ? Prompts(seen).unsqueeze(1) : _model.HiddenStates(_next, seen, _cache), traffic);
    }

    /// <summary>Logits of a response's next position, computed without cache, padding or other rows.</summary>
    public LogitRows LogitsAlone(ResponseInProgress response, LogitTraffic traffic)
    {
        using var scope = NewDisposeScope();
        Tensor tokens = tensor(response.AllTokens, device: _device).unsqueeze(0); // [1, length]
        return new(Float(_model.Logits(Last(_model.HiddenStates(tokens, ones_like(tokens))))), traffic);
    }

    /// <summary>Takes the rows' last tokens as the next input, and lets finished rows go where that is worth a copy of the cache.</summary>
    public void DropFinishedRows()
    {
        using var scope = NewDisposeScope();
        long[] live = [.. Enumerable.Range(0, Rows.Count).Where(row => !Rows[row].Ended).Select(row => (long)row)];
        if ((Rows.Count - live.Length) * DropShare >= Rows.Count)
        {
            Tensor kept = tensor(live, device: _device);
            _cache.KeepRows(kept);
            Replace(ref _mask, _mask.index_select(0, kept));
            Rows = [.. live.Select(row => Rows[(int)row])];
        }
        Replace(ref _next, tensor(Rows.Select(row => (long)row.LastToken).ToArray(), device: _device).unsqueeze(1)); // [rows, 1]
    }

    public void Dispose()
    {
        _cache.Dispose();
        _mask.Dispose();
        _next.Dispose();
    }

    // prompts go through the model some rows at a time: [rows, width] of their last tokens
    private Tensor Prompts(Tensor seen)
    {
        (long rows, long length) = (_next.shape[0], _next.shape[1]);
        long together = Math.Max(1, _prefillTokens / length);
        if (together >= rows)
            return Last(_model.HiddenStates(_next, seen, _cache));
        List<Tensor> last = [];
        for (long first = 0; first < rows; first += together)
        {
            using var scope = NewDisposeScope();
            long count = Math.Min(together, rows - first);
            using IKeyValueCache part = _cache.Rows(first, count);
            last.Add(Last(_model.HiddenStates(_next.narrow(0, first, count), seen.narrow(0, first, count), part)).MoveToOuterDisposeScope());
        }
        _cache.Advance(length);
        return cat(last);
    }

    // [rows, length, width] → [rows, width]
    private static Tensor Last(Tensor hidden) => hidden.select(1, hidden.shape[1] - 1);

    // [rows, 1, width] of one token each
    private LogitRows LastLogits(Tensor hidden, LogitTraffic traffic) => new(Float(_model.Logits(hidden)).select(1, 0), traffic);

    private static Tensor Float(Tensor logits) => logits.to(ScalarType.Float32);

    private static void Replace(ref Tensor held, Tensor by)
    {
        held.Dispose();
        held = by.DetachFromDisposeScope();
    }
}
