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
            tally.Begin(module);
            tally.Close("inv_freq", Rotary.Frequencies(config.Shape.Width / config.Shape.Heads, config.RotaryTheta, config.RotaryScaling), expected["inv_freq"], GoldenTolerances.Frequencies);
            tally.Close("attention_scaling", 1, expected["attention_scaling"], GoldenTolerances.Frequencies);
        }
    }
}
