using static TorchSharp.torch;

namespace Alignment.Data;

/// <summary>Right-padded sequences. A preference batch holds the chosen sequences first, then the rejected ones in the same order.</summary>
/// <param name="Tokens">[sequences, length] int64.</param>
/// <param name="AttentionMask">[sequences, length] int64, 1 = real token.</param>
/// <param name="Labels">[sequences, length] int64: the token itself on response positions (EOS included), −100 elsewhere.</param>
public sealed record TokenBatch(Tensor Tokens, Tensor AttentionMask, Tensor Labels) : IDisposable
{
    /// <summary>The label of a position that is not scored (prompt, padding).</summary>
    public const long Ignored = -100;

    /// <summary>[sequences] int64: how many of a sequence's first response tokens are to be summed by themselves too; null for none.</summary>
    public Tensor? FirstTokens { get; init; }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Tokens.Dispose();
        AttentionMask.Dispose();
        Labels.Dispose();
        FirstTokens?.Dispose();
    }
}
