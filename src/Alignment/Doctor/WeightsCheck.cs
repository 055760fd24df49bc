using Alignment.Checkpoints;
using Alignment.Checkpoints.Hub;
using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Doctor;

/// <summary>
/// Whether a folder's weights fill the model of its config.json: every key used once, shapes, dtypes, numbers. One tensor is held at a time; no
/// model is made.
/// </summary>
internal static class WeightsCheck
{
    private const int NamedFaults = 10;

    /// <summary>Checks config.json, the index or file of weights, and every number in it.</summary>
    /// <param name="folder">A Hugging Face folder, or adapters over one.</param>
    public static IReadOnlyList<Verdict> Of(ModelFolder folder)
    {
        try
        {
            DecoderConfig config = folder.Config();
            using HubFiles files = HubFiles.Open(folder.Base);
            return [Configuration(config), .. Adapters(folder, config), .. Keys(files, config), .. Contents(files, config), .. Numbers(files)];
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return [Verdict.Fail($"{e.Message}", File.Exists(Path.Combine(folder.Base, "config.json")) ? (FormattableString)$"mend what is named, or give another folder"
                : $"give a folder with config.json and its safetensors or pytorch_model.bin")];
        }
    }

    /// <summary>Each tensor of a folder, of a model or of adapters, that holds NaN or infinities, in words. Every number is read.</summary>
    /// <exception cref="InvalidDataException">The files are malformed.</exception>
    public static IEnumerable<string> Broken(string folder)
    {
        if (PeftFolder.IsOne(folder))
        {
            using IWeightFile adapters = PeftFolder.Open(folder);
            foreach (string broken in Broken(adapters.Tensors, adapters.Tensor))
                yield return broken;
            yield break;
        }

        using HubFiles files = HubFiles.Open(folder);
        foreach (string broken in Broken(files.Entries.Values, files.Tensor))
            yield return broken;
    }

    private static IEnumerable<string> Broken(IEnumerable<StoredTensor> stored, Func<string, Tensor> read) => stored.Where(IsRead)
        .Select(entry => (entry, Count(read, entry).Broken)).Where(count => count.Broken > 0).Select(count => Text(count.entry, count.Broken));

    private static IEnumerable<Verdict> Adapters(ModelFolder folder, DecoderConfig config)
    {
        if (folder.Adapter is not { } adapter)
            yield break;
        LoraSettings settings = PeftFolder.Require(config, adapter);
        yield return Verdict.Ok($"adapters of rank {settings.Rank} on {string.Join(", ", settings.Targets)}: merged into {folder.Base}, where training starts");
    }

    private static Verdict Configuration(DecoderConfig config)
    {
        ModelShape shape = config.Shape;
        string layers = $"{shape.Layers} layers of width {shape.Width}";
        string heads = $"{shape.Heads} heads{(shape.KeyValueHeads < shape.Heads ? $" ({shape.KeyValueHeads} of keys and values)" : "")}";
        return Verdict.Ok(
            $"config.json: {config.Family.ModelType}, {layers}, {heads}, {shape.Vocabulary} tokens, {shape.MaxPositions} positions");
    }

    private static IEnumerable<Verdict> Keys(HubFiles files, DecoderConfig config)
    {
        IReadOnlyList<string> faults = HubCheckpoint.Faults(files, DecoderWeights.Of(config), DecoderWeights.Ties(config));
        if (faults.Count == 0)
            yield return Verdict.Ok(
                $"keys: {files.Entries.Keys.Count(name => !HubCheckpoint.IsDead(name))} tensors, each is used once and every parameter is filled");
        foreach (string fault in faults.Take(NamedFaults))
            yield return Verdict.Fail($"{fault}", $"config.json and the weights must be of one model");
        if (faults.Count > NamedFaults)
            yield return Verdict.Fail($"{faults.Count - NamedFaults} more faults of this kind",
                $"compare config.json with the model the weights came from");
        foreach ((string copy, string kept) in HubCheckpoint.DifferingTies(files, DecoderWeights.Ties(config)))
            yield return Verdict.Fail($"{copy} differs from {kept}, and config.json ties them", $"set tie_word_embeddings to false to read both");
    }

    private static IEnumerable<Verdict> Contents(HubFiles files, DecoderConfig config)
    {
        string types = string.Join(", ", files.Entries.Values.CountBy(entry => SafetensorsDtype.Name(entry.Type))
            .OrderByDescending(type => type.Value).Select(type => $"{type.Key} × {type.Value}"));
        long stored = files.Entries.Values.Sum(entry => entry.Elements * TensorMemory.ElementBytes(entry.Type));
        long parameters = DecoderWeights.Of(config).Take(files.Entries.Count + 1).Sum(parameter => parameter.Elements);
        yield return Verdict.Note($"dtypes: {types}; {ByteCount.Text(stored)} stored");
        yield return Verdict.Note($"{parameters:N0} parameters, {ByteCount.Text(parameters * sizeof(float))} in float32, in which they are trained");
        string[] dead = [.. files.Entries.Keys.Where(HubCheckpoint.IsDead).Order(StringComparer.Ordinal)];
        if (dead.Length > 0)
            yield return Verdict.Note(
                $"passed over: {dead.Length} buffers of an older format ({string.Join(", ", dead.Take(3))}{(dead.Length > 3 ? ", …" : "")})");
    }

    private static IEnumerable<Verdict> Numbers(HubFiles files)
    {
        int sound = 0;
        foreach (StoredTensor entry in files.Entries.Values.Where(IsRead))
        {
            (long broken, bool zero) = Count(files.Tensor, entry);
            if (broken > 0)
                yield return Verdict.Fail($"{Text(entry, broken)}", $"get the file again from where it was made");
            else if (zero && entry.Shape.Length > 1)
                yield return Verdict.Warn($"{entry.Name} is zero throughout", $"a layer of zeros was never trained or never stored");
            else
                sound++;
        }
        yield return Verdict.Ok($"numbers: {sound} tensors are finite and not zero throughout");
    }

    private static bool IsRead(StoredTensor entry) => is_floating_point(entry.Type) && !HubCheckpoint.IsDead(entry.Name);

    private static string Text(StoredTensor entry, long broken) => $"{entry.Name}: {broken} of {entry.Elements} numbers are NaN or infinite";

    private static (long Broken, bool Zero) Count(Func<string, Tensor> read, StoredTensor entry)
    {
        using var scope = NewDisposeScope();
        Tensor values = read(entry.Name);
        return (values.isfinite().logical_not().sum().item<long>(), values.ne(0).any().logical_not().item<bool>());
    }
}
