using Alignment.Checkpoints.Safetensors;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

[Category("Golden")]
public class GoldenSafetensorsTests
{
    private static readonly string s_single = GoldenSet.File("phi3-tiny", "model.safetensors");

    [Test]
    public void Shards_hold_the_same_bytes_as_the_single_file()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> single = SafetensorsFile.Read(s_single), sharded = [];
        foreach (string shard in Directory.GetFiles(GoldenSet.File("phi3-tiny-sharded"), "*.safetensors"))
            foreach ((string name, Tensor tensor) in SafetensorsFile.Read(shard))
                sharded.Add(name, tensor);
        Assert.That(sharded.Keys, Is.EquivalentTo(single.Keys));
        foreach ((string name, Tensor tensor) in sharded)
            Assert.That(tensor.bytes.SequenceEqual(single[name].bytes), name);
    }

    [Test]
    public void The_bf16_file_is_the_single_file_rounded()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> single = SafetensorsFile.Read(s_single);
        foreach ((string name, Tensor tensor) in SafetensorsFile.Read(GoldenSet.File("phi3-tiny-bf16", "model.safetensors")))
            Assert.That(tensor.equal(single[name].to(ScalarType.BFloat16)).all().item<bool>(), name);
    }

    [Test]
    public void Every_golden_file_is_well_formed()
    {
        string[] paths = Directory.GetFiles(GoldenSet.Root, "*.safetensors", SearchOption.AllDirectories);
        Assert.That(paths, Has.Length.GreaterThan(10));
        foreach (string path in paths)
            using (var file = SafetensorsFile.Open(path))
                Assert.That(file.Entries, Is.Not.Empty, path);
    }
}
