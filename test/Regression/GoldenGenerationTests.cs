using System.Text.Json;
using Alignment.Generation;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

[Category("Golden")]
public class GoldenGenerationTests
{
    [TestCase("greedy", new int[0])]
    [TestCase("greedy_with_eos", new[] { 2 })]
    public void Greedy_tokens_are_those_of_the_reference(string name, int[] endTokens)
    {
        using var scope = NewDisposeScope();
        using var model = new Decoder(DecoderConfig.Read(GoldenSet.File("phi3-tiny", "config.json")));
        HubCheckpoint.Load(model, GoldenSet.File("phi3-tiny"));
        JsonElement golden = JsonDocument.Parse(File.ReadAllText(GoldenSet.File("phi3-tiny", "expected.json"))).RootElement.GetProperty(name);
        int[][] expected = golden.GetProperty("tokens").Deserialize<int[][]>()!;

        var settings = new SamplingSettings { Temperature = 0, MaxNewTokens = expected[0].Length };
        SampledResponse[] responses = [.. new Sampler(model, settings, endTokens.ToHashSet(), 1).Sample(Prompts(), new()).Single()];

        for (int row = 0; row < expected.Length; row++)
        {
            int[] reference = [.. expected[row].Take(Array.FindIndex(expected[row], endTokens.Contains) is >= 0 and int end ? end + 1 : expected[row].Length)];
            Assert.That(responses[row].Tokens, Is.EqualTo(reference));
            Assert.That(responses[row].Ended, Is.EqualTo(reference.Length < expected[row].Length || endTokens.Contains(reference[^1])));
        }
    }

    private static SamplingPrompt[] Prompts()
    {
        Dictionary<string, Tensor> inputs = GoldenTensors.Read("phi3-tiny", "inputs.safetensors");
        long rows = inputs["left.input_ids"].shape[0];
        return [.. Enumerable.Range(0, (int)rows).Select(row => new SamplingPrompt(row, Row(inputs, row)))];
    }

    private static int[] Row(Dictionary<string, Tensor> inputs, int row)
    {
        long[] ids = inputs["left.input_ids"][row].data<long>().ToArray(), mask = inputs["left.attention_mask"][row].data<long>().ToArray();
        return [.. ids.Where((_, i) => mask[i] == 1).Select(id => (int)id)];
    }
}
