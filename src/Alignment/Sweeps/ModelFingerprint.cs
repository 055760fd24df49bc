using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>Tells models and tokenizers apart by every byte of the files they are loaded from; where these lie does not matter.</summary>
internal static class ModelFingerprint
{
    private static readonly string[] s_configurations = ["config.json", "adapter_config.json"];
    private static readonly string[] s_weights = ["*.safetensors", "*.safetensors.index.json", "*.bin", "*.bin.index.json"];

    /// <summary>Of a model folder's configuration and weights; other files in it (a tokenizer, a README) decide no weight.</summary>
    public static string OfWeights(string folder, FileHashes hashes)
    {
        using var content = new Fingerprint();
        IEnumerable<string> names = WeightFiles(folder).Select(path => Path.GetFileName(path))
            .Concat(s_configurations.Where(name => File.Exists(Path.Combine(folder, name))));
        foreach (string name in names.Distinct().Order(StringComparer.Ordinal))
            content.Add(name).Add(hashes.Of(Path.Combine(folder, name)));
        return content.Hex();
    }

    /// <summary>The files of a model folder's weights.</summary>
    public static IEnumerable<string> WeightFiles(string folder) => s_weights.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern));

    /// <summary>Of a model folder and the tokenizer in it.</summary>
    public static string OfWeightsAndTokenizer(string folder, FileHashes hashes)
    {
        using var content = new Fingerprint();
        return content.Add(OfWeights(folder, hashes)).Add(OfFiles(TokenizerFolder.Files(folder))).Hex();
    }

    /// <summary>Of small files by name and content, such as a tokenizer's.</summary>
    public static string OfFiles(IReadOnlyDictionary<string, byte[]> files)
    {
        using var content = new Fingerprint();
        foreach ((string name, byte[] bytes) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
            content.Add(name).Begin(bytes.Length).Append(bytes);
        return content.Hex();
    }
}
