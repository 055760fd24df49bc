using Alignment.Distributed;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>Prompt and response ids whose log-probability is asked for.</summary>
/// <param name="Prompt">At least one token.</param>
/// <param name="Response">May be empty: its log-probability is 0.</param>
internal sealed record ResponseToScore(int[] Prompt, int[] Response);

/// <summary>log π(response | prompt), nats.</summary>
/// <param name="Sum">Over the response's tokens.</param>
/// <param name="PerToken">[tokens].</param>
internal sealed record ResponseLogProbs(double Sum, float[] PerToken);

/// <summary>Log-probabilities of given responses, at temperature 1 and over the whole vocabulary whatever they were sampled with.</summary>
internal static class ResponseScorer
{
    private const int PadToken = 0; // any id: the mask hides it

    /// <summary>The log-probabilities of each response, in the given order.</summary>
    /// <param name="model">Not changed; gradients are not touched.</param>
    /// <param name="responses">In any order; sorted by length inside.</param>
    /// <param name="speed">Batch size and device.</param>
    /// <param name="cancel">Asked before each batch.</param>
    /// <exception cref="ArgumentException">A prompt is empty.</exception>
    public static ResponseLogProbs[] Score(
        ILanguageModel model, IReadOnlyList<ResponseToScore> responses, GenerationSpeed speed, CancellationToken cancel = default)
    {
        for (int i = 0; i < responses.Count; i++)
            if (responses[i].Prompt.Length == 0)
                throw new ArgumentException($"response {i} has an empty prompt: its first token has nothing to follow");
        var scores = new ResponseLogProbs[responses.Count];
        int[][] batches = [.. Batches(responses, speed)];
        IReadOnlyList<float[]> computed = speed.Ranks.Shared(batches.Length, batch =>
        {
            cancel.ThrowIfCancellationRequested();
            return Batch(model, [.. batches[batch].Select(row => responses[row])], speed.Device);
        });
        foreach ((int[] rows, float[] numbers) in batches.Zip(computed))
            for (int i = 0, at = rows.Length; i < rows.Length; at += responses[rows[i]].Response.Length, i++)
                scores[rows[i]] = new(numbers[i], numbers[at..(at + responses[rows[i]].Response.Length)]);
        return scores;
    }

    // the longest first, as many as long as that as go through together
    private static IEnumerable<int[]> Batches(IReadOnlyList<ResponseToScore> responses, GenerationSpeed speed)
    {
        int[] sorted = [.. Enumerable.Range(0, responses.Count).OrderByDescending(row => Length(responses[row]))];
        for (int first = 0, rows; first < sorted.Length; first += rows)
        {
            rows = (int)Math.Clamp(speed.ScoredTokens / Length(responses[sorted[first]]), 1, Math.Min(speed.BatchSize, sorted.Length - first));
            yield return sorted[first..(first + rows)];
        }
    }

    private static int Length(ResponseToScore response) => response.Prompt.Length + response.Response.Length;

    // the sums, then the tokens' of all responses
    private static float[] Batch(ILanguageModel model, ResponseToScore[] responses, Device device)
    {
        using var scope = NewDisposeScope();
        (SequenceScores scores, Tensor logProbs) = model.PackedAttention is null ? Padded(model, responses, device) : Packed(model, responses, device);
        return [.. Numbers(scores.Sums), .. Numbers(logProbs)];
    }

    /// <summary>
    /// The sums and the log-probability of each token, response behind response, with nothing padded. On the CPU, where rows of like length leave little to
    /// gain, log-probs are those of padded rows, whose last digits are in stored runs.
    /// </summary>
    internal static (SequenceScores Scores, Tensor LogProbs) Packed(ILanguageModel model, ResponseToScore[] responses, Device device)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        PackedSequences packed = PackedSequences.Of(Sequences(responses), device, model.ShortPositions);
        (SequenceScores scores, Tensor logProbs) = SequenceLogProbs.ScoreTokens(model.HiddenStates(packed), model.LogitHead, packed.Scored);
        return (scores.Outward(), logProbs.MoveToOuterDisposeScope());
    }

    /// <summary>As <see cref="Packed"/>, of padded rows: its readable twin.</summary>
    internal static (SequenceScores Scores, Tensor LogProbs) Padded(ILanguageModel model, ResponseToScore[] responses, Device device)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        PaddedSequences padded = PaddedSequences.Of(Sequences(responses), PadToken, device);
        (SequenceScores scores, Tensor logProbs) = SequenceLogProbs.ScoreTokens(model.HiddenStates(padded.Tokens, padded.AttentionMask), model.LogitHead, padded.Labels);
        return (scores.Outward(), logProbs.MoveToOuterDisposeScope());
    }

    private static ScoredSequences Sequences(ResponseToScore[] responses) => new([.. responses.Select(response => (response.Prompt, response.Response))]);

    private static float[] Numbers(Tensor values) => values.to(ScalarType.Float32).cpu().data<float>().ToArray();
}
