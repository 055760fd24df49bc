using static TorchSharp.torch;

namespace Alignment.Kernels.Optimiser;

/// <summary>The readable twin of <see cref="FusedAdamW"/>'s step, in the order of operations of torch.optim.AdamW; also with AMSGrad.</summary>
internal static class PlainAdamW
{
    /// <summary>One step in place.</summary>
    /// <param name="tensors">Parameters, gradients and moments.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="rates">Rates of this step.</param>
    public static void Step(AdamWTensors tensors, long step, AdamWRates rates) => Step(tensors, tensors.SecondMoments, step, rates);

    /// <summary>
    /// One step in place with AMSGrad (Reddi, Kale, Kumar 2018): the largest second moment so far takes the place of the current one.
    /// </summary>
    /// <param name="tensors">Parameters, gradients and moments.</param>
    /// <param name="maxima">Largest second moments so far, zero at first; written in place.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="rates">Rates of this step.</param>
    public static void Step(AdamWTensors tensors, Tensor[] maxima, long step, AdamWRates rates)
    {
        using IDisposable noGrad = no_grad();
        double firstCorrection = 1 - Math.Pow(rates.Beta1, step), secondCorrection = Math.Sqrt(1 - Math.Pow(rates.Beta2, step));
        for (int i = 0; i < tensors.Parameters.Length; i++)
        {
            using var scope = NewDisposeScope();
            (Tensor gradient, Tensor first, Tensor second) = (tensors.Gradients[i], tensors.FirstMoments[i], tensors.SecondMoments[i]);
            tensors.Parameters[i].mul_(1 - rates.LearningRate * rates.WeightDecay);
            first.add_(gradient - first, 1 - rates.Beta1);
            second.mul_(rates.Beta2).addcmul_(gradient, gradient, 1 - rates.Beta2);
            maxima[i].copy_(maximum(maxima[i], second));
            Tensor denominator = maxima[i].sqrt().div_(secondCorrection).add_(rates.Epsilon);
            tensors.Parameters[i].addcdiv_(first, denominator, -rates.LearningRate / firstCorrection);
        }
    }
}
