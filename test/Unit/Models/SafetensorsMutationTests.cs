using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

public class SafetensorsMutationTests
{
    [Test]
    public void Two_thousand_damaged_files_load_or_give_one_InvalidDataException()
    {
        using var files = new SafetensorsBytes();
        using var outer = NewDisposeScope();
        string path = Path.Combine(files.Folder, "x.safetensors");
        var tensors = new Dictionary<string, Tensor> { ["a.weight"] = ones(3, 4), ["b"] = ones(5, dtype: ScalarType.BFloat16), ["c"] = ones(2) > 0 };
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        byte[] good = File.ReadAllBytes(path);
        var random = new SeededRandom(7, "safetensors/mutations");
        int loaded = 0, refused = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 2000; round++)
        {
            File.WriteAllBytes(path, Damage(good, random));
            using var scope = NewDisposeScope();
            try
            {
                SafetensorsFile.Read(path);
                loaded++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.That(loaded, Is.GreaterThan(50));
        Assert.That(refused, Is.GreaterThan(1000));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2000 * 64 * 1024L));
    }

    private static byte[] Damage(byte[] good, SeededRandom random)
    {
        byte[] bytes = random.NextInt(4) == 0 ? good[..random.NextInt(good.Length)] : [.. good];
        for (int flips = 1 + random.NextInt(2); flips > 0 && bytes.Length > 0; flips--)
            bytes[random.NextInt(bytes.Length)] = random.NextInt(2) == 0 ? (byte)random.NextInt(256) : (byte)('0' + random.NextInt(10));
        return bytes;
    }
}
