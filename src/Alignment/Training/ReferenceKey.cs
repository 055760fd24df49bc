using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Alignment.Checkpoints;
using Alignment.Checkpoints.Safetensors;
using Alignment.Data;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>SHA-256 of weights and tokens: equal content has equal hashes, whatever it is called.</summary>
internal static class ReferenceKey
{
    private const int Digits = 20;
    private const string Layout = "sums and shared sums"; // of the file's rows

    /// <summary>The first digits of the hash of a module's parameters and of the pairs' sources and token ids.</summary>
    public static string Of(nn.Module module, IReadOnlyList<TokenizedPair> pairs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Layout);
        foreach ((string name, Tensor parameter) in module.named_parameters().OrderBy(item => item.name, StringComparer.Ordinal))
            Add(hash, name, parameter);
        foreach (TokenizedPair pair in pairs)
        {
            Add(hash, pair.Source);
            foreach (int[] tokens in new[] { pair.Prompt, pair.Chosen, pair.Rejected })
            {
                hash.AppendData(BitConverter.GetBytes(tokens.Length));
                hash.AppendData(MemoryMarshal.AsBytes<int>(tokens));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..Digits];
    }

    private static void Add(IncrementalHash hash, string name, Tensor parameter)
    {
        using var scope = NewDisposeScope();
        Tensor host = parameter.detach().cpu().contiguous();
        Add(hash, $"{name} {host.dtype} {string.Join(',', host.shape)}");
        long bytes = SafetensorsWriter.Bytes(host);
        for (long at = 0; at < bytes; at += SafetensorsMemory.ChunkBytes)
            hash.AppendData(SafetensorsMemory.Chunk(host, at, bytes));
    }

    // the length goes first: "ab" + "c" is not "a" + "bc"
    private static void Add(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
