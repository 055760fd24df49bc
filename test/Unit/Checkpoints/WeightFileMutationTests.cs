using Alignment.Checkpoints;
using Alignment.Checkpoints.Safetensors;
using Alignment.Checkpoints.Torch;
using Alignment.Models;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using Alignment.Tests.Unit.Checkpoints.Torch;
using Alignment.Tests.Unit.Models;
using Alignment.Tests.Unit.Mutations;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Checkpoints;

/// <summary>Damaged weight files load or give one InvalidDataException that names them.</summary>
[NonParallelizable]
public class WeightFileMutationTests
{
    private SafetensorsBytes _files = null!;

    [SetUp]
    public void NewFolder() => _files = new();

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [Test]
    public void Fifteen_hundred_damaged_safetensors_load_or_are_refused()
    {
        using var scope = NewDisposeScope();
        string path = Path.Combine(_files.Folder, "x.safetensors");
        var tensors = new Dictionary<string, Tensor> { ["a.weight"] = ones(3, 4), ["b"] = ones(5, dtype: ScalarType.BFloat16), ["c"] = ones(2) > 0 };
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        Run(path).Read(1500, () => InScope(() => SafetensorsFile.Read(path).Values));
    }

    [Test]
    public void A_thousand_damaged_torch_archives_load_or_are_refused()
    {
        byte[] numbers = [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((float)i))];
        byte[] pickle = TorchZip.Pickle(TorchZip.Dictionary("w", TorchZip.Tensor("0", 6, 0, [2, 3], [1, 2])));
        string path = _files.Write(TorchZip.Of(pickle, ("0", numbers)), "pytorch_model.bin");
        Run(path).Read(1000, () => InScope(() =>
        {
            using TorchArchive archive = TorchArchive.Open(path);
            return [.. archive.Names.Select(archive.Tensor)];
        }));
    }

    [TestCase("model-00001-of-00003.safetensors", 300)]
    [TestCase("model-00003-of-00003.safetensors", 300)]
    public void Damaged_shards_of_a_model_load_or_are_refused(string name, int rounds)
    {
        string folder = Sharded();
        Run(Path.Combine(folder, name)).Read(rounds, () => Loaded(folder));
    }

    // a file the index names may be gone: that error has a type of its own
    [Test]
    public void Six_hundred_damaged_indices_load_or_are_refused()
    {
        string folder = Sharded();
        Run(Path.Combine(folder, "model.safetensors.index.json")).Read(600, () =>
        {
            try
            {
                return Loaded(folder);
            }
            catch (FileNotFoundException missing)
            {
                throw new InvalidDataException(missing.Message, missing);
            }
        });
    }

    private static MutationRun Run(string path) => new(path, typeof(InvalidDataException));

    private string Sharded()
    {
        string folder = Path.Combine(_files.Folder, "model");
        using Decoder model = TinyPhi3.Model();
        model.Save(folder, new Dictionary<string, byte[]>(), shardBytes: 40_000);
        return folder;
    }

    private static long Loaded(string folder)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Decoder.Load(folder);
        return model.state_dict().Values.Sum(TensorMemory.Bytes);
    }

    private static long InScope(Func<IEnumerable<Tensor>> read)
    {
        using var scope = NewDisposeScope();
        return read().Sum(TensorMemory.Bytes);
    }
}
