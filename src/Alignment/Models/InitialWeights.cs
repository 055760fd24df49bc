using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Random initial weights, drawn on the host so that they are the same on every device.</summary>
internal static class InitialWeights
{
    /// <summary>Fills a parameter with normal numbers of mean 0 and the given standard deviation.</summary>
    public static void Fill(Tensor parameter, double deviation, SeededRandom random)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        float[] values = new float[parameter.numel()];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(deviation * random.NextNormal());
        parameter.copy_(tensor(values).view(parameter.shape));
    }
}
