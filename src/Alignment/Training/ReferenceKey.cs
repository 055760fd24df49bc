using Alignment.Checkpoints;
using Alignment.Data;
using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>The fingerprint of weights and tokens: equal content has equal digits, whatever it is called.</summary>
internal static class ReferenceKey
{
    private const int Digits = 20;
    private const string Layout = "sums and shared sums"; // of the file's rows

    /// <summary>Of a module's parameters and of the pairs' sources and token ids.</summary>
    public static string Of(nn.Module module, IReadOnlyList<TokenizedPair> pairs)
    {
        using var key = new Fingerprint();
        key.Add(Layout);
        foreach ((string name, Tensor parameter) in module.named_parameters().OrderBy(item => item.name, StringComparer.Ordinal))
            Add(key.Add(name), parameter);
        foreach (TokenizedPair pair in pairs)
            key.Add(pair.Source).Add(pair.Prompt).Add(pair.Chosen).Add(pair.Rejected);
        return key.Hex(Digits);
    }

    private static void Add(Fingerprint key, Tensor parameter)
    {
        using var scope = NewDisposeScope();
        Tensor host = parameter.detach().cpu().contiguous();
        long bytes = TensorMemory.Bytes(host);
        key.Add($"{host.dtype} {string.Join(',', host.shape)}").Begin(bytes);
        for (long at = 0; at < bytes; at += TensorMemory.ChunkBytes)
            key.Append(TensorMemory.Chunk(host, at, bytes));
    }
}
