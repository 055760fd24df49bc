using System.Globalization;
using Alignment.Checkpoints.Safetensors;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// The tensors of one part of a checkpoint. One rank writes them whole into PART.safetensors; of several each writes its pieces, flat, into PART.RANK.safetensors,
/// a piece that begins at number n of its tensor as NAME@n. Any number of ranks reads what any other wrote.
/// </summary>
internal sealed class CheckpointPieces : IDisposable
{
    private const char At = '@';
    private readonly string _path;
    private readonly List<SafetensorsFile> _files = [];
    private readonly ILookup<string, (long? From, SafetensorsFile File, string Key)> _byName;

    /// <summary>Opens a part's files.</summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public CheckpointPieces(string folder, string part)
    {
        _path = Path.Combine(folder, part + ".safetensors");
        string[] paths = File.Exists(_path) ? [_path] : [.. Directory.EnumerateFiles(folder, part + ".*.safetensors").Order(StringComparer.Ordinal)];
        foreach (string path in paths)
            _files.Add(SafetensorsFile.Open(path));
        _byName = _files.SelectMany(file => file.Entries.Select(entry => (Parsed: Parse(entry.Name), file, entry.Name)))
            .ToLookup(item => item.Parsed.Name, item => (item.Parsed.From, item.file, item.Name));
    }

    /// <summary>The name of a file that one of so many ranks writes.</summary>
    public static string FileName(string part, int rank, int ranks) =>
        ranks == 1 ? part + ".safetensors" : string.Create(CultureInfo.InvariantCulture, $"{part}.{rank:D5}.safetensors");

    /// <summary>The name of a piece.</summary>
    public static string Key(string name, long from) => string.Create(CultureInfo.InvariantCulture, $"{name}{At}{from}");

    /// <summary>Fills a tensor, or a piece of one, by its name.</summary>
    /// <exception cref="InvalidDataException">The part has it not, not whole, or in another shape or type.</exception>
    public void Fill(string key, Tensor target)
    {
        using var scope = NewDisposeScope();
        (string name, long? from) = Parse(key);
        long begin = from ?? 0, left = target.numel();
        Tensor flat = target.is_contiguous() ? target.view(-1) : throw new ArgumentException($"{key} is not contiguous");
        foreach ((long? storedFrom, SafetensorsFile file, string storedKey) in _byName[name])
        {
            Tensor stored = file.Tensor(storedKey);
            bool whole = storedFrom == null && from == null;
            if (stored.dtype != target.dtype || (whole && !stored.shape.SequenceEqual(target.shape)))
                throw new InvalidDataException($"{_path}: {name} is {stored.dtype} [{string.Join(", ", stored.shape)}], "
                    + $"the model has {target.dtype} [{string.Join(", ", target.shape)}]");
            long at = storedFrom ?? 0, first = Math.Max(at, begin), end = Math.Min(at + stored.numel(), begin + target.numel());
            if (end > first)
            {
                flat.narrow(0, first - begin, end - first).copy_(stored.view(-1).narrow(0, first - at, end - first));
                left -= end - first;
            }
            if (storedFrom == null)
                break; // each rank has written it whole
        }

        if (left != 0)
            throw new InvalidDataException($"{_path}: holds {(_byName.Contains(name) ? "not all of" : "no tensor")} {name}: delete the folder to start anew");
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
            file.Dispose();
    }

    private static (string Name, long? From) Parse(string key)
    {
        int at = key.LastIndexOf(At);
        return at < 0 ? (key, null) : (key[..at], long.Parse(key.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
