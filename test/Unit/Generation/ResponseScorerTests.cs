using Alignment.Generation;
using Alignment.Kernels.Attention;
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

    // an empty response, two responses to one prompt, one that ends where another goes on
    [Test]
    public void Packed_log_probs_are_those_of_padded_rows()
    {
        using var scope = NewDisposeScope();
        using Decoder model = Micro.Model();
        int[] prompt = [3, 4, 9];
        ResponseToScore[] responses = [.. Micro.Pairs(7).Select(pair => new ResponseToScore(pair.Prompt, pair.Chosen)), new([5], []), new(prompt, [6, 7, 8]), new(prompt, [6])];
        var (packed, packedTokens) = ResponseScorer.Packed(model, responses, CPU);
        var (padded, paddedTokens) = ResponseScorer.Padded(model, responses, CPU);
        Assert.That(packed.Sums.data<float>().ToArray(), Is.EqualTo(padded.Sums.data<float>().ToArray()).Within(2e-5f));
        Assert.That(packed.Counts.data<long>().ToArray(), Is.EqualTo(responses.Select(response => (long)response.Response.Length)));
        Assert.That(packedTokens.data<float>().ToArray(), Is.EqualTo(paddedTokens.data<float>().ToArray()).Within(2e-5f), "of each token, response behind response");
    }

    [Test]
    public void Where_the_device_has_attention_for_packed_batches_nothing_is_padded()
    {
        using Decoder model = Micro.Model();
        using var carded = new Carded(model);
        ResponseToScore[] responses = [.. Micro.Pairs(9).Select(pair => new ResponseToScore(pair.Prompt, pair.Chosen))];
        ResponseLogProbs[] padded = ResponseScorer.Score(model, responses, new() { BatchSize = 4 }), packed = ResponseScorer.Score(carded, responses, new() { BatchSize = 4 });
        Assert.That(carded.PackedBatches, Is.EqualTo(3));
        Assert.That(packed.Select(score => score.Sum), Is.EqualTo(padded.Select(score => score.Sum)).Within(2e-5));
        Assert.That(packed.SelectMany(score => score.PerToken), Is.EqualTo(padded.SelectMany(score => score.PerToken)).Within(2e-5f));
    }

    // of six tokens each
    [TestCase(64, 13, 5), TestCase(64, 12, 5), TestCase(64, 11, 9), TestCase(64, 1, 9), TestCase(4, 1000, 3), TestCase(64, long.MaxValue, 1)]
    public void As_many_go_through_together_as_rows_and_tokens_allow_and_at_least_one(int rows, long tokens, int passes)
    {
        using Decoder model = Micro.Model();
        using var carded = new Carded(model);
        ResponseScorer.Score(carded, [.. Enumerable.Repeat(new ResponseToScore([3, 4, 5, 6], [7, 8]), 9)], new() { BatchSize = rows, ScoredTokens = tokens });
        Assert.That(carded.PackedBatches, Is.EqualTo(passes));
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

    /// <summary>A model as it is on a device that has attention for packed batches; the CPU computes.</summary>
    private sealed class Carded(Decoder model) : ILanguageModel
    {
        public int PackedBatches { get; private set; }

        public IVariableLengthOperator PackedAttention => EfficientOperator.Instance;

        public ModelShape Shape => model.Shape;

        public Tensor Head => model.Head;

        public nn.Module Module => model;

        public Tensor HiddenStates(Tensor tokens, Tensor attentionMask, IKeyValueCache? cache = null) => throw new NotSupportedException();

        public Tensor HiddenStates(PackedSequences sequences)
        {
            PackedBatches++;
            return model.HiddenStates(sequences);
        }

        public DecoderPath PathOf(Tensor tokens, Tensor attentionMask) => throw new NotSupportedException();

        public DecoderPath PathOf(PackedSequences sequences) => throw new NotSupportedException();

        public IKeyValueCache NewCache(long rows, long capacity) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
