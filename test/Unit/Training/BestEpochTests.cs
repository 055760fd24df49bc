using Alignment.Models;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class BestEpochTests
{
    // rewards of chosen and rejected sides after each epoch → which one is kept, and how long ago it was
    [TestCase("1>0 0>1", "1 0")]
    [TestCase("1>0 0>1; 1>0 1>0", "1 0, 2 0")]
    [TestCase("1>0 1>0; 1>0 0>1; 0>1 0>1", "1 0, 1 1, 1 2")]
    [TestCase("1>0 0>1; 3>0 0>1", "1 0, 2 0")] // as many right, a smaller loss
    [TestCase("3>0 0>1; 1>0 0>1", "1 0, 1 1")] // as many right, a larger loss
    [TestCase("1>0 0>1; 1>0 0>1", "1 0, 1 1")] // the same: the first
    [TestCase("0>9 0>9; 1>0 0>9", "1 0, 2 0")] // one right
    [TestCase("0>9 0>9", "1 0")] // none right
    [TestCase("1>0 0>1; 1>0 0>8; 1>0 0>0.5; 1>0 0>0.9", "1 0, 1 1, 3 0, 3 1")]
    public void The_epoch_with_most_pairs_right_is_kept_and_of_equals_that_of_the_smaller_loss(string epochs, string expected)
    {
        string[] offered = epochs.Split("; ");
        using DecoderReward model = Model(1);
        using var best = new BestEpoch(model, offered.Length);
        List<string> seen = [];
        foreach ((int i, string epoch) in offered.Index())
        {
            Fill(model, i + 1);
            int since = best.Offer(Scores(epoch));
            seen.Add($"{best.Epoch} {since}");
        }
        Assert.That(string.Join(", ", seen), Is.EqualTo(expected));
        Assert.That(best.Accuracies, Has.Count.EqualTo(offered.Length));
        best.GiveBack();
        Assert.That(Weights(model), Is.All.EqualTo(best.Epoch), "the weights of the epoch that was kept");
    }

    [Test]
    public void Before_an_epoch_nothing_is_given_back()
    {
        using DecoderReward model = Model(1);
        using var best = new BestEpoch(model, 2);
        Fill(model, 7);
        best.GiveBack();
        Assert.That((best.Epoch, Weights(model).Distinct().Single()), Is.EqualTo((0, 7f)));
    }

    [Test]
    public void The_choice_goes_on_from_its_state([Values(0, 1, 2)] int offered)
    {
        using var scope = NewDisposeScope();
        using DecoderReward model = Model(1), other = Model(2);
        using BestEpoch best = new(model, 3), restored = new(other, 3);
        string[] epochs = ["1>0 0>1 2>2", "1>0 0>0.5 2>2"];
        for (int i = 0; i < offered; i++)
        {
            Fill(model, i + 1);
            best.Offer(Scores(epochs[i]));
        }
        restored.Offer(Scores("9>0 9>0 9>0")); // what was there before is forgotten
        IReadOnlyDictionary<string, Tensor> state = best.State(), target = restored.State();
        Assert.That(target.Keys, Is.EquivalentTo(state.Keys).And.SupersetOf(new[] { "validation.epochs", "validation.loss", "best.score.weight" }));
        Assert.That(state["validation.epochs"].data<long>().ToArray(), Is.EqualTo(new long[][] { [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 3, 1, 0, 0, 0, 0, 0, 0], [2, 2, 1, 3, 1, 1, 3, 1, 0, 0, 0] }[offered]));
        Assert.That(target["validation.epochs"].shape, Is.EqualTo(state["validation.epochs"].shape));
        using (no_grad())
            foreach ((string name, Tensor tensor) in target)
                tensor.copy_(state[name]);
        restored.Restore(target);
        Assert.That(restored.Accuracies, Is.EqualTo(best.Accuracies));
        Fill(other, 50);
        Assert.That(restored.Offer(Scores("1>0 0>0.8 2>2")), Is.EqualTo(offered == 2 ? 1 : 0), "better than the first epoch and worse than the second");
        restored.GiveBack();
        Assert.That(Weights(other), Is.All.EqualTo(offered == 2 ? 2 : 50));
    }

    [Test]
    public void The_copy_is_freed_with_it()
    {
        using DecoderReward model = Model(1);
        DisposeScopeManager.Statistics.Reset();
        using (new BestEpoch(model, 1))
            Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Positive);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);
    }

    private static DecoderReward Model(ulong seed) => DecoderReward.Create(Micro.Config, seed);

    private static (double[] Chosen, double[] Rejected) Scores(string epoch)
    {
        double[][] pairs = [.. epoch.Split(' ').Select(pair => pair.Split('>').Select(number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        return ([.. pairs.Select(pair => pair[0])], [.. pairs.Select(pair => pair[1])]);
    }

    private static void Fill(DecoderReward model, float value)
    {
        using IDisposable noGrad = no_grad();
        foreach (Tensor parameter in model.Module.parameters())
            parameter.fill_(value);
    }

    private static IEnumerable<float> Weights(DecoderReward model) => model.Module.parameters().SelectMany(Micro.Numbers);
}
