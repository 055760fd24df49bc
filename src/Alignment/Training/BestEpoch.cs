using Alignment.Models;
using Alignment.Rewards;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>A copy of the weights of the epoch that did best on the validation pairs: by accuracy, between equals by loss.</summary>
internal sealed class BestEpoch(IRewardNetwork model, int epochs) : IDisposable
{
    private const string Prefix = "best.", Epochs = "validation.epochs", BestLoss = "validation.loss";
    private readonly List<PairAccuracy> _accuracies = [];
    private readonly Dictionary<string, Tensor> _weights = model.Module.named_parameters().ToDictionary(item => item.name, item => Copy(item.parameter));
    private double _negativeLoss;

    /// <summary>The kept epoch, from 1; 0 before the first.</summary>
    public int Epoch { get; private set; }

    /// <summary>Of each epoch offered.</summary>
    public IReadOnlyList<PairAccuracy> Accuracies => _accuracies;

    private (int Right, double NegativeLoss) Best => Epoch == 0 ? (-1, 0) : (_accuracies[Epoch - 1].Right, _negativeLoss);

    /// <summary>Keeps the model's weights if they are the best so far; returns the epochs since the best.</summary>
    public int Offer((double[] Chosen, double[] Rejected) scores)
    {
        (int Right, double NegativeLoss) best = Best;
        _accuracies.Add(PairAccuracy.Count(scores.Chosen, scores.Rejected));
        double loss = scores.Chosen.Zip(scores.Rejected).Average(pair => Math.Log(1 + Math.Exp(pair.Second - pair.First)));
        (int Right, double NegativeLoss) offered = (_accuracies[^1].Right, -loss);
        if (offered.CompareTo(best) > 0)
        {
            using IDisposable noGrad = no_grad();
            foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.Module.named_parameters())
                _weights[name].copy_(parameter);
            (_negativeLoss, Epoch) = (offered.NegativeLoss, _accuracies.Count);
        }
        return _accuracies.Count - Epoch;
    }

    /// <summary>Gives the model the kept weights, if any were kept.</summary>
    public void GiveBack()
    {
        if (Epoch == 0)
            return;
        using IDisposable noGrad = no_grad();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.Module.named_parameters())
            parameter.copy_(_weights[name]);
    }

    /// <summary>
    /// The kept weights, "validation.epochs" [2 + 3 · epochs] int64 (kept epoch, epochs so far, then right, total and ties of each) and "validation.loss" [1].
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        var numbers = new long[2 + 3 * epochs];
        (numbers[0], numbers[1]) = (Epoch, _accuracies.Count);
        foreach ((int i, PairAccuracy accuracy) in _accuracies.Index())
            (numbers[2 + 3 * i], numbers[3 + 3 * i], numbers[4 + 3 * i]) = (accuracy.Right, accuracy.Total, accuracy.Ties);
        return new Dictionary<string, Tensor>(_weights.Select(item => KeyValuePair.Create(Prefix + item.Key, item.Value)))
        {
            [Epochs] = tensor(numbers),
            [BestLoss] = tensor(new[] { _negativeLoss }),
        };
    }

    /// <summary>Goes on from <see cref="State"/>, filled.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        long[] numbers = state[Epochs].data<long>().ToArray();
        Epoch = (int)numbers[0];
        _accuracies.Clear();
        _accuracies.AddRange(numbers[2..].Chunk(3).Take((int)numbers[1]).Select(counts => new PairAccuracy((int)counts[0], (int)counts[1], (int)counts[2])));
        _negativeLoss = state[BestLoss].item<double>();
    }

    /// <summary>Frees the copy.</summary>
    public void Dispose()
    {
        foreach (Tensor weight in _weights.Values)
            weight.Dispose();
    }

    private static Tensor Copy(Tensor parameter)
    {
        using var scope = NewDisposeScope();
        return parameter.detach().clone().DetachFromDisposeScope();
    }
}
