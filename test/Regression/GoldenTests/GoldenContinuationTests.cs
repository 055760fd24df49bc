using Alignment.Checkpoints.Safetensors;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Tokenization;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>A folder is the whole model: what is saved between two training steps changes no number after it.</summary>
[Category("Golden")]
[NonParallelizable]
public class GoldenContinuationTests
{
    private static readonly AdamWRates s_rates = new() { LearningRate = 1e-3, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, WeightDecay = 0.01 };

    [TestCase("phi3-tiny")]
    [TestCase("llama-tiny")]
    [TestCase("mistral-tiny")]
    [TestCase("qwen2-tiny")]
    public void Trained_one_step_saved_loaded_and_continued_gives_the_same_numbers_as_going_on(string golden)
    {
        string root = Directory.CreateTempSubdirectory("continuation").FullName;
        try
        {
            using var scope = NewDisposeScope();
            using Decoder whole = Decoder.Load(GoldenSet.File(golden)), first = Decoder.Load(GoldenSet.File(golden));
            using FusedAdamW wholeOptimiser = Optimiser(whole), firstOptimiser = Optimiser(first);
            float[] uninterrupted = [Step(whole, wholeOptimiser, golden), Step(whole, wholeOptimiser, golden), Step(whole, wholeOptimiser, golden)];

            float before = Step(first, firstOptimiser, golden);
            first.Save(Path.Combine(root, "model"), TokenizerFolder.Files(GoldenSet.File(golden)));
            SafetensorsWriter.Write(Path.Combine(root, "optimizer.safetensors"), firstOptimiser.State());
            using Decoder second = Decoder.Load(Path.Combine(root, "model"));
            using FusedAdamW secondOptimiser = Optimiser(second);
            secondOptimiser.Restore(SafetensorsFile.Read(Path.Combine(root, "optimizer.safetensors")));

            Assert.That(new[] { before, Step(second, secondOptimiser, golden), Step(second, secondOptimiser, golden) }, Is.EqualTo(uninterrupted));
            Dictionary<string, Tensor> expected = whole.state_dict();
            foreach ((string name, Tensor weight) in second.state_dict())
                Assert.That(weight.bytes.SequenceEqual(expected[name].bytes), name);
            Assert.That(uninterrupted[2], Is.LessThan(uninterrupted[0]));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static FusedAdamW Optimiser(Decoder model) => new(model.Trained.Select(item => (item.Key, item.Value)), s_rates);

    // one step on the next-token loss of the golden rows; the loss before it
    private static float Step(Decoder model, FusedAdamW optimiser, string golden)
    {
        using var scope = NewDisposeScope();
        GoldenTensors inputs = GoldenTensors.Read(golden, "inputs.safetensors");
        Tensor tokens = inputs["right.input_ids"], mask = inputs["right.attention_mask"];
        Tensor labels = tokens.masked_fill(mask.eq(0), SequenceLogProbs.Ignored);
        SequenceScores scores = SequenceLogProbs.Score(model.HiddenStates(tokens, mask), model.Head, labels);
        Tensor loss = -scores.Sums.sum() / scores.Counts.sum();
        loss.backward();
        BackwardFailure.Rethrow();
        optimiser.Step(s_rates.LearningRate);
        optimiser.ZeroGradients();
        return loss.item<float>();
    }
}
