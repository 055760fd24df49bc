using Alignment.Files;
using Alignment.Models;
using NUnit.Framework;
using TorchSharp;
using static Alignment.Tests.Unit.Models.TinyPhi3;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

internal sealed class LoraTests
{
    private static readonly LoraSettings s_settings = new() { Rank = 3, Alpha = 6, Targets = ["qkv_proj", "mlp.down_proj"] };
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

    /// <summary>A model whose adapters do something.</summary>
    public static Decoder Adapted(DecoderConfig? config = null, LoraSettings? settings = null)
    {
        Decoder model = Model(config);
        LoraAdapters adapters = LoraAdapters.Attach(model, settings ?? s_settings, 5);
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        var random = new SeededRandom(9, "test/lora");
        foreach ((string name, Tensor up) in adapters.Parameters.Where(item => item.Key.EndsWith("lora_B.weight", StringComparison.Ordinal)))
            up.copy_(tensor(Enumerable.Range(0, (int)up.numel()).Select(_ => (float)(0.2 * random.NextNormal())).ToArray()).view(up.shape));
        return model;
    }

    [Test]
    public void Fresh_adapters_leave_the_model_exactly_as_it_was()
    {
        using Decoder model = Model();
        Tensor before = model.forward(Tokens());
        LoraAdapters.Attach(model, s_settings, 1);
        Assert.That(Distance(model.forward(Tokens()), before), Is.Zero);
    }

    [Test]
    public void Names_and_shapes_are_those_of_PEFT_and_only_adapters_are_trained()
    {
        using Decoder model = Model();
        LoraAdapters adapters = LoraAdapters.Attach(model, s_settings, 1);
        Assert.That(adapters.Parameters.Take(4).Select(item => $"{item.Key} {string.Join('x', item.Value.shape)}"), Is.EqualTo(new[]
        {
            "model.layers.0.mlp.down_proj.lora_A.weight 3x40", "model.layers.0.mlp.down_proj.lora_B.weight 48x3",
            "model.layers.0.self_attn.qkv_proj.lora_A.weight 3x48", "model.layers.0.self_attn.qkv_proj.lora_B.weight 80x3",
        }));
        Assert.That(model.Trained.Keys, Is.EqualTo(adapters.Parameters.Keys).And.Count.EqualTo(8));
        Assert.That(model.parameters().Any(parameter => parameter.requires_grad), Is.False, "the base is frozen");
        Assert.That(model.state_dict().Keys, Has.None.Contains("lora"), "a checkpoint holds the base model");
    }

    [Test]
    public void A_is_uniform_within_one_over_the_root_of_its_inputs_and_comes_from_the_seed()
    {
        using Decoder one = Model(), same = Model(), other = Model();
        (float[] a, float[] b, float[] c) = (First(one, 1), First(same, 1), First(other, 2));
        Assert.That(b, Is.EqualTo(a));
        Assert.That(c, Is.Not.EqualTo(a));
        Assert.That(a.Max(Math.Abs), Is.LessThanOrEqualTo(1 / Math.Sqrt(40)).And.GreaterThan(0.9 / Math.Sqrt(40)));

        static float[] First(Decoder model, ulong seed) => LoraAdapters.Attach(model, s_settings, seed).Parameters
            .First().Value.data<float>().ToArray();
    }

    [Test]
    public void The_update_is_alpha_over_rank_times_B_A()
    {
        using Decoder model = Adapted();
        Tensor weight = model.state_dict()["model.layers.1.self_attn.qkv_proj.weight"], before = weight.clone();
        Tensor down = model.Adapters!.Parameters["model.layers.1.self_attn.qkv_proj.lora_A.weight"].clone();
        Tensor up = model.Adapters.Parameters["model.layers.1.self_attn.qkv_proj.lora_B.weight"].clone();
        model.Adapters.Merge();
        Assert.That(Distance(weight, before + up.mm(down) * 2), Is.LessThan(1e-6f));
    }

