using Alignment.Distributed;
using Alignment.Models;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Which of a model's weights are there during a walk.</summary>
[NonParallelizable]
public class ShardedWeightsTests
{
    [TestCase(false, false, "model.embed_tokens | model.layers.0 | model.layers.1 | lm_head, model.norm")]
    [TestCase(true, false, "model.embed_tokens | model.layers.0 | model.layers.1 | model.embed_tokens, model.norm")]
    [TestCase(false, true, "model.embed_tokens | model.layers.0 | model.layers.1 | lm_head, model.norm")]
    [TestCase(true, true, "model.embed_tokens | model.layers.0 | model.layers.1 | model.embed_tokens, model.norm")]
    public void A_part_is_there_while_it_is_used_and_nothing_else_is(bool tied, bool lora, string expected)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Model(tied, lora);
        string whole = There(model);
        using var weights = new ShardedWeights(model, new SingleProcess(CPU));
        Assert.That(There(model), Is.Empty);
        foreach (WalkDirection direction in Enum.GetValues<WalkDirection>())
        {
            List<string> seen = [];
            weights.LayGradients(weights.Pieces());
            for (int part = 0; part < 4; part++)
            {
                weights.Before(part, direction);
                seen.Add(There(model));
                weights.After(part, direction);
                Assert.That(There(model), Is.Empty);
            }
            Assert.That(string.Join(" | ", seen), Is.EqualTo(expected));
        }
        weights.GiveBack();
        Assert.That(There(model), Is.EqualTo(whole));
    }

    [Test]
    public void What_is_stepped_comes_in_the_models_order([Values] bool tied, [Values] bool lora)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Model(tied, lora);
        string[] names = [.. model.Trained.Keys];
        using var weights = new ShardedWeights(model, new SingleProcess(CPU));
        Assert.That(weights.Pieces().Select(piece => piece.Name), Is.EqualTo(names));
    }

    [Test]
    public void Gradients_come_to_their_part_going_back_alone_and_their_norm_is_of_all()
    {
        using var scope = NewDisposeScope();
        using Decoder model = Model(tied: false, lora: false);
        using var weights = new ShardedWeights(model, new SingleProcess(CPU));
        IReadOnlyList<ShardedPiece> pieces = weights.Pieces();
        weights.LayGradients(pieces);
        Dictionary<string, Tensor> parameters = model.named_parameters().ToDictionary(item => item.name, item => (Tensor)item.parameter);
        double squares = 0;
        foreach (WalkDirection direction in Enum.GetValues<WalkDirection>())
            for (int part = 0; part < 4; part++)
            {
                weights.Before(part, direction);
                foreach (Tensor parameter in parameters.Values.Where(parameter => parameter.numel() > 0))
                {
                    parameter.grad = direction == WalkDirection.Backward ? ones_like(parameter) * (part + 1) : null;
                    squares += parameter.grad is null ? 0 : parameter.numel() * (part + 1.0) * (part + 1);
                }
                weights.After(part, direction);
            }
        Assert.That(parameters.Values.Select(parameter => parameter.grad), Is.All.Null);
        Assert.That(weights.GradientNorm(), Is.EqualTo(Math.Sqrt(squares)).Within(1e-4));
        foreach (ShardedPiece piece in pieces)
            Assert.That(Micro.Numbers(piece.Weight.grad!), Is.All.EqualTo(piece.Name switch
            {
                "model.embed_tokens.weight" => 1,
                "model.norm.weight" or "lm_head.weight" => 4,
                _ => piece.Name.StartsWith("model.layers.0.", StringComparison.Ordinal) ? 2 : 3,
            }), piece.Name);
    }

    [Test]
    public void Scoring_needs_one_part_at_a_time_and_gives_the_models_own_numbers()
    {
        using var scope = NewDisposeScope();
        using Decoder model = Model(tied: false, lora: true);
        Tensor tokens = tensor(new long[] { 5, 6, 7 }).unsqueeze(0), mask = ones_like(tokens);
        float[] whole = Micro.Numbers(model.HiddenStates(tokens, mask));
        using var weights = new ShardedWeights(model, new SingleProcess(CPU));
        string atHead = "";
        float[]? scored = weights.Score(((ILanguageModel)model).PathOf(tokens, mask), hidden =>
        {
            atHead = There(model);
            return Micro.Numbers(hidden);
        });
        Assert.That(scored, Is.EqualTo(whole));
        Assert.That(atHead, Is.EqualTo("lm_head, model.norm"));
        Assert.That(There(model), Is.Empty);
        Assert.That(weights.Score<float[]>(null, _ => throw new InvalidOperationException()), Is.Null, "a rank without rows attends");
        Assert.That(There(model), Is.Empty);
    }

    [Test]
    public void Shares_that_are_not_given_back_are_freed()
    {
        Left(); // makes statics
        Assert.That(Left(), Is.Zero);

        static long Left()
        {
            using Decoder model = Model(tied: false, lora: true);
            DisposeScopeManager.Statistics.Reset();
            using (var weights = new ShardedWeights(model, new SingleProcess(CPU)))
                weights.Before(1, WalkDirection.Forward);
            return DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        }
    }

    private static Decoder Model(bool tied, bool lora)
    {
        var model = Decoder.Initialised(Micro.Config with { TiedHead = tied }, 1);
        if (lora)
            LoraAdapters.Attach(model, new() { Rank = 2, Alpha = 4, Targets = [LoraSettings.AllLinear] }, 3);
        return model;
    }

    // the modules of which any parameter has numbers, adapters included
    private static string There(Decoder model) => string.Join(", ", model.named_parameters().Select(item => (Name: item.name, Parameter: (Tensor)item.parameter))
        .Concat(model.Trained.Select(item => (Name: item.Key, Parameter: item.Value))).Where(item => item.Parameter.numel() > 0)
        .Select(item => string.Join('.', item.Name.Split('.').Take(item.Name.StartsWith("model.layers.", StringComparison.Ordinal) ? 3 : item.Name.StartsWith("lm_head.", StringComparison.Ordinal) ? 1 : 2)))
        .Distinct().Order(StringComparer.Ordinal));
}
