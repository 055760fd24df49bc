using System.Text.Json.Nodes;
using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>config.json as transformers 4 and 5 write it is the same model, and so is what the library writes.</summary>
internal static class GoldenConfigs
{
    private const string Five = "config.v5.json", Generation = "generation_config.json";

    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        DecoderConfig config = folder.Config();
        tally.Begin("configuration");
        if (folder.Has(Five))
        {
            JsonNode? type = JsonNode.Parse(File.ReadAllBytes(folder.Read(Five)))!["dtype"];
            tally.Holds("dtype is named", type != null);
            Same(tally, "config.v5.json", folder.Config(Five), config);
        }
        if (folder.Has(Generation))
            tally.Holds("every end token is known", DecoderConfig.ReadFolder(Path.GetDirectoryName(folder.Read(Generation))!).EndTokens is { Count: > 0 });
        using Decoder model = folder.Load(config);
        string saved = folder.Save(model, "saved");
        Same(tally, "the configuration of a saved folder", DecoderConfig.ReadFolder(saved), config);
        tally.Begin("weights");
        Dictionary<string, Tensor> written = SafetensorsFile.Read(Path.Combine(saved, "model.safetensors"));
        GoldenTensors stored = folder.Tensors("model.safetensors");
        tally.Same("names", written.Keys.Order(StringComparer.Ordinal), stored.Names.Order(StringComparer.Ordinal));
        foreach ((string name, Tensor weight) in written)
            tally.Holds($"{name} keeps its bits", weight.bytes.SequenceEqual(stored[name].to(weight.dtype).bytes));
    }

    private static void Same(GoldenTally tally, string what, DecoderConfig found, DecoderConfig expected)
    {
        tally.Same(what, [found with { EndTokens = [] }], [expected with { EndTokens = [] }]);
        tally.Same($"{what}, end tokens", found.EndTokens, expected.EndTokens);
    }
}
