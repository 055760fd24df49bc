using Alignment.Data;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>Summed log-probs of both responses of each pair under the frozen reference model, nats, in the order of the pairs.</summary>
/// <param name="ChosenSums">[pairs].</param>
/// <param name="RejectedSums">[pairs].</param>
/// <param name="Sources">Where each pair comes from.</param>
internal sealed record ReferenceLogProbs(float[] ChosenSums, float[] RejectedSums, IReadOnlyList<string> Sources)
{
    /// <summary>[pairs]: over the first min(n_w, n_l) tokens of the chosen response.</summary>
    public float[] ChosenSharedSums { get; init; } = [];

    /// <summary>[pairs]: over the first min(n_w, n_l) tokens of the rejected response.</summary>
    public float[] RejectedSharedSums { get; init; } = [];

    /// <summary>Sums of the chosen responses of some pairs, [rows] float32.</summary>
    public Tensor Chosen(IReadOnlyList<int> rows, Device device) => Pick(ChosenSums, rows, device);

    /// <summary>Sums of the rejected responses of some pairs, [rows] float32.</summary>
    public Tensor Rejected(IReadOnlyList<int> rows, Device device) => Pick(RejectedSums, rows, device);

    /// <summary>Sums over the first min(n_w, n_l) tokens of the chosen responses of some pairs, [rows] float32.</summary>
    public Tensor ChosenShared(IReadOnlyList<int> rows, Device device) => Pick(ChosenSharedSums, rows, device);

    /// <summary>Sums over the first min(n_w, n_l) tokens of the rejected responses of some pairs, [rows] float32.</summary>
    public Tensor RejectedShared(IReadOnlyList<int> rows, Device device) => Pick(RejectedSharedSums, rows, device);

    /// <summary>Requires a row for every pair, in their order.</summary>
    /// <exception cref="ArgumentException">A pair has no row; the message names the first.</exception>
    public void RequireRows(IReadOnlyList<TokenizedPair> pairs)
    {
        for (int i = 0; i < pairs.Count; i++)
        {
            if (i >= Sources.Count || Sources[i] != pairs[i].Source)
            {
                throw new ArgumentException($"the reference pass has no row {i} for {pairs[i].Source}"
                    + (i < Sources.Count ? $" (it has {Sources[i]} there)" : $" (it has {Sources.Count} rows)") + ": run it again on these pairs");
            }
        }
    }

    /// <summary>Rows for so many pairs, all 0 until they are computed.</summary>
    internal static ReferenceLogProbs Empty(IReadOnlyList<TokenizedPair> pairs) =>
        new(new float[pairs.Count], new float[pairs.Count], [.. pairs.Select(pair => pair.Source)])
        {
            ChosenSharedSums = new float[pairs.Count],
            RejectedSharedSums = new float[pairs.Count],
        };

    private static Tensor Pick(float[] sums, IReadOnlyList<int> rows, Device device) => tensor(rows.Select(row => sums[row]).ToArray(), device: device);
}
