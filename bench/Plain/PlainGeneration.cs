using Alignment.Files;
using Alignment.Generation;
using static TorchSharp.torch;

namespace Alignment.Bench.Plain;

/// <summary>Sampling without a cache: every new token runs the whole batch through the model again. The draws are those of <see cref="Sampler"/>.</summary>
/// <param name="hiddenStates">[rows, length] tokens and their mask → [rows, length, width].</param>
/// <param name="head">[vocabulary, width].</param>
internal sealed class PlainGeneration(Func<Tensor, Tensor, Tensor> hiddenStates, Tensor head)
{
    /// <summary>So many new tokens for every prompt.</summary>
    public int[][] Sample(SamplingPrompt[] prompts, SamplingSettings settings, ulong seed)
    {
        using IDisposable noGrad = no_grad();
        List<long>[] texts = [.. prompts.Select(prompt => prompt.Tokens.Select(id => (long)id).ToList())];
        SeededRandom[] draws = [.. prompts.Select(prompt => new SeededRandom(seed, $"sampling/{prompt.Index}"))];
        for (int position = 0; position < settings.MaxNewTokens; position++)
        {
            float[][] logits = NextLogits(texts);
            for (int row = 0; row < texts.Length; row++)
                texts[row].Add(TokenChoice.Of([.. logits[row].Select(logit => (double)logit)], settings, draws[row].NextDouble()).Token);
        }
        return [.. texts.Select((text, row) => text.Skip(prompts[row].Tokens.Length).Select(id => (int)id).ToArray())];
    }

    private float[][] NextLogits(List<long>[] texts)
    {
        using var scope = NewDisposeScope();
        int longest = texts.Max(text => text.Count);
        long[] tokens = [.. texts.SelectMany(text => text.Concat(Enumerable.Repeat(0L, longest - text.Count)))];
        long[] mask = [.. texts.SelectMany(text => Enumerable.Repeat(1L, text.Count).Concat(Enumerable.Repeat(0L, longest - text.Count)))];
        Tensor hidden = hiddenStates(Place(tokens), Place(mask)); // [rows, longest, width]
        long[] last = [.. texts.Select((text, row) => row * (long)longest + text.Count - 1)];
        Tensor logits = nn.functional.linear(hidden.reshape(-1, hidden.shape[2]).index_select(0, tensor(last, device: head.device)), head).cpu();
        return [.. Enumerable.Range(0, texts.Length).Select(row => logits[row].data<float>().ToArray())];

        Tensor Place(long[] values) => tensor(values, [texts.Length, longest], device: head.device);
    }
}
