using Alignment.Data;
using Alignment.Distributed;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Log-probs of every pair under the frozen reference model, computed once and shared by all runs that start from it. The file's name holds a hash of
/// the weights and of all token ids, so other data, tokenizer, template, limits or weights get another file.
/// </summary>
internal static class ReferencePass
{
    /// <summary>Reads the file of this model and these pairs, or computes and writes it.</summary>
    /// <param name="model">The reference; its gradients are not touched.</param>
    /// <param name="pairs">The data, in the order of the training run.</param>
    /// <param name="folder">Where the files of a sweep are.</param>
    /// <param name="speed">Pairs per forward pass and device.</param>
    /// <param name="begin">Called before it is computed, where there is no file.</param>
    /// <param name="cancel">Stops between two forward passes.</param>
    /// <exception cref="InvalidDataException">The file does not have every pair; the message names the first missing one.</exception>
    public static ReferenceLogProbs Run(
        ILanguageModel model, IReadOnlyList<TokenizedPair> pairs, string folder, SpeedSettings speed, Action? begin = null, CancellationToken cancel = default)
    {
        string path = Path.Combine(folder, $"reference-{ReferenceKey.Of(model.Module, pairs)}.jsonl");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(folder);
            begin?.Invoke();
            ReferenceFile.Write(path, pairs, Compute(model, pairs, speed, cancel));
        }
        return ReferenceFile.Read(path, pairs);
    }

    /// <summary>Computes without a file.</summary>
    public static ReferenceLogProbs Compute(
        ILanguageModel model, IReadOnlyList<TokenizedPair> pairs, SpeedSettings speed, CancellationToken cancel = default)
    {
        ReferenceLogProbs reference = ReferenceLogProbs.Empty(pairs);
        IEnumerable<int> byLength = Enumerable.Range(0, pairs.Count).OrderByDescending(row => Longest(pairs[row]));
        int[][] chunks = [.. MicroBatches.Of(byLength, row => Tokens(pairs[row]), speed)];
        var computed = speed.Ranks.Shared(chunks.Length, chunk =>
        {
            cancel.ThrowIfCancellationRequested();
            return Sums(model, [.. chunks[chunk].Select(row => pairs[row])], speed.Device);
        });
        foreach ((int chunk, float[] sums) in computed.Index())
        {
            int[] rows = chunks[chunk];
            for (int i = 0; i < rows.Length; i++)
            {
                (reference.ChosenSums[rows[i]], reference.RejectedSums[rows[i]]) = (sums[i], sums[rows.Length + i]);
                (reference.ChosenSharedSums[rows[i]], reference.RejectedSharedSums[rows[i]]) = (sums[2 * rows.Length + i], sums[3 * rows.Length + i]);
            }
        }
        return reference;
    }

    private static long Tokens(TokenizedPair pair) => 2L * pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length;

    private static int Longest(TokenizedPair pair) => pair.Prompt.Length + Math.Max(pair.Chosen.Length, pair.Rejected.Length);

    // [4 · pairs]: chosen, rejected; then both again over the first min(n_w, n_l) tokens
    private static float[] Sums(ILanguageModel model, IReadOnlyList<TokenizedPair> pairs, Device device)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        SequenceScores scores = SequenceScoring.Of(model, PairSequences.PreferenceWithShared(pairs), device);
        return [.. Numbers(scores.Sums), .. Numbers(scores.FirstSums!)];

        static float[] Numbers(Tensor sums) => sums.to(ScalarType.Float32).cpu().data<float>().ToArray();
    }
}
