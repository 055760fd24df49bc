using Alignment.Bench.Measuring;
using Alignment.Data;
using Alignment.Doctor;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Tests.Unit.Training;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

/// <summary>
/// The estimate against the resident memory of real stages, from before the model is made to the peak: within a factor of 2, of which most is what glibc
/// keeps; with <see cref="AllocatorSlack.Setting"/> in the environment of these tests it is within 1.5, of which most is the prompt that a pair's two responses share.
/// </summary>
[NonParallelizable]
public class MemoryEstimateTests
{
    private const double Factor = 2;
    private const int Prompt = 96, Response = 160;

    // 16 million parameters: what is measured is hundreds of megabytes, what the runtime adds is not
    private static readonly Workload s_work = new()
    {
        Config = new()
        {
            Shape = new ModelShape { Vocabulary = 4096, Width = 512, Layers = 4, Heads = 8, KeyValueHeads = 4, MlpWidth = 1408, MaxPositions = 512 },
        },
        MicroBatch = 4,
        GenerationBatch = 48,
        LongestSequence = Prompt + Response,
        LongestPrompt = Prompt,
        NewTokens = 8,
        Slack = AllocatorSlack.Of("cpu"),
    };

    private static readonly LoraSettings s_lora = new() { Rank = 8, Alpha = 16, Targets = ["qkv_proj", "o_proj"] };

    private static readonly TokenizedPair[] s_pairs = [.. Enumerable.Range(0, 8).Select(i =>
        new TokenizedPair($"{i}", Tokens(i, Prompt), Tokens(i + 8, Response), Tokens(i + 16, Response), false, false))];

    [Test]
    public void SFT_takes_what_is_estimated() => Compare(s_work, "SFT", model => Train(model, new SftGoal(s_pairs)));

    [Test]
    public void Preference_optimisation_takes_what_is_estimated() => Compare(s_work, "preference", model => Train(model, Preference(model)));

    [Test]
    public void Preference_optimisation_with_adapters_takes_what_is_estimated() => Compare(s_work with { Lora = s_lora }, "preference", model =>
    {
        PreferenceGoal goal = Preference(model);
        LoraAdapters.Attach(model, s_lora, 1);
        Train(model, goal);
    });

    [Test]
    public void Activations_that_are_computed_again_take_what_is_estimated() =>
        Compare(s_work with { Recompute = true }, "preference", model => Train(model, Preference(model), recompute: true));

    // prompts of two lengths: the shorter ones are padded on the left, which takes a mask
    [Test]
    public void Sampling_takes_what_is_estimated() => Compare(s_work, "sampling", model =>
    {
        SamplingPrompt[] prompts = [.. Enumerable.Range(0, s_work.GenerationBatch).Select(i => new SamplingPrompt(i, Tokens(i, Prompt - i % 2)))];
        var sampler = new Sampler(model, new SamplingSettings { MaxNewTokens = s_work.NewTokens }, new HashSet<int>(), 1);
        Assert.That(sampler.Sample(prompts, new GenerationSpeed { BatchSize = s_work.GenerationBatch }).Sum(chunk => chunk.Count), Is.EqualTo(prompts.Length));
    });

    private static PreferenceGoal Preference(Decoder model) =>
        new(new Dpo(0.1), s_pairs, ReferencePass.Compute(model, s_pairs, new() { MicroBatch = s_work.MicroBatch }));

    private static void Train(Decoder model, IPolicyGoal goal, bool recompute = false)
    {
        using var folder = new TemporaryFolder();
        // two steps: the second has gradients and moments from its start
        TrainingSettings settings = Micro.Settings(batchSize: s_work.MicroBatch, epochs: 1);
        new Trainer(model, goal, settings, new TrainingRun { Folder = folder.Path, Speed = new() { MicroBatch = s_work.MicroBatch, Recompute = recompute } }).Train();
    }

    private static void Compare(Workload work, string stage, Action<Decoder> run)
    {
        long estimate = MemoryEstimate.Of(work).Single(memory => memory.Stage == stage).Bytes;
        if (!PeakMemory.TryRestart())
            Assert.Ignore("/proc/self/clear_refs cannot be written here, so the peak cannot be measured");
        long before = PeakMemory.Now;
        using (var model = new Decoder(work.Config))
        {
            Fill(model);
            run(model);
        }
        long peak = PeakMemory.Bytes - before;
        TestContext.Out.WriteLine(FormattableString.Invariant(
            $"{stage}: estimated {estimate / 1e6:F0} MB, measured {peak / 1e6:F0} MB: {(double)estimate / peak:F2} times what it takes"));
        Assert.That((double)estimate / peak, Is.InRange(1 / Factor, Factor));
    }

    // of 512 numbers by the attention's and the MLP's first projections, of 1,408 by the MLP's last
    [TestCase("qkv_proj", 512 + 1408), TestCase("gate_up_proj", 512 + 1408), TestCase("down_proj", 2 * 512), TestCase("o_proj", 2 * 512 + 1408), TestCase("all-linear", 0)]
    public void What_only_frozen_projections_read_is_not_kept(string target, int less) =>
        Assert.That(TokenMemory.Of(s_work.Config).Kept - TokenMemory.Of(s_work.Config, s_lora with { Targets = [target] }).Kept, Is.EqualTo(less));

    [Test]
    public void A_second_model_counts_in_preference_runs_alone()
    {
        IReadOnlyList<StageMemory> still = MemoryEstimate.Of(s_work), moving = MemoryEstimate.Of(s_work with { SecondModel = true });
        foreach ((StageMemory before, StageMemory after) in still.Zip(moving))
            Assert.That(after.Bytes - before.Bytes, Is.EqualTo(before.Stage == "preference" ? sizeof(float) * s_work.Parameters : 0), before.Stage);
    }

    // as a loaded model has them: every page is touched
    private static void Fill(Decoder model)
    {
        using IDisposable noGrad = TorchSharp.torch.no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
            if (parameter.dim() > 1)
                parameter.normal_(0, 0.02);
    }

    private static int[] Tokens(int row, int count)
    {
        var random = new SeededRandom(5, $"test/tokens/{row}");
        return [.. Enumerable.Range(0, count).Select(_ => random.NextInt(4096))];
    }
}
