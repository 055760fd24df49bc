using Alignment.Files;
using Alignment.Generation;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Bench.Plain;

/// <summary>
/// Sampling as transformers' generate does it: a left-padded batch, a cache that grows by concatenation, temperature, then top-p by sorting the whole row.
/// The draws are those of <see cref="Sampler"/>, on the tokens in the order of their ids, so that responses can be compared; generate's multinomial costs
/// as much.
/// </summary>
internal sealed class CachedGeneration(PlainDecoder model, int layers)
{
    /// <summary>So many new tokens for every prompt.</summary>
    public int[][] Sample(SamplingPrompt[] prompts, SamplingSettings settings, ulong seed) => Sample(prompts, settings, seed, new HashSet<int>());

    /// <summary>Responses, the token that ended one included; all rows are computed until the last has ended.</summary>
    public int[][] Sample(SamplingPrompt[] prompts, SamplingSettings settings, ulong seed, IReadOnlySet<int> ends)
    {
        using IDisposable noGrad = no_grad();
        using var outer = NewDisposeScope();
        using var cache = new PlainCache(layers);
        SeededRandom[] draws = [.. prompts.Select(prompt => new SeededRandom(seed, $"sampling/{prompt.Index}"))];
        int longest = prompts.Max(prompt => prompt.Tokens.Length);
        Tensor tokens = Left(prompt => prompt.Tokens.Select(id => (long)id)), mask = Left(prompt => prompt.Tokens.Select(_ => 1L));
        List<int>[] responses = [.. prompts.Select(_ => new List<int>())];
        for (int position = 0; position < settings.MaxNewTokens && responses.Any(IsOpen); position++)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = model.HiddenStates(tokens, mask, cache);
            Tensor logits = linear(hidden.select(1, hidden.shape[1] - 1), model.Head); // [rows, vocabulary]
            Tensor uniform = tensor(draws.Select(row => (float)row.NextDouble()).ToArray(), device: logits.device).unsqueeze(1);
            tokens = Drawn(logits, settings, uniform).MoveToOuterDisposeScope();
            mask = cat([mask, ones_like(tokens)], 1).MoveToOuterDisposeScope();
            long[] chosen = tokens.cpu().data<long>().ToArray();
            for (int row = 0; row < responses.Length; row++)
                if (IsOpen(responses[row]))
                    responses[row].Add((int)chosen[row]);
        }
        return [.. responses.Select(response => response.ToArray())];

        bool IsOpen(List<int> response) => response.Count == 0 || !ends.Contains(response[^1]);

        Tensor Left(Func<SamplingPrompt, IEnumerable<long>> values) => tensor(
            [.. prompts.SelectMany(prompt => Enumerable.Repeat(0L, longest - prompt.Tokens.Length).Concat(values(prompt)))], [prompts.Length, longest], device: model.Head.device);
    }

    // [rows, 1]
    private static Tensor Drawn(Tensor logits, SamplingSettings settings, Tensor uniform)
    {
        Tensor scaled = logits / settings.Temperature;
        (Tensor sorted, Tensor ids) = scaled.sort(-1, descending: false);
        Tensor dropped = softmax(sorted, -1).cumsum(-1).le(1 - settings.TopP);
        dropped.select(1, dropped.shape[1] - 1).fill_(false); // the likeliest stays
        Tensor probabilities = softmax(scaled.masked_fill(dropped.scatter(1, ids, dropped), float.NegativeInfinity), -1);
        return searchsorted(probabilities.cumsum(-1), uniform, right: true).clamp_max(logits.shape[1] - 1);
    }
}
