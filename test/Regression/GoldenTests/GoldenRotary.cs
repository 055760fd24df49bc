using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The frequencies of each rotary module, and what cosines and sines are multiplied by.</summary>
internal static class GoldenRotary
{
    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        if (folder.Expected.Find("rope") is not { } modules)
            return;
        DecoderConfig config = folder.Config();
        foreach ((string module, GoldenJson expected) in modules.Members)
        {
            using var scope = NewDisposeScope();
            // transformers names them for what they turn: rotary_emb_local and rotary_embs.sliding_attention turn layers with a window
            RotarySettings rotary = config.Rotary(module.EndsWith("_local", StringComparison.Ordinal) || module.EndsWith(".sliding_attention", StringComparison.Ordinal));
            tally.Begin(module);
            tally.Close("inv_freq", rotary.Frequencies(), expected["inv_freq"], GoldenTolerances.Frequencies);
            tally.Close("attention_scaling", rotary.Scaling?.Amplitude ?? 1, expected["attention_scaling"], GoldenTolerances.Frequencies);
            if (expected.Find("long_inv_freq") is { } longer)
                tally.Close("long_inv_freq", rotary.Frequencies(longer: true), longer, GoldenTolerances.Frequencies);
        }
    }
}
