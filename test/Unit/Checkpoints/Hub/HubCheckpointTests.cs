using Alignment.Checkpoints.Hub;
using Alignment.Checkpoints.Safetensors;
using Alignment.Files;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Checkpoints.Hub;

public class HubCheckpointTests
{
    private SafetensorsBytes _files = null!;

    [SetUp]
    public void NewFolder() => _files = new();

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [TestCase(5_000_000_000, new[] { "config.json", "model.safetensors" })]
    // 48 + 12 bytes of the first layer, 24 + 8 of the second
    [TestCase(60, new[] { "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json" })]
    public void A_saved_folder_read_again_is_the_same_bit_for_bit(long shardBytes, string[] names)
    {
        using var scope = NewDisposeScope();
        using nn.Module saved = Model(1), loaded = Model(2);
        string folder = Path.Combine(_files.Folder, "out");
        HubCheckpoint.Save(saved, folder, "{\"a\": 1}", shardBytes);
        HubCheckpoint.Load(loaded, folder);
        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal), Is.EqualTo(names));
        Assert.That(File.ReadAllText(Path.Combine(folder, "config.json")), Is.EqualTo("{\"a\": 1}"));
        Assert.That(Bytes(loaded), Is.EqualTo(Bytes(saved)));
        Assert.That(Directory.GetFileSystemEntries(_files.Folder), Has.Length.EqualTo(1));
    }

    [Test]
    public void Every_fault_stands_in_one_message()
    {
        using var scope = NewDisposeScope();
        Tensor integers = ones(3, dtype: ScalarType.Int32);
        Write("model.safetensors", new() { ["0.weight"] = ones(3, 4), ["0.bias"] = integers, ["2.weight"] = ones(2, 2), ["9.bias"] = ones(7) });
        using nn.Module model = Model(1);
        Assert.That(() => HubCheckpoint.Load(model, _files.Folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_files.Folder}: the checkpoint does not fit the model (4 faults)\n"
            + "  wrong dtype: 0.bias is Int32 in the checkpoint, Float32 in the model\n"
            + "  missing: 2.bias [2]\n"
            + "  wrong shape: 2.weight is [2, 2] in the checkpoint, [2, 3] in the model\n"
            + "  unexpected: 9.bias [7]"));
    }

    [TestCase(ScalarType.BFloat16)]
    [TestCase(ScalarType.Float16)]
    [TestCase(ScalarType.Float64)]
    public void Weights_take_the_dtype_of_the_module(ScalarType stored)
    {
        using var scope = NewDisposeScope();
        using nn.Module source = Model(3), target = Model(4);
        Write("model.safetensors", source.state_dict().ToDictionary(item => item.Key, item => item.Value.detach().to(stored)));
        HubCheckpoint.Load(target, _files.Folder);
        foreach ((string name, Tensor value) in target.state_dict())
            Assert.That(value.equal(source.state_dict()[name].detach().to(stored).to(ScalarType.Float32)).all().item<bool>(), name);
    }

    [Test]
    public void Dead_buffers_of_old_checkpoints_are_passed_over()
    {
        using var scope = NewDisposeScope();
        using nn.Module model = Model(1);
        Dictionary<string, Tensor> stored = model.state_dict();
        foreach (string dead in new[] { "h.0.attention.bias", "h.0.attention.masked_bias", "h.0.attention.rotary_emb.inv_freq" })
            stored.Add(dead, ones(1));
        Write("model.safetensors", stored);
        Assert.That(() => HubCheckpoint.Load(model, _files.Folder), Throws.Nothing);
    }

    [Test]
    public void A_folder_without_weights_is_refused()
    {
        using nn.Module model = Model(1);
        Assert.That(() => HubCheckpoint.Load(model, _files.Folder), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(
            $"{_files.Folder}: holds no weights; "
            + "wanted model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json"));
    }

    [TestCase("""{"weight_map":{"0.weight":"../../etc/passwd"}}""", "the shard \"../../etc/passwd\" is not a file name")]
    [TestCase("""{"weight_map":{"0.weight":7}}""", "wanted an object with weight_map, an object of file names")]
    [TestCase("[]", "wanted an object with weight_map, an object of file names")]
    public void A_bad_index_is_refused(string index, string message)
    {
        using nn.Module model = Model(1);
        string path = _files.Write(System.Text.Encoding.UTF8.GetBytes(index), "model.safetensors.index.json");
        Assert.That(() => HubCheckpoint.Load(model, _files.Folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: {message}"));
    }

    [TestCase("{", "line 1: the text ends before what it began: ")]
    [TestCase("{\"weight_map\":\n{'0.weight': \"a\"}}", "line 2: a single quote stands here: texts stand in double quotes")]
    [TestCase("""{"weight_map":{"0.weight":"a","0.weight":"b"}}""", "")]
    public void An_index_that_is_not_strict_json_is_refused(string index, string because)
    {
        using nn.Module model = Model(1);
        string path = _files.Write(System.Text.Encoding.UTF8.GetBytes(index), "model.safetensors.index.json");
        Assert.That(() => HubCheckpoint.Load(model, _files.Folder),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{path}: is not JSON with each name once ({because}"));
    }

    [Test]
    public void A_missing_shard_is_named()
    {
        using nn.Module model = Model(1);
        string path = _files.Write("""{"weight_map":{"0.weight":"a.safetensors"}}"""u8.ToArray(), "model.safetensors.index.json");
        Assert.That(() => HubCheckpoint.Load(model, _files.Folder), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(
            $"{path}: the shard a.safetensors is missing in {_files.Folder}"));
    }

    [Test]
    public void An_index_that_disagrees_with_its_shards_is_refused()
    {
        using var scope = NewDisposeScope();
        using nn.Module model = nn.Linear(2, 1, hasBias: false);
        Write("a.safetensors", new() { ["weight"] = ones(1, 2), ["stray"] = ones(1) });
        _files.Write("""{"weight_map":{"weight":"a.safetensors","ghost":"a.safetensors"}}"""u8.ToArray(), "model.safetensors.index.json");
        Assert.That(() => HubCheckpoint.Load(model, _files.Folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_files.Folder}: the checkpoint does not fit the model (2 faults)\n"
            + "  index: stray stands in a.safetensors, and the index says nothing of it\n"
            + "  index: ghost should stand in a.safetensors, and does not"));
    }

    [Test]
    public void Saving_into_a_folder_in_use_is_refused()
    {
        using nn.Module model = Model(1);
        _files.Write([1]);
        Assert.That(() => HubCheckpoint.Save(model, _files.Folder, "{}"), Throws.TypeOf<IOException>().With.Message.EqualTo(
            $"{_files.Folder}: is not empty; a checkpoint is written into a new folder, so delete this one or name another"));
    }

    [Test]
    public void Loading_leaves_no_tensor_behind()
    {
        using nn.Module model = Model(1);
        string folder = Path.Combine(_files.Folder, "out");
        HubCheckpoint.Save(model, folder, "{}");
        DisposeScopeManager.Statistics.Reset();
        HubCheckpoint.Load(model, folder);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    private void Write(string name, Dictionary<string, Tensor> tensors) => SafetensorsWriter.Write(Path.Combine(_files.Folder, name), tensors);

    private static byte[] Bytes(nn.Module module) =>
        [.. module.state_dict().OrderBy(item => item.Key).SelectMany(item => item.Value.bytes.ToArray())];

    private static nn.Module Model(ulong seed)
    {
        nn.Module model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2));
        var random = new SeededRandom(seed, "test/weights");
        using var scope = NewDisposeScope();
        using (no_grad())
            foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
            {
                float[] values = [.. Enumerable.Range(0, (int)parameter.numel()).Select(_ => (float)random.NextNormal())];
                parameter.copy_(tensor(values).reshape(parameter.shape));
            }
        return model;
    }
}
