using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Models that a sweep cannot start with: not whole, broken numbers, too few tokens.</summary>
[NonParallelizable]
public class PreflightWeightsTests
{
    [Test]
    public void Weights_that_do_not_fill_the_model_are_refused_without_being_read()
    {
        using var folder = new SweepFolder();
        using (var scope = NewDisposeScope())
        {
            Dictionary<string, Tensor> stored = SafetensorsFile.Read(folder.PathOf("model/model.safetensors"));
            stored.Remove("model.norm.weight");
            SafetensorsWriter.Write(folder.PathOf("model/model.safetensors"), stored);
        }

        Assert.That(folder.Faults().Single(), Does.Contain("missing: model.norm.weight"));
    }

    [Test]
    public void NaN_in_any_model_is_refused_before_anything_is_trained_and_a_file_is_read_for_it_once()
    {
        using var folder = new SweepFolder();
        foreach (string file in new[] { "model/model.safetensors", "gold/model.safetensors" })
        {
            Edit(file, "norm", float.NaN);
            File.SetLastWriteTimeUtc(folder.PathOf(file), DateTime.UnixEpoch);
        }

        IReadOnlyList<string> faults = folder.Faults();
        Assert.That(faults, Has.Count.EqualTo(2));
        Assert.That(faults[0], Does.StartWith("own.json(3): $.policy.folder: model.").And.Match("norm.weight: 1 of \\d+ numbers are NaN or infinite, and so are some of \\d more tensors: get .*/model again"));
        Assert.That(faults[1], Does.StartWith("own.json(9): $.gold.folder: gpt_neox."));

        foreach (string file in new[] { "model/model.safetensors", "gold/model.safetensors" })
        {
            Edit(file, "norm", 1);
            File.SetLastWriteTimeUtc(folder.PathOf(file), DateTime.UnixEpoch);
        }
        folder.Log.Clear();
        using (Sweep sweep = folder.Open())
            _ = sweep.Plan(); // takes the fingerprints
        Assert.That(folder.Log.Count(line => line.StartsWith("reading the numbers of ", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Sweeps).Select(Path.GetFileName), Is.EqualTo(new[] { ".hashes" }));
        Assert.That(folder.Faults(), Is.Empty);
        Assert.That(folder.Log.Count(line => line.StartsWith("reading the numbers of ", StringComparison.Ordinal)), Is.EqualTo(2));

        void Edit(string file, string name, float value)
        {
            using var scope = NewDisposeScope();
            Dictionary<string, Tensor> stored = SafetensorsFile.Read(folder.PathOf(file));
            foreach ((string _, Tensor tensor) in stored.Where(tensor => tensor.Key.Contains(name, StringComparison.Ordinal) && tensor.Key.EndsWith("weight", StringComparison.Ordinal)))
                tensor[0] = value;
            SafetensorsWriter.Write(folder.PathOf(file), stored);
        }
    }

    [Test]
    public void One_broken_tensor_is_told_alone_and_a_file_that_came_later_is_read_too()
    {
        using var folder = new SweepFolder();
        using (var scope = NewDisposeScope())
        {
            Dictionary<string, Tensor> stored = SafetensorsFile.Read(folder.PathOf("model/model.safetensors"));
            stored["model.norm.weight"][0] = float.PositiveInfinity;
            SafetensorsWriter.Write(folder.PathOf("model/model.safetensors"), stored);
            Assert.That(folder.Faults().Single(), Does.Match(@"^own\.json\(3\): \$\.policy\.folder: model\.norm\.weight: 1 of 16 numbers are NaN or infinite: get .*/model again from where it was made$"));
            foreach (Tensor tensor in stored.Values.Where(tensor => tensor.dim() == 1))
                tensor[0] = float.NaN;
            SafetensorsWriter.Write(folder.PathOf("model/model.safetensors"), stored);
            Assert.That(folder.Faults().Single(), Does.EndWith($", and so are some of {stored.Values.Count(tensor => tensor.dim() == 1) - 1} more tensors: get {folder.PathOf("model")} again from where it was made"));
        }

        using var sound = new SweepFolder();
        foreach (string file in new[] { "model/model.safetensors", "gold/model.safetensors" })
            File.SetLastWriteTimeUtc(sound.PathOf(file), DateTime.UnixEpoch);
        using (Sweep sweep = sound.Open())
            _ = sweep.Plan();
        File.Copy(sound.PathOf("gold/model.safetensors"), sound.PathOf("gold/more.safetensors"));
        File.SetLastWriteTimeUtc(sound.PathOf("gold/more.safetensors"), DateTime.UnixEpoch);
        sound.Log.Clear();
        sound.Faults();
        Assert.That(sound.Log.Where(line => line.StartsWith("reading the numbers of ", StringComparison.Ordinal)), Is.EqualTo(new[] { $"reading the numbers of {sound.PathOf("gold")}" }));
    }

    // of a language model and of a reward model
    [TestCase("model"), TestCase("judge")]
    public void What_a_judges_training_begins_with_is_whole(string begun)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"gold\", \"maxLength\": 64", $"\"decoder\": {{ \"folder\": \"{begun}\", \"maxLength\": 64 }}")
            .With("own.json", "\"phi-3\"", "\"phi-3\", \"split\": { \"rewardModel\": 0.5 }").With("own.json", "\"policy\": { \"folder\": \"model\" }", "\"policy\": { \"folder\": \"policy\" }");
        folder.Copy("model", "policy");
        using (var judge = DecoderReward.Create(DoctorFolder.Config, 1, Placement.Of(Precision.Float32, CPU)))
            judge.Save(folder.PathOf("judge"), new[] { "vocab.json", "merges.txt" }.ToDictionary(name => name, name => File.ReadAllBytes(folder.PathOf("model/" + name))));
        Assert.That(folder.Faults(), Is.Empty);
        using (var scope = NewDisposeScope())
        {
            Dictionary<string, Tensor> stored = SafetensorsFile.Read(folder.PathOf(begun + "/model.safetensors"));
            stored.Remove("model.norm.weight");
            SafetensorsWriter.Write(folder.PathOf(begun + "/model.safetensors"), stored);
        }

