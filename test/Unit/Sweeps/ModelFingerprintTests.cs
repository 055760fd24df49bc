using Alignment.Files;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

public class ModelFingerprintTests
{
    [TestCase("config.json", true), TestCase("adapter_config.json", true), TestCase("a.safetensors", true), TestCase("a.safetensors.index.json", true), TestCase("a.bin", true), TestCase("a.bin.index.json", true)]
    [TestCase("README.md", false), TestCase("training.json", false), TestCase("optimizer.pt", false)]
    public void Weights_are_told_apart_by_the_files_that_make_the_model(string file, bool counts)
    {
        using TemporaryFolder folder = new(), hashes = new();
        File.WriteAllText(folder.File("model.safetensors"), "weights");
        string before = Of();
        File.WriteAllText(folder.File(file), "1");
        string one = Of();
        File.WriteAllText(folder.File(file), "22");
        Assert.That((one != before, Of() != one), Is.EqualTo((counts, counts)));

        string Of() => ModelFingerprint.OfWeights(folder.Path, new FileHashes(hashes.Path, TimeProvider.System, _ => { }));
    }

    [Test]
    public void Of_a_folder_the_files_count_in_the_order_of_their_names()
    {
        using TemporaryFolder folder = new(), hashes = new();
        foreach (string name in new[] { "model.safetensors", "config.json", "b.bin" })
            File.WriteAllText(folder.File(name), name);
        FileHashes of = new(hashes.Path, TimeProvider.System, _ => { });
        using var plain = new Fingerprint();
        foreach (string name in new[] { "b.bin", "config.json", "model.safetensors" })
            plain.Add(name).Add(of.Of(folder.File(name)));
        Assert.That(ModelFingerprint.OfWeights(folder.Path, of), Is.EqualTo(plain.Hex()), "stores of before have it");
    }

    [Test]
    public void The_same_files_are_the_same_in_whatever_order_they_come_and_other_names_are_others()
    {
        byte[] first = [1, 2], second = [3];
        string both = ModelFingerprint.OfFiles(new Dictionary<string, byte[]> { ["a"] = first, ["b"] = second });
        Assert.That(ModelFingerprint.OfFiles(new Dictionary<string, byte[]> { ["b"] = second, ["a"] = first }), Is.EqualTo(both));
        using var plain = new Fingerprint();
        Assert.That(both, Is.EqualTo(plain.Add("a").Begin(2).Append(first).Add("b").Begin(1).Append(second).Hex()), "stores of before have the names in this order");
        Assert.That(new[] { both, Of("a", "b", [1], [2, 3]), Of("a", "c", first, second), Of("a", "b", second, first), Of("a", "b", first, [4]) }, Is.Unique);

        static string Of(string name, string other, byte[] bytes, byte[] others) => ModelFingerprint.OfFiles(new Dictionary<string, byte[]> { [name] = bytes, [other] = others });
    }
}
