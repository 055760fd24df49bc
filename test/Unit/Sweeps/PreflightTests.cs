using Alignment.Checkpoints.Safetensors;
using Alignment.Doctor;
using Alignment.Sweeps;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Sweeps;

[NonParallelizable]
public class PreflightTests
{
    [Test]
    public void A_sound_sweep_can_start()
    {
        using var folder = new SweepFolder();
        Assert.That(folder.Faults(), Is.Empty);
    }

    [Test]
    public void A_schedule_whose_every_step_has_rate_0_is_refused_with_the_numbers()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"batchSize\": 8, \"warmupRatio\": 0.1", "\"batchSize\": 256, \"warmupRatio\": 0.1");
        Assert.That(folder.Faults(), Is.EqualTo(new[]
        {
            "own.json(12): $.preference (DPO): 18 pairs in batches of 256, 1 time(s): no step of 1 has a learning rate above 0 with warmupRatio 0.1, "
                + "so nothing would be trained: lower batchSize, raise epochs, or set warmupRatio to 0",
        }));
    }

    [TestCase("\"batchSize\": 256, \"warmupRatio\": 0"), TestCase("\"batchSize\": 9, \"warmupRatio\": 1"), TestCase("\"batchSize\": 18, \"schedule\": \"linear\", \"warmupRatio\": 0.0")]
    public void A_schedule_with_one_step_above_0_can_start(string schedule)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"batchSize\": 8, \"warmupRatio\": 0.1", schedule);
        Assert.That(folder.Faults(), Is.Empty);
    }

    [TestCase("\"maxTotal\": 100", "\"maxTotal\": 300", "own.json(10): $.lengths: maxTotal 300 and maxPrompt 40 + maxNewTokens 6 reach 300, beyond the model's 256 positions: "
        + "lower the recipe's lengths by 44")]
    [TestCase("\"maxNewTokens\": 6", "\"maxNewTokens\": 217", "own.json(10): $.lengths: maxTotal 100 and maxPrompt 40 + maxNewTokens 217 reach 257, beyond the model's 256 positions: "
        + "lower the recipe's lengths by 1")]
    [TestCase("\"maxLength\": 64", "\"maxLength\": 129", "own.json(9): $.gold.maxLength 129 is beyond the gold model's 128 positions: lower it to 128")]
    public void Lengths_beyond_the_positions_are_refused(string piece, string replacement, string fault)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", piece, replacement);
        Assert.That(folder.Faults(), Is.EqualTo(new[] { fault }));
    }

    [Test]
    public void Every_fault_of_every_file_is_told_at_once()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "test.jsonl", "tset.jsonl").With("model/config.json", "\"intermediate_size\"", "\"mlp\"");
        File.AppendAllText(folder.PathOf("pairs.jsonl"), """{ "prompt": "a", "chosen": "b" }""");
        File.Delete(folder.PathOf("gold/vocab.json"));
        File.Delete(folder.PathOf("gold/model.safetensors"));
        IReadOnlyList<string> faults = folder.Faults();
        Assert.That(faults.Select(fault => fault.Replace(folder.Root + "/", "", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            "model/config.json is no decoder configuration this code can run: $.intermediate_size is missing; "
                + "$.mlp is no key that is known of phi3: it may change what the model computes; take it out of config.json if it does not",
            "gold: holds no weights; wanted model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json",
            "gold: no tokenizer: wanted tokenizer.json, tokenizer.model, or vocab.json with merges.txt",
            faults[3].Replace(folder.Root + "/", "", StringComparison.Ordinal),
            "own.json(6): $.data.test.file names tset.jsonl, which is not there: looked at tset.jsonl; name the folder that holds it with -p:DataDir=FOLDER",
        }));
        Assert.That(faults[3], Does.StartWith(folder.PathOf("pairs.jsonl") + "(19): missing field: \"rejected\""));
    }

    [Test]
    public void A_folder_named_twice_is_missed_once_and_the_other_files_are_read_nevertheless()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"model\"", "\"folder\": \"nowhere\"").With("own.json", "pairs.jsonl", "pears.jsonl");
        Assert.That(folder.Faults().Select(fault => fault.Split(':')[1]), Is.EqualTo(new[] { " $.policy.folder names nowhere, which is not there", " $.data.train.file names pears.jsonl, which is not there" }));
    }

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
    public void A_part_of_the_data_without_a_pair_is_refused()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"gold\", \"maxLength\": 64",
            "\"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64 }");
        Assert.That(folder.Faults(), Is.EqualTo(new[] { "own.json(4): $.data leaves no pair to train the gold model on: raise \"split.rewardModel\"" }));
    }

    [Test]
    public void The_doctor_tells_what_the_sweep_would_refuse_with_the_examined_model_and_data()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"model\"", "\"folder\": \"elsewhere\"");
        ExaminationInput input = new()
        {
            Model = folder.PathOf("model"),
            Data = folder.PathOf("pairs.jsonl"),
            Recipe = folder.Load(),
            Device = "cpu",
            MicroBatch = 4,
            GenerationBatch = 4,
            Template = "phi-3",
        };
        Assert.That(StartCheck.Of(input, folder.Options).Single().ToString(), Is.EqualTo("ok    nothing keeps the sweep from starting: 18 training pairs, 4 test prompts"));
        File.Delete(folder.PathOf("gold/vocab.json"));
        Assert.That(StartCheck.Of(input, folder.Options).Single().ToString(), Does.StartWith("FAIL  ").And.Contains("/gold: no tokenizer: wanted tokenizer.json"));
        Assert.That(StartCheck.Of(input with { Recipe = null }, folder.Options).Single().Grade, Is.EqualTo(Grade.Warn));
    }

    [Test]
    public void Many_faults_are_one_message_of_a_screen()
    {
        using SweepFolder folder = new SweepFolder().With("model/config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 9");
        using Sweep sweep = folder.Open();
        string message = Assert.Catch(sweep.Check)!.Message;
        Assert.That(message.Split('\n'), Has.Length.EqualTo(14));
        Assert.That(message, Does.Contain("missing: model.layers.2.").And.EndsWith("more lines of faults"));
        Assert.That(Directory.Exists(folder.Sweeps), Is.False, "nothing was begun");
    }
}
