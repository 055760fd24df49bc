using System.Text.Json;
using Alignment.Distributed;
using Alignment.Kernels.Native;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>
/// Draws one response per prompt. A response depends on weights, prompt, seed and prompt index alone, not on batch, shard or order: where rounding
/// that differs between batches could decide (see <see cref="TokenChoice"/>), the row's logits are computed again by itself. That holds for
/// float32 models; narrower ones round too coarsely for it.
/// </summary>
/// <param name="model">Not changed.</param>
/// <param name="settings">How tokens are drawn.</param>
/// <param name="endTokens">Ids that end a response.</param>
/// <param name="seed">Of all draws; each prompt has a stream of its own, <see cref="Stream"/>/INDEX.</param>
internal sealed class Sampler(ILanguageModel model, SamplingSettings settings, IReadOnlySet<int> endTokens, ulong seed)
{
    private readonly SamplingSettings _settings = settings.Checked();

    /// <summary>Begins the names of the streams of random numbers.</summary>
    public string Stream { get; init; } = "sampling";

    /// <summary>What has come from the model's device so far.</summary>
    public LogitTraffic Traffic { get; } = new();

    /// <summary>
    /// Responses in prompt order, chunk by chunk as they are finished: a caller that stores them goes on after a break by passing the prompts that
    /// are left.
    /// </summary>
    /// <param name="prompts">Any part of the test set.</param>
    /// <param name="speed">Batch and chunk size, device.</param>
    /// <param name="cancel">Asked before each token.</param>
    /// <exception cref="ArgumentException">A prompt is empty, or too long for the model's positions.</exception>
    /// <exception cref="NotFiniteNumberException">A logit is NaN or +∞, or none of a position is finite.</exception>
    public IEnumerable<IReadOnlyList<SampledResponse>> Sample(
        IReadOnlyList<SamplingPrompt> prompts, GenerationSpeed speed, CancellationToken cancel = default)
    {
        foreach (SamplingPrompt prompt in prompts)
            Check(prompt);
        return speed.Ranks.Ranks == 1 ? prompts.Chunk(Even(prompts.Count, speed.ChunkSize)).Select(chunk => Chunk(chunk, speed, cancel)) : Together(prompts, speed, cancel);
    }

