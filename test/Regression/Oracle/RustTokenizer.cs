using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Tokenizers.DotNet;

namespace Alignment.Tests.Regression;

/// <summary>Hugging Face's own library, written in Rust, by the package Tokenizers.DotNet. It encodes without what a post-processor puts around a text.</summary>
internal sealed class RustTokenizer : IDisposable
{
    private readonly Tokenizer _tokenizer;

    /// <exception cref="IgnoreException">The library cannot be loaded on this machine.</exception>
    public RustTokenizer(byte[] tokenizerJson)
    {
        JsonNode json = JsonNode.Parse(tokenizerJson)!;
        foreach (string around in (string[])["post_processor", "padding", "truncation"])
            json[around] = null;
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json.ToJsonString());
            _tokenizer = new(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or TypeInitializationException)
        {
            throw new IgnoreException($"the library of Tokenizers.DotNet does not load here: {e.Message}", e);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Half a surrogate pair, which is no text, is given as what UTF-8 makes of it.</summary>
    public int[] Encode(string text) => [.. _tokenizer.Encode(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))).Select(id => (int)id)];

    /// <summary>The text without special tokens.</summary>
    public string Decode(IEnumerable<int> ids) => _tokenizer.Decode([.. ids.Select(id => (uint)id)]);

    public void Dispose() => _tokenizer.Dispose();
}
