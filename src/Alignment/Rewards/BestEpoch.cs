using Alignment.Models.NeoX;
using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>A copy of the weights of the epoch that did best on the validation pairs: by accuracy, between equals by loss.</summary>
internal sealed class BestEpoch(NeoXReward model) : IDisposable
{
    private readonly List<PairAccuracy> _accuracies = [];
    private Tensor[] _weights = [];
    private (int Right, double NegativeLoss) _best = (-1, 0);

    /// <summary>The kept epoch, from 1.</summary>
    public int Epoch { get; private set; }

    /// <summary>Of each epoch offered.</summary>
    public IReadOnlyList<PairAccuracy> Accuracies => _accuracies;

    /// <summary>Keeps the model's weights if they are the best so far; returns the epochs since the best.</summary>
    public int Offer((double[] Chosen, double[] Rejected) scores)
    {
        _accuracies.Add(PairAccuracy.Count(scores.Chosen, scores.Rejected));
        double loss = scores.Chosen.Zip(scores.Rejected).Average(pair => Math.Log(1 + Math.Exp(pair.Second - pair.First)));
        (int Right, double NegativeLoss) offered = (_accuracies[^1].Right, -loss);
        if (offered.CompareTo(_best) > 0)
        {
            Dispose();
            _weights = [.. model.parameters().Select(parameter => parameter.detach().clone().DetachFromDisposeScope())];
            (_best, Epoch) = (offered, _accuracies.Count);
        }
        return _accuracies.Count - Epoch;
    }

    /// <summary>Gives the model the kept weights, if any were kept.</summary>
    public void Restore()
    {
        using IDisposable noGrad = no_grad();
        foreach ((TorchSharp.Modules.Parameter parameter, Tensor kept) in model.parameters().Zip(_weights))
            parameter.copy_(kept);
    }

    /// <summary>Frees the copy.</summary>
    public void Dispose()
    {
        foreach (Tensor weight in _weights)
            weight.Dispose();
    }
}
