using System.Collections;

namespace Alignment.Data;

/// <summary>
/// Labelled responses as a model is trained on them. Each row stands as two sequences behind its prompt: its own response in the place of the chosen one, and in
/// the place of the rejected one a mismatched response, that of the nearest row before it (around the beginning: from the end) whose prompt is another. KTO
/// estimates by the latter how far the policy has moved.
/// </summary>
/// <remarks>
/// TRL (1.9) takes the response of the row before within so many rows as one device holds at once, keeps the data's order in training, and may meet the same
/// prompt again. Here batches are shuffled and the reference's log-probs are computed once for all of them, so the mismatched response is one of the whole
/// data, whatever the batch; data that puts a prompt's responses side by side does not pair one with its own prompt. It is cut to the recipe's maxTotal.
/// </remarks>
internal sealed class LabelledRows : IReadOnlyList<TokenizedPair>
{
    private readonly IReadOnlyList<TokenizedPair> _rows;
    private readonly int[] _mismatched;
    private readonly BitArray _desirable;
    private readonly int _maxTotal;

    private LabelledRows(IReadOnlyList<TokenizedPair> rows, int maxTotal)
    {
        (_rows, _maxTotal, _mismatched, _desirable) = (rows, maxTotal, new int[rows.Count], new(rows.Count));
        int[] first = rows[0].Prompt, before = [];
        int last = rows.Count - 1;
        while (last > 0 && rows[last].Prompt.AsSpan().SequenceEqual(first))
            last--;
        HasMismatched = last > 0;
        foreach ((int row, TokenizedPair response) in rows.Index())
        {
            _desirable[row] = response.IsDesirable;
            _mismatched[row] = row == 0 ? last : response.Prompt.AsSpan().SequenceEqual(before) ? _mismatched[row - 1] : row - 1;
            before = response.Prompt;
        }

        Desirable = TokenizedPairs.Of(rows.Where(response => response.IsDesirable));
    }

    /// <summary>Labelled responses, in the order of the data.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="maxTotal">Longest prompt and response together, tokens; more than any prompt has.</param>
    public static LabelledRows Of(IReadOnlyList<TokenizedPair> rows, int maxTotal) => new(rows, maxTotal);

    /// <summary>The desirable responses, as the data has them.</summary>
    public IReadOnlyList<TokenizedPair> Desirable { get; }

    /// <summary>There are two different prompts.</summary>
    public bool HasMismatched { get; }

    /// <inheritdoc/>
    public int Count => _rows.Count;

    /// <inheritdoc/>
    public TokenizedPair this[int index]
    {
        get
        {
            TokenizedPair own = _rows[index], other = _rows[_mismatched[index]];
            int room = _maxTotal - own.Prompt.Length;
            bool cut = other.Response.Length > room;
            return new(own.Source, own.Prompt, own.Response, cut ? other.Response[..room] : other.Response, own.ResponseCut, other.ResponseCut || cut);
        }
    }

    /// <summary>The label of a row.</summary>
    public bool IsDesirable(int row) => _desirable[row];

    /// <inheritdoc/>
    public IEnumerator<TokenizedPair> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
