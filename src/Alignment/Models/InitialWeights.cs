using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Random initial weights, drawn on the host so that they are the same on every device.</summary>
internal static class InitialWeights
{
    /// <summary>Fills a parameter with normal numbers of mean 0 and the given standard deviation.</summary>
    public static void Normal(Tensor parameter, double deviation, SeededRandom random) => Fill(parameter, () => deviation * random.NextNormal());

    /// <summary>Fills a parameter with uniform numbers in ±<paramref name="bound"/>.</summary>
    public static void Uniform(Tensor parameter, double bound, SeededRandom random) =>
        Fill(parameter, () => bound * (2 * random.NextDouble() - 1));

    private static void Fill(Tensor parameter, Func<double> next)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        float[] values = new float[parameter.numel()];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)next();
        parameter.copy_(tensor(values).view(parameter.shape));
    }
}
