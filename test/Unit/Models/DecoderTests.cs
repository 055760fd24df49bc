using Alignment.Models;
using NUnit.Framework;
using TorchSharp;
using static Alignment.Tests.Unit.Models.TinyPhi3;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

public class DecoderTests
{
    private const float Close = 2e-5f;

    private DisposeScope _scope = null!;
    private IDisposable _noGrad = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _noGrad = no_grad();
    }

    [TearDown]
    public void Free()
    {
        _noGrad.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Parameter_names_are_those_of_hugging_face()
    {
        using Decoder model = Model();
        Assert.That(model.named_parameters().Select(parameter => parameter.name).Where(name => !name.StartsWith("model.layers.1",
            StringComparison.Ordinal)), Is.EquivalentTo(new[]
        {
            "model.embed_tokens.weight", "model.norm.weight", "lm_head.weight",
            "model.layers.0.self_attn.qkv_proj.weight", "model.layers.0.self_attn.o_proj.weight", "model.layers.0.mlp.gate_up_proj.weight",
            "model.layers.0.mlp.down_proj.weight", "model.layers.0.input_layernorm.weight", "model.layers.0.post_attention_layernorm.weight",
        }));
        Assert.That(model.state_dict().Keys, Is.EquivalentTo(model.named_parameters().Select(parameter => parameter.name)), "no cache is stored");
    }

    [Test]
    public void A_tied_head_is_the_embedding_and_has_no_parameter()
    {
        using Decoder model = Model(Config with { TiedHead = true });
        Assert.That(model.named_parameters().Select(parameter => parameter.name), Has.None.EqualTo("lm_head.weight"));
        Assert.That(model.Head.shape, Is.EqualTo(new[] { Vocabulary, 48L }));
    }

    [Test]
    public void The_same_seed_gives_the_same_weights_and_another_seed_others()
    {
        using Decoder one = Decoder.Initialised(Config, 1), same = Decoder.Initialised(Config, 1), other = Decoder.Initialised(Config, 2);
        Assert.That(Distance(one.Head, same.Head), Is.Zero);
        Assert.That(Distance(one.Head, other.Head), Is.GreaterThan(0.01f));
        Assert.That(one.Head.std().item<float>(), Is.EqualTo(Config.InitialDeviation).Within(5).Percent);
    }

    [Test]
    public void Right_and_left_padding_and_each_row_alone_give_the_same_hidden_states()
    {
        using Decoder model = Model();
        long[][] rows = Rows(9, 3, 1, 6);
        (Tensor right, Tensor rightMask) = Pad(rows, left: false);
        (Tensor left, Tensor leftMask) = Pad(rows, left: true);
        Tensor fromRight = model.HiddenStates(right, rightMask), fromLeft = model.HiddenStates(left, leftMask);
        for (int row = 0; row < rows.Length; row++)
        {
            Tensor tokens = tensor(rows[row]).unsqueeze(0);
            Tensor alone = model.HiddenStates(tokens, ones_like(tokens))[0];
            Assert.That(Distance(Real(fromRight, rightMask, row), alone), Is.LessThan(Close), $"right, row {row}");
            Assert.That(Distance(Real(fromLeft, leftMask, row), alone), Is.LessThan(Close), $"left, row {row}");
        }
    }

    [Test]
    public void A_token_does_not_see_what_comes_after_it()
    {
        using Decoder model = Model();
        Tensor tokens = tensor(Rows(8)[0]).unsqueeze(0), changed = tokens.clone();
        changed[0, 5] = (changed[0, 5] + 1) % Vocabulary;
        Tensor difference = (model.HiddenStates(tokens, ones_like(tokens)) - model.HiddenStates(changed, ones_like(tokens))).abs().amax([0, 2]);
        Assert.That(difference.narrow(0, 0, 5).max().item<float>(), Is.Zero);
        Assert.That(difference.narrow(0, 5, 3).min().item<float>(), Is.GreaterThan(1e-4f));
    }

    [TestCase(true, null)]
    [TestCase(false, null)]
    [TestCase(true, 4)]
    [TestCase(false, 4)]
    public void Decoding_with_the_cache_gives_the_hidden_states_of_one_pass(bool left, int? window)
    {
        using Decoder model = Model(Config with { SlidingWindow = window });
        long[][] prompts = Rows(7, 1, 4), answers = Rows(5, 5, 5);
        (Tensor tokens, Tensor mask) = Pad(prompts, left);
        using IKeyValueCache cache = model.NewCache(3, 12);
        model.HiddenStates(tokens, mask, cache);
        for (int step = 0; step < 5; step++)
        {
            Tensor next = tensor(answers.Select(answer => answer[step]).ToArray()).unsqueeze(1);
            mask = cat([mask, ones(3, 1, ScalarType.Int64)], 1); // right-padded prompts leave a gap
            Tensor decoded = model.HiddenStates(next, mask, cache);
            for (int row = 0; row < 3; row++)
            {
                Tensor whole = tensor((long[])[.. prompts[row], .. answers[row][..(step + 1)]]).unsqueeze(0);
                Assert.That(Distance(decoded[row, 0], model.HiddenStates(whole, ones_like(whole))[0, -1]), Is.LessThan(Close),
                    $"step {step}, row {row}");
            }
        }
        Assert.That(cache.Length, Is.EqualTo(12));
    }

    [Test]
    public void Several_tokens_at_once_may_follow_a_cached_prompt()
    {
        using Decoder model = Model();
        Tensor tokens = tensor(Rows(10)[0]).unsqueeze(0);
        using IKeyValueCache cache = model.NewCache(1, 10);
        model.HiddenStates(tokens[.., ..4], ones(1, 4, ScalarType.Int64), cache);
        Tensor rest = model.HiddenStates(tokens[.., 4..], ones(1, 10, ScalarType.Int64), cache);
        Assert.That(Distance(rest, model.HiddenStates(tokens, ones_like(tokens))[.., 4..]), Is.LessThan(Close));
    }

    [Test]
    public void Kept_rows_go_on_as_if_the_others_had_never_been_there()
    {
        using Decoder model = Model();
        (Tensor tokens, Tensor mask) = Pad(Rows(5, 3, 4), left: true);
        using IKeyValueCache all = model.NewCache(3, 6), kept = model.NewCache(3, 6);
        model.HiddenStates(tokens, mask, all);
        model.HiddenStates(tokens, mask, kept);
        Tensor rows = tensor(new long[] { 2, 0 }), next = tensor(new long[] { 1, 2, 3 }).unsqueeze(1);
        kept.KeepRows(rows);
        mask = cat([mask, ones(3, 1, ScalarType.Int64)], 1);
        Tensor expected = model.HiddenStates(next, mask, all).index_select(0, rows);
        Tensor actual = model.HiddenStates(next.index_select(0, rows), mask.index_select(0, rows), kept);
        Assert.That(Distance(actual, expected), Is.LessThan(Close));
    }

    [Test]
    public void A_full_cache_refuses_more_with_its_capacity()
    {
        using Decoder model = Model();
        using IKeyValueCache cache = model.NewCache(1, 2);
        Assert.That(() => model.HiddenStates(zeros(1, 3, ScalarType.Int64), ones(1, 3, ScalarType.Int64), cache), Throws.InvalidOperationException
            .With.Message.EqualTo("the cache holds 0 of at most 2 tokens, and 3 more were given; open it with a larger capacity"));
    }

    [Test]
    public void A_mask_that_does_not_fit_is_refused_with_both_shapes()
    {
        using Decoder model = Model();
        Assert.That(() => model.HiddenStates(zeros(2, 3, ScalarType.Int64), ones(2, 4, ScalarType.Int64)), Throws.ArgumentException
            .With.Message.StartsWith("the attention mask is [2, 4]; tokens [2, 3] after 0 cached ones need [2, 3]"));
    }

    [Test]
    public void A_row_longer_than_the_positions_is_refused()
    {
        using Decoder model = Model();
        Assert.That(() => model.HiddenStates(zeros(1, 65, ScalarType.Int64), ones(1, 65, ScalarType.Int64)), Throws.ArgumentException
            .With.Message.StartsWith("65 tokens are more than the 64 positions of this model; cut the rows or raise max_position_embeddings"));
    }

    [Test]
    public void A_pass_leaves_nothing_but_its_result_alive([Values] bool cached)
    {
        using Decoder model = Model();
        (Tensor tokens, Tensor mask) = Pad(Rows(5, 3), left: true);
        using IKeyValueCache? cache = cached ? model.NewCache(2, 5) : null;
        DisposeScopeManager.Statistics.Reset();
        Tensor hidden = model.HiddenStates(tokens, mask, cache);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
        Assert.That(hidden.shape, Is.EqualTo(new[] { 2L, 5, 48 }));
    }
}
