using System.Text;
using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Checkpoints.Hub;

/// <summary>A model's weights in a folder laid out as on the Hugging Face hub: config.json and one or more safetensors files.</summary>
internal static class HubCheckpoint
{
    /// <summary>The size above which <see cref="Save(nn.Module, string, string, long)"/> begins another file.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    /// <summary>Faults that are named in full.</summary>
    internal const int NamedFaults = 100;

    // buffers of old checkpoints that are computed, not learned
    private static readonly string[] s_deadBuffers = [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"];

    /// <summary>Fills every parameter and persistent buffer of a module; dtypes are converted to the module's.</summary>
    /// <param name="module">Its names are the checkpoint's keys.</param>
    /// <param name="folder">Holds model.safetensors or pytorch_model.bin, or the index of either and its shards; safetensors go first.</param>
    /// <exception cref="InvalidDataException">Missing, unexpected or wrongly shaped tensors, all in one message; or a malformed file.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no weights.</exception>
    public static void Load(nn.Module module, string folder) => Load(module, folder, new Dictionary<string, string>());

    /// <summary>As <see cref="Load(nn.Module, string)"/>, where the checkpoint may repeat tied tensors.</summary>
    /// <param name="module">Its names are the checkpoint's keys.</param>
    /// <param name="folder">As there.</param>
    /// <param name="ties">Name of a tensor that may stand in the checkpoint, though the module has it under the other name only; both must be
    /// equal.</param>
    /// <exception cref="InvalidDataException">As there, or tied tensors differ.</exception>
    public static void Load(nn.Module module, string folder, IReadOnlyDictionary<string, string> ties)
    {
        using var files = HubFiles.Open(folder);
        Load(module, files, ties);
    }

    /// <summary>As <see cref="Load(nn.Module, string, IReadOnlyDictionary{string, string})"/>, from files that are open.</summary>
    internal static void Load(nn.Module module, HubFiles files, IReadOnlyDictionary<string, string> ties)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Dictionary<string, Tensor> targets = module.state_dict();
        Require(files, targets.Select(item => new StoredTensor(item.Key, item.Value.dtype, item.Value.shape)), ties);
        foreach ((string name, Tensor target) in targets)
            files.CopyTo(name, target);
        foreach ((string copy, string name) in DifferingTies(files, ties))
            throw new InvalidDataException($"{files.Folder}: {copy} differs from {name}, and the configuration ties them (tie_word_embeddings); "
                + "set it to false to read both");
    }

    /// <summary>Writes config.json and the weights into a new folder, which appears under its name only when it is complete.</summary>
    /// <param name="module">Its parameters and persistent buffers are written in their own dtype.</param>
    /// <param name="folder">Must not exist, or be empty.</param>
    /// <param name="configJson">The text of config.json.</param>
    /// <param name="shardBytes">A file holds at most so many bytes of weights, or one tensor.</param>
    /// <exception cref="IOException">The folder exists and is not empty.</exception>
    public static void Save(nn.Module module, string folder, string configJson, long shardBytes = DefaultShardBytes) =>
        Save(module, folder, new Dictionary<string, byte[]> { ["config.json"] = Encoding.UTF8.GetBytes(configJson) }, shardBytes);