    // the ranks take a chunk each; smaller ones where there is not a whole one for each
    private IEnumerable<IReadOnlyList<SampledResponse>> Together(IReadOnlyList<SamplingPrompt> prompts, GenerationSpeed speed, CancellationToken cancel)
    {
        int ranks = speed.Ranks.Ranks;
        SamplingPrompt[][] chunks = [.. prompts.Chunk(Math.Min(speed.ChunkSize, (prompts.Count + ranks - 1) / ranks))];
        for (int first = 0; first < chunks.Length; first += ranks)
        {
            SampledResponse[] own = chunks.ElementAtOrDefault(first + speed.Ranks.Rank) is { } chunk ? Chunk(chunk, speed, cancel) : [];
            foreach (byte[] drawn in speed.Ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(own)))
                if (JsonSerializer.Deserialize<SampledResponse[]>(drawn) is { Length: > 0 } responses)
                    yield return responses;
        }
    }

    // parts of one size, as few as need be: a step of a small rest takes nearly as long as one of a whole part
    private static int Even(int count, int most)
    {
        int parts = Math.Max(1, (count + most - 1) / most);
        return Math.Max(1, (count + parts - 1) / parts);
    }

    private SampledResponse[] Chunk(SamplingPrompt[] prompts, GenerationSpeed speed, CancellationToken cancel)
    {
        var responses = new SampledResponse[prompts.Length];
        // prompts of like length share a batch, the longest first: the first batch needs the most memory
        foreach (int[] rows in Enumerable.Range(0, prompts.Length).OrderByDescending(row => prompts[row].Tokens.Length).Chunk(Even(prompts.Length, speed.BatchSize)))
        {
            SampledResponse[] finished = Batch([.. rows.Select(row => prompts[row])], speed, cancel);
            for (int i = 0; i < rows.Length; i++)
                responses[rows[i]] = finished[i];
        }
        return responses;
    }

    private SampledResponse[] Batch(SamplingPrompt[] prompts, GenerationSpeed speed, CancellationToken cancel)
    {
        using IDisposable noGrad = no_grad();
        ResponseInProgress[] all = [.. prompts.Select(prompt => new ResponseInProgress(prompt, seed, Stream))];
        using var batch = new DecodingBatch(model, all, _settings.MaxNewTokens, speed);
        for (int position = 0; position < _settings.MaxNewTokens && batch.HasLiveRows; position++)
        {
            cancel.ThrowIfCancellationRequested();
            CollectionPoint.Pass();
            Choose(batch, speed);
            batch.DropFinishedRows();
        }
        return [.. all.Select(response => response.Finished())];
    }

    private void Choose(DecodingBatch batch, GenerationSpeed speed)
    {
        using LogitRows logits = batch.NextLogits(Traffic);
        IReadOnlyList<ResponseInProgress> rows = batch.Rows;
        double[] draws = [.. rows.Select(row => row.Ended ? 0 : row.NextDraw())];
        var choices = new TokenChoice?[rows.Count];
        if ((speed.DrawsOnDevice ? logits.Drawn(_settings, draws) : logits.DrawnOnHost(_settings, draws)) is { } told)
            choices = [.. told.Select((drawn, row) => rows[row].Ended ? null : TokenChoice.Of(drawn, _settings, draws[row]))];
        int[] untold = [.. Enumerable.Range(0, rows.Count).Where(row => !rows[row].Ended && choices[row] is null)];
        foreach ((int place, TokenChoice choice) in FromWholeRows(logits, untold, [.. untold.Select(row => (rows[row], draws[row]))]).Index())
            choices[untold[place]] = choice;
        for (int row = 0; row < choices.Length; row++)
        {
            if (choices[row] is not { } choice)
                continue;
            if (!choice.Sure && Exact)
            {
                Traffic.RowsAgain++;
                using LogitRows alone = batch.LogitsAlone(rows[row], Traffic);
                choice = (speed.DrawsOnDevice ? TokenChoice.Of(alone.Drawn(_settings, [draws[row]])[0], _settings, draws[row]) : null)
                    ?? FromWholeRows(alone, [0], [(rows[row], draws[row])])[0];
            }
            rows[row].Add(choice.Token, endTokens);
        }
    }

    private TokenChoice[] FromWholeRows(LogitRows logits, int[] rows, (ResponseInProgress Response, double Draw)[] responses)
    {
        if (rows.Length == 0)
            return [];
        int vocabulary = (int)model.Shape.Vocabulary;
        float[] whole = logits.Whole(rows);
        var choices = new TokenChoice[rows.Length];
        var faults = new string?[rows.Length]; // an exception inside the loop would come out wrapped, and not always the same one
        Parallel.For(0, rows.Length, row =>
        {
            Span<float> own = whole.AsSpan(row * vocabulary, vocabulary);
            faults[row] = UnusableLogits.Fault(own);
            if (faults[row] == null)
                choices[row] = TokenChoice.Of(Wide(own), _settings, responses[row].Draw);
        });
        return Array.FindIndex(faults, fault => fault != null) is >= 0 and int bad ? throw UnusableLogits.Of(responses[bad].Response, faults[bad]!) : choices;
    }

    private bool Exact => model.Head.dtype is ScalarType.Float32 or ScalarType.Float64;

    private static double[] Wide(ReadOnlySpan<float> logits)
    {
        var wide = new double[logits.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = logits[i];
        return wide;
    }

    private void Check(SamplingPrompt prompt)
    {
        if (prompt.Tokens.Length == 0)
            throw new ArgumentException($"prompt {prompt.Index} is empty: the first token needs something to follow");
        if (prompt.Tokens.Length + _settings.MaxNewTokens > model.Shape.MaxPositions)
            throw new ArgumentException($"prompt {prompt.Index} has {prompt.Tokens.Length} tokens; with {_settings.MaxNewTokens} new ones that is more "
                + $"than the model's {model.Shape.MaxPositions} positions: shorten the prompts or lower max new tokens");
    }
}
