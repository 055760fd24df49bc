namespace Alignment.Models;

/// <summary>Where low-rank adapters sit and how large they are (Hu et al. 2021, arXiv 2106.09685, section 4.1).</summary>
public sealed record LoraSettings
{
    /// <summary>Rank of the update, ≥ 1.</summary>
    public required int Rank { get; init; }

    /// <summary>The update is scaled by <see cref="Alpha"/> / <see cref="Rank"/>; &gt; 0.</summary>
    public required double Alpha { get; init; }

    /// <summary>Names of linear layers, such as qkv_proj, or ends of their paths, such as self_attn.qkv_proj; PEFT's target_modules.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>What the update B · A is multiplied by.</summary>
    internal double Scale => Alpha / Rank;

    /// <summary>Whether the layer of this path gets an adapter.</summary>
    internal bool Covers(string path) => Targets.Any(target => path == target || path.EndsWith("." + target, StringComparison.Ordinal));
}
