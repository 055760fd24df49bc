using Alignment.Data;
using Alignment.Doctor;
using Alignment.Models;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Doctor;

[NonParallelizable]
public class FirstLossCheckTests
{
    private static readonly TokenizedPair[] s_pairs = Micro.Pairs(12);

    [Test]
    public void A_model_that_is_its_own_reference_begins_at_log_two([Values] bool adapters)
    {
        using Decoder model = Micro.Model();
        if (adapters)
            LoraAdapters.Attach(model, new LoraSettings { Rank = 2, Alpha = 4, Targets = ["qkv_proj"] }, 1);
        Assert.That(Lines(model), Has.All.Matches(@"^ok    (DPO|LN-DPO): the first loss over 8 pairs is 0\.693147 \(ln 2\), the gradient's norm \d"));
        Assert.That(Lines(model), Has.Length.EqualTo(2));
    }

    [Test]
    public void Weights_and_gradients_are_left_as_they_were()
    {
        using Decoder model = Micro.Model();
        Dictionary<string, float[]> before = Micro.Weights(model);
        DisposeScopeManager.Statistics.Reset();
        FirstLossCheck.Of(model, s_pairs, CPU);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
        Assert.That(Micro.Weights(model), Is.EqualTo(before));
        Assert.That(model.parameters().All(parameter => parameter.grad is null));
    }

    [Test]
    public void A_model_that_gives_other_numbers_every_time_fails()
    {
        using var model = new Unsteady(Micro.Model());
        Assert.That(Lines(model)[0], Does.Match(@"^FAIL  DPO: the first loss over 8 pairs is 0\.\d+ instead of ln 2 = 0\.693147: "
            + "the model does not give the same log-probs twice: reference and policy are not one model, or it computes in too few digits$"));
    }

    [Test]
    public void A_weight_that_is_not_a_number_fails()
    {
        using Decoder model = Micro.Model();
        using (no_grad())
            model.state_dict()["model.norm.weight"].fill_(float.NaN);
        Assert.That(Lines(model)[0], Is.EqualTo(
            "FAIL  DPO: the first loss is NaN: the weights hold NaN or infinities, or overflow: see the verdicts on the weights"));
    }

    [Test]
    public void A_model_whose_head_is_zero_gets_no_gradient_and_fails()
    {
        using Decoder model = Micro.Model();
        LoraAdapters.Attach(model, new LoraSettings { Rank = 2, Alpha = 4, Targets = ["qkv_proj"] }, 1);
        using (no_grad())
            model.state_dict()["lm_head.weight"].zero_();
        Assert.That(Lines(model)[0], Is.EqualTo("FAIL  DPO: the first loss is ln 2, and the gradient's norm 0: nothing would be learned: see the verdicts on the weights"));
    }

    [Test]
    public void Tokens_beyond_the_vocabulary_and_no_pairs_fail_before_the_model_is_asked()
    {
        using Decoder model = Micro.Model();
        Assert.That(FirstLossCheck.Of(model, [new("x", [1], [48], [2], false, false)], CPU).Single().ToString(), Is.EqualTo(
            "FAIL  the pairs have token 48, and the model knows 48 tokens: give the tokenizer this model was trained with"));
        Assert.That(FirstLossCheck.Of(model, [], CPU).Single().ToString(), Is.EqualTo("FAIL  no pair to begin with: see the verdicts on the rows"));
    }

    private static string[] Lines(ILanguageModel model) => [.. FirstLossCheck.Of(model, s_pairs, CPU).Select(verdict => verdict.ToString())];

    /// <summary>A model whose logits drift from call to call, as those of one with dropout left on would.</summary>
    private sealed class Unsteady(Decoder model) : ILanguageModel
    {
        private int _calls;

        public ModelShape Shape => model.Shape;

        public Tensor Head => model.Head * (1 + 0.01 * _calls++);

        public nn.Module Module => model;

        public Tensor HiddenStates(Tensor tokens, Tensor attentionMask, IKeyValueCache? cache = null) => model.HiddenStates(tokens, attentionMask, cache);

        public Tensor HiddenStates(PackedSequences sequences) => model.HiddenStates(sequences);

        public DecoderPath PathOf(Tensor tokens, Tensor attentionMask) => model.PathOf(tokens, attentionMask);

        public DecoderPath PathOf(PackedSequences sequences) => model.PathOf(sequences);

        public IKeyValueCache NewCache(long rows, long capacity) => model.NewCache(rows, capacity);

        public void Dispose() => model.Dispose();
    }
}
