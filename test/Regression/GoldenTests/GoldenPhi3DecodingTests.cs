using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

[Category("Golden")]
public class GoldenPhi3DecodingTests
{
    // right-padded prompts leave a gap before the first new token; the reference decodes from the left-padded ones
    [TestCase("left", "greedy", "config.json")]
    [TestCase("right", "greedy", "config.json")]
    [TestCase("left", "greedy_window", "config.window.json")]
    [TestCase("right", "greedy_window", "config.window.json")]
    public void Greedy_tokens_with_the_cache_are_those_of_the_reference(string side, string run, string config)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using Decoder model = GoldenPhi3.Load(config, WindowReading.ItselfExtra); // the window of transformers 4.40, which decoded
        GoldenTensors inputs = GoldenTensors.Read("phi3-tiny", "inputs.safetensors");
        Tensor tokens = inputs[side + ".input_ids"], mask = inputs[side + ".attention_mask"];
        GoldenJson golden = GoldenSet.Document("phi3-tiny", "expected.json")[run]["tokens"];
        int newTokens = golden[0].Ids.Length;
        using IKeyValueCache cache = model.NewCache(tokens.shape[0], tokens.shape[1] + newTokens);
        Tensor lastIndex = mask.mul(arange(mask.shape[1], ScalarType.Int64)).argmax(1);
        Tensor last = model.HiddenStates(tokens, mask, cache)[arange(tokens.shape[0], ScalarType.Int64), lastIndex]; // [rows, width]
        var chosen = new List<Tensor>();
        for (int step = 0; step < newTokens; step++)
        {
            chosen.Add(nn.functional.linear(last, model.Head).argmax(-1));
            mask = cat([mask, ones(mask.shape[0], 1, ScalarType.Int64)], 1);
            last = model.HiddenStates(chosen[^1].unsqueeze(1), mask, cache).squeeze(1);
        }
        GoldenTally tally = new($"phi3-tiny/expected.json, {run} through the cache, {side}-padded");
        Tensor found = stack(chosen, 1); // [rows, new tokens]
        foreach ((int row, GoldenJson expected) in golden.Items.Index())
        {
            tally.Begin($"row {row}");
            tally.Same("tokens", found[row].data<long>().ToArray(), expected.Read<long[]>());
        }

        tally.Finish();
    }
}
