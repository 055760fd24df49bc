using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>Right-padded rows for a reward model.</summary>
/// <param name="Tokens">[rows, length] int64; padding is 0.</param>
/// <param name="Mask">[rows, length] int64, 1 = real token.</param>
internal sealed record RewardBatch(Tensor Tokens, Tensor Mask)
{
    /// <summary>Pads to the longest row; of a row longer than <paramref name="maxLength"/> the last tokens are kept, where the response is.</summary>
    public static RewardBatch Pad(IReadOnlyList<int[]> rows, int maxLength, Device device)
    {
        using var scope = NewDisposeScope();
        int length = rows.Max(row => Math.Min(row.Length, maxLength));
        var tokens = new long[rows.Count * length];
        var mask = new long[rows.Count * length];
        for (int row = 0; row < rows.Count; row++)
        {
            ReadOnlySpan<int> kept = rows[row].AsSpan(Math.Max(0, rows[row].Length - maxLength));
            for (int i = 0; i < kept.Length; i++)
                (tokens[row * length + i], mask[row * length + i]) = (kept[i], 1);
        }
        return new(Place(tokens), Place(mask));

        // [rows · length] → [rows, length]
        Tensor Place(long[] values) => tensor(values).view(rows.Count, length).to(device).MoveToOuterDisposeScope();
    }

    /// <summary>Why a row cannot be scored, or null.</summary>
    public static string? Fault(int[] ids, int vocabulary)
    {
        if (ids.Length == 0)
            return "has no tokens";
        int odd = Array.FindIndex(ids, id => (uint)id >= (uint)vocabulary);
        return odd < 0 ? null : $"token {odd} is {ids[odd]}, and the vocabulary has {vocabulary}";
    }
}
