using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Data;
using Alignment.Files;

namespace Alignment.Training;

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
