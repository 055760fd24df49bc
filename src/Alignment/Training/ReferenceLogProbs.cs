using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Data;
using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>Summed log-probs of both responses of each pair under the frozen reference model, nats, in the order of the pairs.</summary>
/// <param name="ChosenSums">[pairs].</param>
/// <param name="RejectedSums">[pairs].</param>
/// <param name="Sources">Where each pair comes from.</param>
public sealed record ReferenceLogProbs(float[] ChosenSums, float[] RejectedSums, IReadOnlyList<string> Sources)
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

/// <summary>One line per pair, in their order; floats survive the round trip bit for bit.</summary>
internal static class ReferenceFile
{
    private sealed record Row(
        [property: JsonPropertyName("source")] string Source,
        [property: JsonPropertyName("chosen")] float Chosen,
        [property: JsonPropertyName("rejected")] float Rejected,
        [property: JsonPropertyName("chosen_shared")] float ChosenShared,
        [property: JsonPropertyName("rejected_shared")] float RejectedShared,
        [property: JsonPropertyName("chosen_tokens")] int ChosenTokens,
        [property: JsonPropertyName("rejected_tokens")] int RejectedTokens);

    public static void Write(string path, IReadOnlyList<TokenizedPair> pairs, ReferenceLogProbs reference) => AtomicFile.Write(path, file =>
    {
        for (int i = 0; i < pairs.Count; i++)
        {
            TokenizedPair pair = pairs[i];
            var row = new Row(pair.Source, reference.ChosenSums[i], reference.RejectedSums[i],
                reference.ChosenSharedSums[i], reference.RejectedSharedSums[i], pair.Chosen.Length, pair.Rejected.Length);
            file.Write(JsonSerializer.SerializeToUtf8Bytes(row));
            file.WriteByte((byte)'\n');
        }
    });

    public static ReferenceLogProbs Read(string path, IReadOnlyList<TokenizedPair> pairs)
    {
        ReferenceLogProbs reference = ReferenceLogProbs.Empty(pairs);
        int count = 0;
        foreach (string line in File.ReadLines(path))
        {
            Row row = Parse(path, count + 1, line);
            if (count >= pairs.Count)
                throw new InvalidDataException(
                    $"{path}({count + 1}): a row for {row.Source}, and there are only {pairs.Count} pairs: delete the file");
            TokenizedPair pair = pairs[count];
            if (row.Source != pair.Source || row.ChosenTokens != pair.Chosen.Length || row.RejectedTokens != pair.Rejected.Length)
                throw new InvalidDataException(
                    $"{path}({count + 1}): no row for {pair.Source}, found {row.Source}: delete the file, it is computed again");
            (reference.ChosenSums[count], reference.RejectedSums[count]) = (row.Chosen, row.Rejected);
            (reference.ChosenSharedSums[count], reference.RejectedSharedSums[count]) = (row.ChosenShared, row.RejectedShared);
            count++;
        }
        return count == pairs.Count ? reference
            : throw new InvalidDataException(
                $"{path}({count + 1}): no row for {pairs[count].Source}, the file ends: delete the file, it is computed again");
    }

    private static Row Parse(string path, int line, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Row>(text) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}({line}): not a row of reference log-probs: {e.Message}", e);
        }
    }
}