    [Test]
    public void Merged_weights_give_the_outputs_of_the_adapters([Values("phi3", "qwen2")] string type)
    {
        DecoderFamily family = DecoderFamily.All.Single(known => known.ModelType == type);
        string query = family.FusedProjections ? "qkv_proj" : "q_proj";
        using Decoder model = Adapted(Config with { Family = family }, s_settings with { Targets = [query, "o_proj", "down_proj"] });
        Tensor adapted = model.forward(Tokens());
        Tensor plain;
        using (model.Adapters!.Off())
            plain = model.forward(Tokens());
        model.Adapters!.Merge();
        Assert.That(Distance(model.forward(Tokens()), adapted), Is.LessThan(1e-5f));
        Assert.That(Distance(plain, adapted), Is.GreaterThan(0.01f));
        Assert.That(model.Adapters, Is.Null);
        Assert.That(model.parameters().All(parameter => parameter.requires_grad), "merged weights can be trained");
    }

    [Test]
    public void Switched_off_the_model_is_the_base_model_bit_for_bit()
    {
        using Decoder model = Adapted(), plain = Model();
        using (model.Adapters!.Off())
            Assert.That(Distance(model.forward(Tokens()), plain.forward(Tokens())), Is.Zero);
        Assert.That(Distance(model.forward(Tokens()), plain.forward(Tokens())), Is.GreaterThan(0.01f));
        model.Adapters!.Dispose();
        Assert.That(Distance(model.forward(Tokens()), plain.forward(Tokens())), Is.Zero);
    }

    [Test]
    public void All_linear_is_every_layer_of_the_blocks_and_neither_embedding_nor_head()
    {
        using Decoder all = Adapted(settings: s_settings with { Targets = ["all-linear"] });
        using Decoder named = Adapted(settings: s_settings with { Targets = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"] });
        Assert.That(all.Adapters!.Parameters.Keys, Is.EqualTo(named.Adapters!.Parameters.Keys).And.None.Contains("lm_head").And.None.Contains("embed"));
        Assert.That(all.Adapters.Settings.Targets, Is.EqualTo(named.Adapters.Settings.Targets), "PEFT stores the names");
        Assert.That(DecoderWeights.Adapters(all.Config, s_settings with { Targets = ["all-linear"] }).Select(adapter => adapter.Name),
            Is.EquivalentTo(all.Adapters.Parameters.Keys));
    }

    [TestCase(new[] { "q_proj" }, "q_proj")]
    [TestCase(new[] { "qkv_proj", "lm_head", "embed_tokens" }, "lm_head, embed_tokens")]
    [TestCase(new string[0], "(none given)")]
    public void Targets_that_are_no_layers_are_refused_with_those_there_are(string[] targets, string named)
    {
        using Decoder model = Model();
        Assert.That(() => LoraAdapters.Attach(model, s_settings with { Targets = targets }, 1), Throws.ArgumentException.With.Message.EqualTo(
            $"LoRA targets {named}: the linear layers of this model are qkv_proj, o_proj, gate_up_proj, down_proj; \"all-linear\" takes all of them"));
    }

    [Test]
    public void A_second_set_of_adapters_is_refused()
    {
        using Decoder model = Adapted();
        Assert.That(() => LoraAdapters.Attach(model, s_settings, 1),
            Throws.InvalidOperationException.With.Message.EqualTo("the model has adapters already; merge them first"));
    }

    [Test]
    public void A_pass_with_adapters_leaves_nothing_but_its_result_and_they_are_freed()
    {
        Tensor tokens = Tokens();
        using (Decoder model = Adapted())
        {
            DisposeScopeManager.Statistics.Reset();
            model.forward(tokens);
            Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
            model.Adapters!.Dispose();
            Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.LessThanOrEqualTo(1 - 8));
        }
    }

    private static Tensor Tokens() => tensor(Rows(9)[0]).unsqueeze(0);
}
