using System.Runtime.InteropServices;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>Rows that are decoded together: left-padded prompts, their cache and mask. Finished rows leave when they are an eighth of it.</summary>
internal sealed class DecodingBatch : IDisposable
{
    private const int DropShare = 8;
    private readonly ILanguageModel _model;
    private readonly Device _device;
    private readonly IKeyValueCache _cache;
    private Tensor _mask; // [rows, capacity] int64
    private Tensor _next; // [rows, length] int64: what the cache has not seen

    public DecodingBatch(ILanguageModel model, IReadOnlyList<ResponseInProgress> rows, int newTokens, Device device)
    {
        (_model, Rows, _device) = (model, rows, device);
        long[][] prompts = [.. rows.Select(row => row.AllTokens)];
        int longest = prompts.Max(prompt => prompt.Length), capacity = longest + newTokens;
        long[] tokens = new long[rows.Count * longest], mask = new long[rows.Count * capacity];
        for (int row = 0; row < rows.Count; row++)
        {
            int padding = longest - prompts[row].Length;
            prompts[row].CopyTo(tokens, row * longest + padding);
            Array.Fill(mask, 1, row * capacity + padding, capacity - padding);
        }
        _next = tensor(tokens, [rows.Count, longest], device: device).DetachFromDisposeScope();
        _mask = tensor(mask, [rows.Count, capacity], device: device).DetachFromDisposeScope();
        _cache = model.NewCache(rows.Count, capacity);
    }

    public IReadOnlyList<ResponseInProgress> Rows { get; private set; }

    public bool HasLiveRows => Rows.Any(row => !row.Ended);

    /// <summary>[rows · vocabulary] logits of the next position; finished rows have some, too.</summary>
    public float[] NextLogits()
    {
        using var scope = NewDisposeScope();
        Tensor seen = _mask.narrow(1, 0, _cache.Length + _next.shape[1]);
        return LastLogits(_model, _model.HiddenStates(_next, seen, _cache));
    }

    /// <summary>[vocabulary] logits of a response's next position, computed without cache, padding or other rows.</summary>
    public static float[] LogitsAlone(ILanguageModel model, ResponseInProgress response, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor tokens = tensor(response.AllTokens, device: device).unsqueeze(0); // [1, length]
        return LastLogits(model, model.HiddenStates(tokens, ones_like(tokens)));
    }

    /// <summary>Takes the rows' last tokens as the next input, and lets finished rows go where that is worth a copy of the cache.</summary>
    public void DropFinishedRows()
    {
        using var scope = NewDisposeScope();
        long[] live = [.. Enumerable.Range(0, Rows.Count).Where(row => !Rows[row].Ended).Select(row => (long)row)];
        if (live.Length > 0 && (Rows.Count - live.Length) * DropShare >= Rows.Count && live.Length < Rows.Count)
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

    private static float[] LastLogits(ILanguageModel model, Tensor hidden)
    {
        Tensor logits = model.Logits(hidden.select(1, hidden.shape[1] - 1)).to(ScalarType.Float32).cpu(); // [rows, vocabulary]
        return MemoryMarshal.Cast<byte, float>(logits.contiguous().bytes).ToArray();
    }

    private static void Replace(ref Tensor held, Tensor by)
    {
        held.Dispose();
        held = by.DetachFromDisposeScope();
    }
}
