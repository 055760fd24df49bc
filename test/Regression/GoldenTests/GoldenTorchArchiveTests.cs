using System.Text.Json;
using Alignment.Checkpoints.Torch;
using Alignment.Models.NeoX;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>torch's own file format, as OpenAssistant's reward model is published.</summary>
[Category("Golden")]
public class GoldenTorchArchiveTests
{
    private static readonly string s_path = GoldenSet.File("gptneox-rm-tiny", "pytorch_model.fp16.bin");
    private string _folder = null!;

    [SetUp]
    public void NewFolder() => _folder = Directory.CreateTempSubdirectory("torch-archive").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_numbers_are_those_of_the_safetensors_rounded_to_half()
    {
        using var scope = NewDisposeScope();
        using TorchArchive archive = TorchArchive.Open(s_path);
        GoldenTensors expected = GoldenTensors.Read("gptneox-rm-tiny", "model.safetensors");
        foreach ((string name, Tensor tensor) in expected)
            Assert.That(archive.Tensor(name).bytes.SequenceEqual(tensor.to(ScalarType.Float16).bytes), name);
        Assert.That(archive.Names.Except(expected.Names).Select(name => name.Split('.')[^1]).Distinct(),
            Is.EquivalentTo(new[] { "bias", "masked_bias", "inv_freq" }), "only dead buffers are left");
    }

    [Test]
    public void A_folder_with_nothing_but_the_archive_gives_the_rewards_of_the_reference()
    {
        File.Copy(s_path, Path.Combine(_folder, "pytorch_model.bin"));
        Check();
    }

    [Test]
    public void A_folder_with_the_archive_as_a_shard_gives_the_rewards_of_the_reference()
    {
        File.Copy(s_path, Path.Combine(_folder, "pytorch_model-00001-of-00001.bin"));
        using (TorchArchive archive = TorchArchive.Open(s_path))
            File.WriteAllText(Path.Combine(_folder, "pytorch_model.bin.index.json"),
                JsonSerializer.Serialize(new { weight_map = archive.Names.ToDictionary(name => name, _ => "pytorch_model-00001-of-00001.bin") }));
        Check();
    }

    private void Check()
    {
        File.Copy(GoldenSet.File("gptneox-rm-tiny", "config.json"), Path.Combine(_folder, "config.json"));
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using NeoXReward model = NeoXReward.Load(_folder);
        GoldenTensors inputs = GoldenTensors.Read("gptneox-rm-tiny", "inputs.safetensors");
        GoldenTally tally = new("gptneox-rm-tiny/pytorch_model.fp16.bin");
        tally.Begin("rewards");
        tally.Close("rewards", model.Forward(inputs["right.input_ids"], inputs["right.attention_mask"]),
            GoldenSet.Document("gptneox-rm-tiny", "expected.json")["fp16weights.right.rewards"], GoldenTolerances.Rewards);
        tally.Finish();
    }
}
