using Alignment.Generation;
using Alignment.Models;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

[NonParallelizable]
public class ResponseScorerTests
{
    [Test]
    public void Scores_are_the_summed_log_softmax_of_each_response_alone([Values(1, 4, 64)] int batchSize)
    {
        using Decoder model = Micro.Model();
        ResponseToScore[] responses = [.. Micro.Pairs(20).Select(pair => new ResponseToScore(pair.Prompt, pair.Chosen))];
        ResponseLogProbs[] scores = ResponseScorer.Score(model, responses, new() { BatchSize = batchSize });
        double[][] alone = [.. responses.Select(response => Alone(model, response))];
        Assert.That(scores.Select(score => score.Sum), Is.EqualTo(alone.Select(tokens => tokens.Sum())).Within(1e-4));
        for (int i = 0; i < scores.Length; i++)
            Assert.That(scores[i].PerToken, Is.EqualTo(alone[i]).Within(1e-4), "of each token, in order");
    }

    [Test]
    public void An_empty_response_has_log_probability_zero()
    {
        using Decoder model = Micro.Model();
        ResponseLogProbs empty = ResponseScorer.Score(model, [new([3], []), new([3, 4], [5])], new())[0];
        Assert.That((empty.Sum, empty.PerToken.Length), Is.EqualTo((0.0, 0)));
        Assert.That(ResponseScorer.Score(model, [new([3], [])], new()).Select(score => score.Sum), Is.EqualTo(new[] { 0.0 }));
    }

    [Test]
    public void An_empty_prompt_is_refused()
    {
        using Decoder model = Micro.Model();
        Assert.That(() => ResponseScorer.Score(model, [new([1], [2]), new([], [2])], new()), Throws.ArgumentException.With.Message.EqualTo(
            "response 1 has an empty prompt: its first token has nothing to follow"));
    }

    [Test]
    public void Scoring_leaves_no_tensor_and_no_gradient_behind()
    {
        using Decoder model = Micro.Model();
        DisposeScopeManager.Statistics.Reset();
        ResponseScorer.Score(model, [new([3, 4], [5])], new());
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
        Assert.That(model.parameters().All(parameter => parameter.grad is null));
    }

    private static double[] Alone(Decoder model, ResponseToScore response)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        long[] ids = [.. response.Prompt.Select(id => (long)id), .. response.Response];
        Tensor logProbs = nn.functional.log_softmax(model.forward(tensor(ids).unsqueeze(0))[0].to(ScalarType.Float64), -1); // [length, vocabulary]
        return [.. Enumerable.Range(response.Prompt.Length, response.Response.Length).Select(at => logProbs[at - 1, ids[at]].item<double>())];
    }
}
