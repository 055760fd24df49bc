using System.Text;
using System.Text.Json;
using Alignment.Checkpoints.Safetensors;
using Alignment.Checkpoints.Torch;
using Alignment.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Checkpoints.Hub;

/// <summary>The weight files of a checkpoint folder as one set of tensors.</summary>
internal sealed class HubFiles(string folder) : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private static readonly string[] s_entryPoints = [SingleFile, IndexFile, "pytorch_model.bin", "pytorch_model.bin.index.json"];
    private static readonly Dictionary<string, string> s_metadata = new() { ["format"] = "pt" };
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };
    private readonly Dictionary<string, IWeightFile> _files = [];
    private readonly Dictionary<string, string> _fileOf = [];

    /// <summary>Where they lie, for messages.</summary>
    public string Folder { get; } = folder;

    /// <summary>Every tensor by name.</summary>
    public Dictionary<string, StoredTensor> Entries { get; } = [];

    /// <summary>Disagreements between the index and the shards.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Opens model.safetensors, or the shards its index names; else pytorch_model.bin, or the shards its index names.</summary>
    /// <exception cref="FileNotFoundException">Neither is there, or a shard is missing.</exception>
    /// <exception cref="InvalidDataException">The index or a file is malformed.</exception>
    public static HubFiles Open(string folder)
    {
        var files = new HubFiles(folder);
        try
        {
            string? found = s_entryPoints.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)))
                ?? throw new FileNotFoundException(
                    $"{folder}: holds no weights; wanted {string.Join(", ", s_entryPoints.SkipLast(1))} or {s_entryPoints[^1]}");
            if (found.EndsWith(".index.json", StringComparison.Ordinal))
                files.AddShards(folder, Path.Combine(folder, found));
            else
                files.Add(folder, found, null);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Writes one file, or shards and their index, into a folder.</summary>
    public static void Write(string folder, Dictionary<string, Tensor> tensors, long shardBytes)
    {
        List<Dictionary<string, Tensor>> shards = [[]];
        long filled = 0, total = 0;
        foreach ((string name, Tensor tensor) in tensors)
        {
            long bytes = TensorMemory.Bytes(tensor);
            if (filled > 0 && filled + bytes > shardBytes)
            {
                shards.Add([]);
                filled = 0;
            }
            shards[^1].Add(name, tensor);
            filled += bytes;
            total += bytes;
        }
        if (shards.Count == 1)
        {
            SafetensorsWriter.Write(Path.Combine(folder, SingleFile), tensors, s_metadata);
            return;
        }
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string file = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            SafetensorsWriter.Write(Path.Combine(folder, file), shards[i], s_metadata);
            foreach (string name in shards[i].Keys)
                map.Add(name, file);
        }
        var index = new { metadata = new { total_size = total }, weight_map = map };
        NewFolder.WriteFile(Path.Combine(folder, IndexFile), Encoding.UTF8.GetBytes(JsonSerializer.Serialize(index, s_indented)));
    }

    /// <summary>A new CPU tensor.</summary>
    public Tensor Tensor(string name) => _files[_fileOf[name]].Tensor(name);

    /// <summary>Fills a tensor of any dtype and device; straight from the file where they are those of the file and the CPU.</summary>
    public void CopyTo(string name, Tensor target)
    {
        if (target.dtype == Entries[name].Type && target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            _files[_fileOf[name]].Fill(name, target);
            return;
        }
        using Tensor stored = Tensor(name);
        target.copy_(stored);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (IWeightFile file in _files.Values)
            file.Dispose();
    }

    private void Add(string folder, string name, Dictionary<string, string>? map)
    {
        string path = Path.Combine(folder, name);
        IWeightFile file = name.EndsWith(".safetensors", StringComparison.Ordinal) ? SafetensorsFile.Open(path) : TorchArchive.Open(path);
        _files.Add(name, file);
        foreach (StoredTensor entry in file.Tensors)
        {
            if (map != null && map.GetValueOrDefault(entry.Name) != name)
                Faults.Add($"index: {entry.Name} stands in {name}, and the index says {map.GetValueOrDefault(entry.Name) ?? "nothing of it"}");
            else
                (Entries[entry.Name], _fileOf[entry.Name]) = (entry, name);
        }
    }

    private void AddShards(string folder, string index)
    {
        Dictionary<string, string> map = ReadMap(index);
        foreach (string name in map.Values.Distinct().Order(StringComparer.Ordinal))
        {
            // an index comes from elsewhere: it may name files of its own folder only
            if (name.Length == 0 || name != Path.GetFileName(name))
                throw new InvalidDataException($"{index}: the shard \"{name}\" is not a file name");
            if (!File.Exists(Path.Combine(folder, name)))
                throw new FileNotFoundException($"{index}: the shard {name} is missing in {folder}");
            Add(folder, name, map);
        }
        Faults.AddRange(map.Where(item => !_fileOf.ContainsKey(item.Key))
            .Select(item => $"index: {item.Key} should stand in {item.Value}, and does not"));
    }

    private static Dictionary<string, string> ReadMap(string index)
    {
        byte[] text = File.ReadAllBytes(index);
        try
        {
            JsonElement root = WholeJson.Parse(text, s_strict);
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("weight_map", out JsonElement map)
                && map.ValueKind == JsonValueKind.Object && map.EnumerateObject().All(item => item.Value.ValueKind == JsonValueKind.String))
                return map.EnumerateObject().ToDictionary(item => item.Name, item => item.Value.GetString()!);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{index}: is not JSON with each name once ({JsonErrors.Text(text, fault)})", fault);
        }
        throw new InvalidDataException($"{index}: wanted an object with weight_map, an object of file names");
    }
}