        Assert.That(folder.Faults().Single(), Does.Contain($"/{begun}").And.Contain("missing: model.norm.weight"));
    }

    [Test]
    public void A_model_that_knows_fewer_tokens_than_its_tokenizer_has_is_refused()
    {
        using var folder = new SweepFolder();
        DecoderConfig small = DoctorFolder.Config with { Shape = DoctorFolder.Config.Shape with { Vocabulary = 767 }, EndTokens = [1], PadToken = 2 };
        using (var model = Decoder.Initialised(small, 1))
            model.Save(folder.PathOf("few"), new Dictionary<string, byte[]>());
        using (NeoXReward gold = NeoXReward.Create(new() { Vocabulary = 766, Width = 8, Layers = 1, Heads = 1, MlpWidth = 8, RotaryFraction = 1, MaxPositions = 128 }, 1))
            gold.Save(folder.PathOf("judge"));
        foreach (string file in new[] { "vocab.json", "merges.txt" })
        {
            File.Copy(folder.PathOf("model/" + file), folder.PathOf("few/" + file));
            File.Copy(folder.PathOf("model/" + file), folder.PathOf("judge/" + file));
        }

        folder.With("own.json", "\"folder\": \"model\"", "\"folder\": \"few\"").With("own.json", "\"folder\": \"gold\"", "\"folder\": \"judge\"");
        Assert.That(folder.Faults(), Is.EqualTo(new[]
        {
            "own.json(9): $.gold.folder: the gold model knows 766 tokens and its tokenizer has 768; give the tokenizer it was trained with",
            "own.json(3): $.policy.folder: the model knows 767 tokens and the tokenizer has 768; give the tokenizer this model was trained with",
        }));
        folder.With("own.json", "\"folder\": \"judge\", \"maxLength\": 64", "\"decoder\": { \"folder\": \"few\", \"maxLength\": 64 }").With("own.json", "\"phi-3\"", "\"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        Assert.That(folder.Faults()[0], Is.EqualTo("own.json(9): $.gold.decoder.folder: the model knows 767 tokens and its tokenizer has 768; give the tokenizer it was trained with"));
    }
}
