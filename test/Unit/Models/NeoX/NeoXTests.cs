using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Rewards;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models.NeoX;

internal sealed class NeoXTests
{
    private static readonly NeoXConfig s_config = new() { Vocabulary = 11, Width = 16, Layers = 2, Heads = 2, MlpWidth = 32, InitializerRange = 0.1 };
    private static readonly long[,] s_right = { { 1, 2, 3, 4, 5 }, { 6, 7, 8, 0, 0 } };
    private static readonly long[,] s_rightMask = { { 1, 1, 1, 1, 1 }, { 1, 1, 1, 0, 0 } };
    private static readonly long[,] s_left = { { 1, 2, 3, 4, 5 }, { 0, 0, 6, 7, 8 } };
    private static readonly long[,] s_leftMask = { { 1, 1, 1, 1, 1 }, { 0, 0, 1, 1, 1 } };

    [TestCase(true, RewardPooling.Last)]
    [TestCase(false, RewardPooling.Last)]
    [TestCase(true, RewardPooling.Mean)]
    public void Rewards_do_not_depend_on_the_side_of_the_padding(bool parallel, RewardPooling pooling)
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Create(s_config with { ParallelResidual = parallel, Pooling = pooling }, 1);
        float[] right = model.Forward(tensor(s_right), tensor(s_rightMask)).data<float>().ToArray();
        Assert.That(model.Forward(tensor(s_left), tensor(s_leftMask)).data<float>().ToArray(), Is.EqualTo(right).Within(1e-5));
    }

    [Test]
    public void What_stands_in_the_padding_does_not_matter()
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Create(s_config, 1);
        Tensor mask = tensor(s_leftMask), tokens = tensor(s_left);
        float[] zeros = model.Forward(tokens, mask).data<float>().ToArray();
        Assert.That(model.Forward(tokens + (1 - mask) * 9, mask).data<float>().ToArray(), Is.EqualTo(zeros).Within(1e-6));
    }

    [Test]
    public void The_residual_kind_and_the_order_of_tokens_matter()
    {
        using var scope = NewDisposeScope();
        using NeoXReward parallel = NeoXReward.Create(s_config, 1), sequential = NeoXReward.Create(s_config with { ParallelResidual = false }, 1);
        Tensor row = tensor(new long[,] { { 1, 2, 3, 4 } }), turned = tensor(new long[,] { { 2, 1, 3, 4 } }), mask = ones_like(row);
        float reward = parallel.Forward(row, mask).item<float>();
        Assert.That(sequential.Forward(row, mask).item<float>(), Is.Not.EqualTo(reward).Within(1e-4));
        Assert.That(parallel.Forward(turned, mask).item<float>(), Is.Not.EqualTo(reward).Within(1e-4));
    }

    [Test]
    public void Fresh_weights_are_those_of_the_seed_and_of_the_configured_spread()
    {
        using var scope = NewDisposeScope();
        NeoXConfig wide = s_config with { Vocabulary = 500, InitializerRange = 0.02 };
        using NeoXReward first = NeoXReward.Create(wide, 1), again = NeoXReward.Create(wide, 1), other = NeoXReward.Create(wide, 2);
        Assert.That(Bytes(again), Is.EqualTo(Bytes(first)));
        Assert.That(Bytes(other), Is.Not.EqualTo(Bytes(first)));
        Dictionary<string, Tensor> weights = first.state_dict();
        Assert.That(weights["gpt_neox.embed_in.weight"].std().item<float>(), Is.EqualTo(0.02).Within(0.001));
        Assert.That(weights["gpt_neox.layers.1.mlp.dense_h_to_4h.bias"].abs().max().item<float>(), Is.Zero);
        Assert.That(weights["gpt_neox.final_layer_norm.weight"].eq(1).all().item<bool>());
    }

    [Test]
    public void A_saved_model_scores_the_same_bits()
    {
        using var files = new SafetensorsBytes();
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Create(s_config with { Pooling = RewardPooling.Mean, RotaryFraction = 0.5 }, 1);
        string folder = Path.Combine(files.Folder, "reward");
        model.Save(folder);
        using NeoXReward loaded = NeoXReward.Load(folder);
        Assert.That(loaded.Config, Is.EqualTo(model.Config));
        byte[] saved = model.Forward(tensor(s_right), tensor(s_rightMask)).bytes.ToArray();
        Assert.That(loaded.Forward(tensor(s_right), tensor(s_rightMask)).bytes.ToArray(), Is.EqualTo(saved));
    }

    [Test]
    public void A_sequence_classification_head_has_transformers_names_and_is_read_again()
    {
        using var files = new SafetensorsBytes();
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Create(s_config with { Head = RewardHead.SequenceClassification }, 1),
            other = NeoXReward.Create(s_config, 1);
        Assert.That(model.state_dict().Keys.Except(other.state_dict().Keys), Is.EqualTo(new[] { "score.weight" }));
        Assert.That(other.state_dict().Keys.Except(model.state_dict().Keys), Is.EqualTo(new[] { "out_proj.weight", "out_proj.bias" }));
        string folder = Path.Combine(files.Folder, "classifier");
        model.Save(folder);
        Assert.That(File.ReadAllText(Path.Combine(folder, "config.json")), Does.Contain("GPTNeoXForSequenceClassification").And.Contain("LABEL_0"));
        using NeoXReward again = NeoXReward.Load(folder);
        Tensor tokens = tensor(s_right), mask = tensor(s_rightMask);
        Assert.That(again.Forward(tokens, mask).bytes.ToArray(), Is.EqualTo(model.Forward(tokens, mask).bytes.ToArray()));
    }

    [Test]
    public void Both_heads_give_the_same_rewards_from_the_same_weights()
    {
        using var scope = NewDisposeScope();
        using NeoXReward score = NeoXReward.Create(s_config with { Head = RewardHead.SequenceClassification }, 1),
            projection = NeoXReward.Create(s_config, 1);
        using (no_grad())
            projection.state_dict()["out_proj.weight"].copy_(score.state_dict()["score.weight"]);
        Tensor tokens = tensor(s_left), mask = tensor(s_leftMask);
        float[] expected = projection.Forward(tokens, mask).data<float>().ToArray();
        Assert.That(score.Forward(tokens, mask).data<float>().ToArray(), Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void Every_parameter_has_a_gradient()
    {
        using var scope = NewDisposeScope();
        using NeoXReward model = NeoXReward.Create(s_config, 1);
        using var dropout = new NeoXDropout(0.1, 1);
        model.Forward(tensor(s_right), tensor(s_rightMask), dropout).sum().backward();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
            Assert.That(parameter.grad?.abs().sum().item<float>(), Is.GreaterThan(0), name);
    }

    [Test]
    public void A_forward_pass_leaves_only_its_result()
    {
        using NeoXReward model = NeoXReward.Create(s_config, 1);
        using Tensor tokens = tensor(s_left), mask = tensor(s_leftMask);
        using IDisposable noGrad = no_grad();
        DisposeScopeManager.Statistics.Reset();
        model.Forward(tokens, mask).Dispose();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Rows_without_padding_have_the_rewards_of_padded_ones([Values] bool parallel, [Values] RewardPooling pooling, [Values(2, 12)] int maxLength)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using NeoXReward model = NeoXReward.Create(s_config with { ParallelResidual = parallel, Pooling = pooling, RotaryFraction = 0.5 }, 1);
        int[][] rows = [[3, 1, 4, 1, 5, 9, 2, 6], [7], [7], [2, 7, 1, 8, 2], [0, 0]];
        RewardBatch padded = RewardBatch.Pad(rows, maxLength, CPU);
        float[] expected = model.Rewards(padded.Tokens, padded.Mask).data<float>().ToArray();
        DisposeScopeManager.Statistics.Reset();
        using (PackedRows(rows, maxLength, out PackedSequences packed))
            Assert.That(model.Rewards(packed).data<float>().ToArray(), Is.EqualTo(expected).Within(1e-5));
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
        Assert.That(expected.Distinct().Count(), Is.EqualTo(4), "two rows are the same");
    }

    [Test]
    public void Dropout_zeroes_its_share_keeps_the_mean_and_repeats_with_its_seed()
    {
        using var scope = NewDisposeScope();
        using NeoXDropout first = new(0.25, 1), again = new(0.25, 1), other = new(0.25, 2), none = new(0, 1);
        Tensor x = ones(200, 200), thinned = first.Apply(x);
        Assert.That(thinned.eq(0).to(ScalarType.Float32).mean().item<float>(), Is.EqualTo(0.25).Within(0.01));
        Assert.That(thinned.max().item<float>(), Is.EqualTo(1 / 0.75).Within(1e-6));
        Assert.That(again.Apply(x).equal(thinned).all().item<bool>());
        Assert.That(other.Apply(x).equal(thinned).all().item<bool>(), Is.False);
        Assert.That(none.Apply(x).equal(x).all().item<bool>());
        Assert.That(() => new NeoXDropout(1, 1),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.StartsWith("dropout must be >= 0 and < 1"));
    }

    private static DisposeScope PackedRows(int[][] rows, int maxLength, out PackedSequences packed)
    {
        DisposeScope scope = NewDisposeScope();
        packed = PackedSequences.OfRows(rows, maxLength, CPU);
        return scope;
    }

    private static byte[] Bytes(nn.Module module) => [.. module.parameters().SelectMany(parameter => parameter.bytes.ToArray())];
}
