using Alignment.Checkpoints;
using Alignment.Checkpoints.Hub;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

[Category("Golden")]
public class GoldenHubCheckpointTests
{
    [TestCase("phi3-tiny", "right.logits")]
    [TestCase("phi3-tiny-sharded", "right.logits")]
    [TestCase("phi3-tiny-bf16", "bf16weights.right.logits")]
    public void A_folder_gives_the_logits_of_the_reference(string folder, string expected)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Load(folder);
        var golden = new GoldenModel("phi3-tiny");
        GoldenTally tally = new($"{folder}/model.safetensors");
        golden.Compare(tally, expected, (golden.Logits(model, "right"), GoldenTensors.Read("phi3-tiny", "expected_logits.safetensors")[expected]), "right", GoldenTolerances.Logits(folder));
        tally.Finish();
    }

    [Test]
    public void A_model_written_in_shards_is_read_back_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        using Decoder model = Load("phi3-tiny"), again = Load("phi3-tiny-bf16");
        string folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"hub-{TestContext.CurrentContext.Test.ID}");
        try
        {
            // a quarter of the weights, so at least four shards
            long bytes = model.parameters().Sum(parameter => TensorMemory.Bytes(parameter));
            HubCheckpoint.Save(model, folder, File.ReadAllText(GoldenSet.File("phi3-tiny", "config.json")), bytes / 4);
            HubCheckpoint.Load(again, folder);
            Assert.That(Directory.GetFiles(folder, "model-*.safetensors"), Has.Length.GreaterThanOrEqualTo(4));
            foreach ((string name, Tensor tensor) in GoldenTensors.Read("phi3-tiny", "model.safetensors"))
                Assert.That(again.state_dict()[name].bytes.SequenceEqual(tensor.bytes), name);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Decoder Load(string folder)
    {
        var model = new Decoder(DecoderConfig.Read(GoldenSet.File(folder, "config.json")));
        HubCheckpoint.Load(model, GoldenSet.File(folder));
        return model;
    }
}