    /// <summary>Writes the weights and the given files into a new folder, which appears under its name only when it is complete.</summary>
    /// <param name="module">Its parameters and persistent buffers are written in their own dtype.</param>
    /// <param name="folder">Must not exist, or be empty.</param>
    /// <param name="files">Content of every other file, by name.</param>
    /// <param name="shardBytes">A file holds at most so many bytes of weights, or one tensor.</param>
    /// <exception cref="IOException">The folder exists and is not empty.</exception>
    public static void Save(nn.Module module, string folder, IReadOnlyDictionary<string, byte[]> files, long shardBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shardBytes);
        NewFolder.Write(folder, partial =>
        {
            using var scope = NewDisposeScope();
            HubFiles.Write(partial, module.state_dict(), shardBytes);
            foreach ((string name, byte[] content) in files)
                NewFolder.WriteFile(Path.Combine(partial, name), content);
        });
    }

    /// <summary>Refuses a folder whose tensors are not those of a model, before any memory is taken for it.</summary>
    /// <param name="folder">As in <see cref="Load(nn.Module, string)"/>.</param>
    /// <param name="wanted">The model's parameters.</param>
    /// <param name="ties">As in <see cref="Load(nn.Module, string, IReadOnlyDictionary{string, string})"/>.</param>
    /// <exception cref="InvalidDataException">As there.</exception>
    internal static void Require(string folder, IEnumerable<StoredTensor> wanted, IReadOnlyDictionary<string, string> ties)
    {
        using var files = HubFiles.Open(folder);
        Require(files, wanted, ties);
    }

    /// <summary>As <see cref="Require(string, IEnumerable{StoredTensor}, IReadOnlyDictionary{string, string})"/>, of files that are open.</summary>
    internal static void Require(HubFiles files, IEnumerable<StoredTensor> wanted, IReadOnlyDictionary<string, string> ties)
    {
        IReadOnlyList<string> faults = Faults(files, wanted, ties);
        string count = faults.Count > NamedFaults ? $"more than {NamedFaults}" : $"{faults.Count}";
        if (faults.Count > 0)
            throw new InvalidDataException(
                $"{files.Folder}: the checkpoint does not fit the model ({count} faults)\n  {string.Join("\n  ", faults.Take(NamedFaults))}{NoJudge(faults)}");
    }

    private static string NoJudge(IReadOnlyList<string> faults) => !faults.Any(fault => fault.StartsWith("missing: score.weight", StringComparison.Ordinal)) ? ""
        : "\n  a judge has score.weight in place of a language model's head: name a reward model, or let the recipe train one";

    /// <summary>
    /// What keeps the tensors of a checkpoint from filling a model, ordered by name; one more than <see cref="NamedFaults"/> where there are more.
    /// </summary>
    internal static IReadOnlyList<string> Faults(HubFiles files, IEnumerable<StoredTensor> wanted, IReadOnlyDictionary<string, string> ties)
    {
        HashSet<string> names = [];
        List<(string Name, string Fault)> faults = [];
        foreach (StoredTensor target in wanted)
        {
            names.Add(target.Name);
            if (Fault(target, files.Entries.GetValueOrDefault(target.Name)) is { } fault)
                faults.Add((target.Name, fault));
            if (faults.Count > NamedFaults)
                break;
        }
        IEnumerable<string> unexpected = faults.Count > NamedFaults ? []
            : files.Entries.Keys.Where(name => !names.Contains(name) && !IsTie(name) && !IsDead(name)).Order(StringComparer.Ordinal)
                .Select(name => $"unexpected: {name} {Text(files.Entries[name].Shape)}");
        return [.. files.Faults.Concat(faults.OrderBy(item => item.Name, StringComparer.Ordinal).Select(item => item.Fault)).Concat(unexpected)
            .Take(NamedFaults + 1)];

        bool IsTie(string name) => ties.TryGetValue(name, out string? kept) && files.Entries.TryGetValue(kept, out StoredTensor? entry)
            && files.Entries[name].Shape.SequenceEqual(entry.Shape);
    }

    /// <summary>The tensors a checkpoint repeats under another name with other numbers.</summary>
    internal static IEnumerable<(string Copy, string Kept)> DifferingTies(HubFiles files, IReadOnlyDictionary<string, string> ties) =>
        from tie in ties
        where files.Entries.TryGetValue(tie.Key, out StoredTensor? copy) && files.Entries.TryGetValue(tie.Value, out StoredTensor? kept)
            && copy.Shape.SequenceEqual(kept.Shape) && !Same(files, tie.Key, tie.Value)
        select (tie.Key, tie.Value);

    /// <summary>Whether a name is that of a buffer old checkpoints hold and no model reads.</summary>
    internal static bool IsDead(string name) => s_deadBuffers.Any(dead => name.EndsWith(dead, StringComparison.Ordinal));

    private static string? Fault(StoredTensor target, StoredTensor? entry) => entry == null ? $"missing: {target.Name} {Text(target.Shape)}"
        : !entry.Shape.SequenceEqual(target.Shape)
            ? $"wrong shape: {target.Name} is {Text(entry.Shape)} in the checkpoint, {Text(target.Shape)} in the model"
        : is_floating_point(entry.Type) != is_floating_point(target.Type)
            ? $"wrong dtype: {target.Name} is {entry.Type} in the checkpoint, {target.Type} in the model"
        : null;

    private static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";

    private static bool Same(HubFiles files, string one, string other)
    {
        using var scope = NewDisposeScope();
        return files.Tensor(one).equal(files.Tensor(other)).all().item<bool>();
    }
}
