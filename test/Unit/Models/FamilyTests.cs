using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using NUnit.Framework;
using TorchSharp;
using static Alignment.Tests.Unit.Models.TinyPhi3;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>What holds for a decoder holds for every family.</summary>
[TestFixtureSource(typeof(TinyFamilies), nameof(TinyFamilies.Names))]
public class FamilyTests(string name)
{
    private const float Close = 3e-5f;
    private static readonly int[] s_prompt = [3, 7, 11, 2];

    // two of them share a prompt; with longrope's six short positions one of these is turned otherwise than the other
    private static readonly (int[] Prompt, int[] Response)[] s_sequences = [(s_prompt, [4, 5, 6, 7, 8, 1]), ([8, 1], [9]), (s_prompt, [6, 2]), (s_prompt, [1, 9, 4, 20, 3])];

    private DisposeScope _scope = null!;
    private string _folder = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"family-{TestContext.CurrentContext.Test.ID}");
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Its_parameters_are_those_its_configuration_names()
    {
        using Decoder model = TinyFamilies.Model(name);
        Assert.That(DecoderWeights.Of(model.Config).Select(tensor => $"{tensor.Name} {string.Join(',', tensor.Shape)}"),
            Is.EquivalentTo(model.state_dict().Select(item => $"{item.Key} {string.Join(',', item.Value.shape)}")));
    }

    [Test]
    public void A_saved_folder_is_the_same_configuration_and_gives_the_same_bits()
    {
        using Decoder model = TinyFamilies.Model(name);
        model.Save(_folder, new Dictionary<string, byte[]>());
        using Decoder again = Decoder.Load(_folder);
        Assert.That(again.Config with { EndTokens = model.Config.EndTokens }, Is.EqualTo(model.Config));
        Tensor tokens = tensor(Rows(9)[0]).unsqueeze(0);
        using IDisposable noGrad = no_grad();
        Assert.That(Distance(model.forward(tokens), again.forward(tokens)), Is.Zero);
    }

    [Test]
    public void Padding_on_either_side_changes_no_real_token()
    {
        using Decoder model = TinyFamilies.Model(name);
        using IDisposable noGrad = no_grad();
        long[][] rows = Rows(9, 3, 1, 6);
        foreach (bool left in new[] { false, true })
        {
            (Tensor tokens, Tensor mask) = Pad(rows, left);
            Tensor hidden = model.HiddenStates(tokens, mask);
            for (int row = 0; row < rows.Length; row++)
                Assert.That(Distance(Real(hidden, mask, row), Alone(model, rows[row])), Is.LessThan(Close), $"{(left ? "left" : "right")}, row {row}");
        }
    }

    [Test]
    public void Decoding_with_the_cache_gives_the_hidden_states_of_one_pass([Values] bool left)
    {
        using Decoder model = TinyFamilies.Model(name);
        using IDisposable noGrad = no_grad();
        long[][] prompts = Rows(7, 1, 4), answers = Rows(5, 5, 5);
        (Tensor tokens, Tensor mask) = Pad(prompts, left);
        using IKeyValueCache cache = model.NewCache(3, 12);
        model.HiddenStates(tokens, mask, cache);
        Tensor kept = tensor(new long[] { 2, 0, 1 });
        cache.KeepRows(kept);
        mask = mask.index_select(0, kept);
        for (int step = 0; step < 5; step++)
        {
            Tensor next = tensor(kept.data<long>().ToArray().Select(row => answers[row][step]).ToArray()).unsqueeze(1);
            mask = cat([mask, ones(3, 1, ScalarType.Int64)], 1); // right-padded prompts leave a gap
            Tensor decoded = model.HiddenStates(next, mask, cache);
            foreach ((int at, long row) in kept.data<long>().ToArray().Index())
                Assert.That(Distance(decoded[at, 0], Alone(model, [.. prompts[row], .. answers[row][..(step + 1)]])[-1]), Is.LessThan(Close), $"step {step}, row {row}");
        }
    }

    [Test]
    public void A_packed_sequence_gives_what_it_gives_alone()
    {
        using Decoder model = TinyFamilies.Model(name);
        using IDisposable noGrad = no_grad();
        double[] together = Sums(Packed(model, s_sequences)), alone = [.. s_sequences.SelectMany(one => Sums(Packed(model, [one])))], padded = Sums(Padded(model, s_sequences));
        Assert.That(together, Is.EqualTo(alone).Within(1e-4));
        Assert.That(padded, Is.EqualTo(alone).Within(1e-4));
    }

    [Test]
    public void Gradients_and_a_step_are_those_of_a_model_in_float64([Values] bool adapters)
    {
        using Decoder packed = TinyFamilies.Model(name), padded = TinyFamilies.Model(name), wide = TinyFamilies.Model(name);
        wide.to(ScalarType.Float64);
        foreach (Decoder model in new[] { packed, padded, wide })
        {
            if (adapters)
                Adapt(model);
            SequenceScores scores = model == packed ? Packed(model, s_sequences) : Padded(model, s_sequences);
            (-scores.Sums.sum() / 10).backward();
            BackwardFailure.Rethrow();
        }
        double scale = wide.Trained.Values.Max(parameter => parameter.grad!.abs().max().item<double>());
        foreach ((string parameter, Tensor expected) in wide.Trained)
            foreach (Decoder model in new[] { packed, padded })
                Assert.That((model.Trained[parameter].grad! - expected.grad!).abs().max().item<double>(), Is.LessThan(2e-4 * scale), parameter);
        Dictionary<string, Tensor> before = packed.Trained.ToDictionary(item => item.Key, item => item.Value.detach().clone());
        foreach (Decoder model in new[] { packed, padded })
            new FusedAdamW(model.Trained.Select(item => (item.Key, item.Value)), new AdamWRates { Epsilon = 1e-3 }).Step(1e-2);
        foreach ((string parameter, Tensor value) in packed.Trained)
        {
            Assert.That(Distance(value, padded.Trained[parameter]), Is.LessThan(1e-3f), parameter);
            Assert.That(Distance(value, before[parameter]), Is.GreaterThan(0), parameter);
        }
    }

    [Test]
    public void Merged_adapters_give_the_outputs_of_adapters_and_without_them_the_model_is_what_it_was()
    {
        using Decoder model = TinyFamilies.Model(name);
        using IDisposable noGrad = no_grad();
        Tensor tokens = tensor(Rows(9)[0]).unsqueeze(0), before = model.forward(tokens);
        Adapt(model);
        Tensor adapted = model.forward(tokens);
        Assert.That(Distance(adapted, before), Is.GreaterThan(0.01f));
        using (model.Adapters!.Off())
            Assert.That(Distance(model.forward(tokens), before), Is.Zero);
        PeftFolder.Save(model.Adapters!, _folder, "base", new Dictionary<string, byte[]>());
        using Decoder other = TinyFamilies.Model(name);
        using LoraAdapters loaded = PeftFolder.Load(other, _folder);
        Assert.That(Distance(other.forward(tokens), adapted), Is.Zero);
        model.Adapters!.Merge();
        Assert.That(Distance(model.forward(tokens), adapted), Is.LessThan(1e-4f));
    }

    [Test]
    public void In_bfloat16_it_is_close_to_itself()
    {
        using Decoder model = TinyFamilies.Model(name), narrow = TinyFamilies.Model(name);
        narrow.to(ScalarType.BFloat16);
        using IDisposable noGrad = no_grad();
        (Tensor tokens, Tensor mask) = Pad(Rows(9, 4), left: true);
        Tensor wide = ((ILanguageModel)model).Logits(model.HiddenStates(tokens, mask)), found = ((ILanguageModel)narrow).Logits(narrow.HiddenStates(tokens, mask)).to(ScalarType.Float32);
        Tensor real = mask.ne(0);
        Assert.That((wide - found).abs()[real].mean().item<float>(), Is.LessThan(0.03f * wide[real].std().item<float>()));
    }

    [Test]
    public void A_pass_leaves_nothing_but_its_result_alive([Values] bool cached)
    {
        using Decoder model = TinyFamilies.Model(name);
        using IDisposable noGrad = no_grad();
        (Tensor tokens, Tensor mask) = Pad(Rows(9, 3), left: true);
        using IKeyValueCache? cache = cached ? model.NewCache(2, 9) : null;
        model.HiddenStates(tokens, mask); // the first pass makes statics
        DisposeScopeManager.Statistics.Reset();
        Tensor hidden = model.HiddenStates(tokens, mask, cache);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
        Assert.That(hidden.shape, Is.EqualTo(new[] { 2L, 9, 48 }));
    }

    private static void Adapt(Decoder model)
    {
        LoraAdapters adapters = LoraAdapters.Attach(model, new() { Rank = 3, Alpha = 6, Targets = [LoraSettings.AllLinear] }, 5);
        using IDisposable noGrad = no_grad();
        foreach ((string _, Tensor up) in adapters.Parameters.Where(item => item.Key.EndsWith("lora_B.weight", StringComparison.Ordinal)))
            up.copy_(arange(up.numel(), ScalarType.Float32).cos().view(up.shape) * 0.1);
    }

    private static Tensor Alone(Decoder model, long[] row)
    {
        Tensor tokens = tensor(row).unsqueeze(0);
        return model.HiddenStates(tokens, ones_like(tokens))[0];
    }

    private static SequenceScores Packed(ILanguageModel model, (int[], int[])[] sequences)
    {
        PackedSequences packed = PackedSequences.Of(new(sequences), CPU, model.ShortPositions);
        return SequenceLogProbs.Score(model.HiddenStates(packed), model.LogitHead, packed.Scored);
    }

    private static SequenceScores Padded(ILanguageModel model, (int[], int[])[] sequences)
    {
        PaddedSequences padded = PaddedSequences.Of(new(sequences), 0, CPU);
        return SequenceLogProbs.Score(model.HiddenStates(padded.Tokens, padded.AttentionMask), model.LogitHead, padded.Labels, firstTokens: null);
    }

    private static double[] Sums(SequenceScores scores) => [.. scores.Sums.detach().to(ScalarType.Float64).data<double>().ToArray()];
}
