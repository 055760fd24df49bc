using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;

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

    [TestCase("\"batchSize\": 8, \"warmupRatio\": 0.1", "\"batchSize\": 18, \"warmupRatio\": 0.1", "own.json(12): $.preference (DPO, IPO): 18 pairs in batches of 18, 1 time(s): no step of 1 has a learning rate above 0 with warmupRatio 0.1, ")]
    [TestCase("\"epochs\": [1], \"learningRate\": [1e-3], \"batchSize\": 8 }", "\"epochs\": [1], \"learningRate\": [1e-3, 1e-4], \"batchSize\": 256, \"warmupRatio\": 0.5 }",
        "own.json(11): $.sft (SFT): 18 pairs in batches of 256, 1 time(s): no step of 1 has a learning rate above 0 with warmupRatio 0.5, ")]
    public void A_schedule_whose_every_step_has_rate_0_is_refused_with_the_numbers(string piece, string replacement, string fault)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", piece, replacement).With("own.json", "\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.1] }, \"IPO\": { \"beta\": [0.1] }");
        Assert.That(folder.Faults(), Is.EqualTo(new[] { fault + "so nothing would be trained: lower batchSize, raise epochs, or set warmupRatio to 0" }));
    }

    [Test]
    public void More_checkpoints_than_the_last_part_has_steps_are_refused_with_the_numbers()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"warmupRatio\": 0.1", "\"warmupRatio\": 0.1, \"averages\": [2, 3], \"averageOver\": 0.67")
            .With("own.json", "\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.1, 0.2] }, \"IPO\": { \"beta\": [0.1] }");
        Assert.That(folder.Faults(), Is.EqualTo(new[]
        {
            "own.json(12): $.preference (DPO, IPO): averages 3: the last 0.67 of 3 steps are 2, fewer than are averaged: lower averages, raise averageOver or epochs, or lower batchSize",
        }));
    }

    [TestCase("\"batchSize\": 256, \"warmupRatio\": 0"), TestCase("\"batchSize\": 9, \"warmupRatio\": 1"), TestCase("\"batchSize\": 18, \"schedule\": \"linear\", \"warmupRatio\": 0.0")]
    [TestCase("\"batchSize\": 18, \"warmupRatio\": 0.5", "[2]"), TestCase("\"batchSize\": 17, \"warmupRatio\": 0.5")]
    public void A_schedule_with_one_step_above_0_can_start(string schedule, string epochs = "[1]")
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"batchSize\": 8, \"warmupRatio\": 0.1", schedule).With("own.json", "\"preference\": { \"epochs\": [1]", $"\"preference\": {{ \"epochs\": {epochs}");
        Assert.That(folder.Faults(), Is.Empty);
    }

    [TestCase("\"maxTotal\": 100", "\"maxTotal\": 300", "own.json(10): $.lengths: maxTotal 300 and maxPrompt 40 + maxNewTokens 6 reach 300, beyond the model's 256 positions: "
        + "lower maxTotal by 44")]
    [TestCase("\"maxNewTokens\": 6", "\"maxNewTokens\": 217", "own.json(10): $.lengths: maxTotal 100 and maxPrompt 40 + maxNewTokens 217 reach 257, beyond the model's 256 positions: "
        + "lower maxPrompt or maxNewTokens by 1")]
    [TestCase("\"folder\": \"gold\", \"maxLength\": 64", "\"decoder\": { \"folder\": \"model\", \"maxLength\": 257 }", "own.json(9): $.gold.decoder.maxLength 257 is beyond the model's 256 positions: lower it to 256")]
    [TestCase("\"maxLength\": 64", "\"maxLength\": 129", "own.json(9): $.gold.maxLength 129 is beyond the gold model's 128 positions: lower it to 128")]
    public void Lengths_beyond_the_positions_are_refused(string piece, string replacement, string fault)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", piece, replacement).With("own.json", "\"phi-3\"", "\"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        Assert.That(folder.Faults(), Is.EqualTo(new[] { fault }));
    }

    [TestCase("\"maxTotal\": 100", "\"maxTotal\": 256"), TestCase("\"maxNewTokens\": 6", "\"maxNewTokens\": 216"), TestCase("\"maxLength\": 64", "\"maxLength\": 128")]
    [TestCase("\"folder\": \"gold\", \"maxLength\": 64", "\"decoder\": { \"folder\": \"model\", \"maxLength\": 256 }")]
    public void Lengths_that_fill_the_positions_can_start(string piece, string replacement)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", piece, replacement).With("own.json", "\"phi-3\"", "\"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        Assert.That(folder.Faults(), Is.Empty);
    }

    [TestCase("\"folder\": \"nowhere\", \"maxLength\": 64", "folder")]
    [TestCase("\"decoder\": { \"folder\": \"nowhere\", \"maxLength\": 64 }", "decoder.folder", TestName = "where its training would begin with it")]
    public void A_judges_folder_that_is_not_there_is_told_once(string judge, string key)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"gold\", \"maxLength\": 64", judge);
        Assert.That(folder.Faults().Where(fault => fault.Contains("nowhere", StringComparison.Ordinal)).Single(),
            Does.StartWith($"own.json(9): $.gold.{key} names nowhere, which is not there: looked at "));
    }

    [Test]
    public void Data_that_is_not_there_is_the_one_fault_of_a_sweep_that_is_sound_otherwise()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "pairs.jsonl", "pears.jsonl");
        Assert.That(folder.Faults().Single(), Does.StartWith("own.json(5): $.data.train.file names pears.jsonl, which is not there: looked at "));
    }

    [Test]
    public void A_new_policy_is_held_to_its_own_shape()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"policy\": { \"folder\": \"model\" }",
            "\"policy\": { \"width\": 16, \"layers\": 1, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 24, \"maxPositions\": 90, \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"q_proj\"] } }")
            .With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"tokenizer\": \"model\"");
        Assert.That(folder.Faults(), Is.EqualTo(new[]
        {
            "own.json(3): $.policy.lora: LoRA targets q_proj: the linear layers of this model are qkv_proj, o_proj, gate_up_proj, down_proj; \"all-linear\" takes all of them",
            "own.json(10): $.lengths: maxTotal 100 and maxPrompt 40 + maxNewTokens 6 reach 100, beyond the model's 90 positions: lower maxTotal by 10",
        }));
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
    public void Adapters_on_layers_that_the_policy_lacks_are_refused_for_each_stage()
    {
        const string Lora = "\"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"q_proj\"] }";
        using SweepFolder folder = new SweepFolder().With("own.json", "\"policy\": { \"folder\": \"model\"", $"\"policy\": {{ \"folder\": \"model\", {Lora}")
            .With("own.json", "\"batchSize\": 8 },\n  \"preference\"", $"\"batchSize\": 8, {Lora} }},\n  \"preference\"");
        Assert.That(folder.Faults(), Is.EqualTo(new[] { "own.json(3): $.policy.lora", "own.json(11): $.sft.lora" }.Select(place =>
            $"{place}: LoRA targets q_proj: the linear layers of this model are qkv_proj, o_proj, gate_up_proj, down_proj; \"all-linear\" takes all of them")));
    }

    [Test]
    public void A_second_model_is_refused_beside_adapters_that_it_cannot_follow_and_on_several_ranks()
    {
        const string Lora = "\"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\"] }";
        using SweepFolder folder = new SweepFolder().With("own.json", "\"DPO\": {", "\"TR-DPO\": {").With("own.json", "\"folder\": \"model\"", $"\"folder\": \"model\", {Lora}");
        const string Adapters = "own.json(13): $.methods.TR-DPO: its reference follows all weights, and policy.lora trains adapters alone: leave one of the two out",
            Ranks = "own.json(13): $.methods.TR-DPO: it takes a second model on one rank, and 2 are given: leave it out, or give -p:Ranks=1";
        Assert.That(folder.Faults(), Is.EqualTo(new[] { Adapters }));
        Assert.That(OnRanks(2), Is.EqualTo(new[] { Adapters, Ranks }));
        folder.With("own.json", $", {Lora}", "");
        Assert.That(OnRanks(2), Is.EqualTo(new[] { Ranks }));
        Assert.That(folder.Faults(), Is.Empty);
        folder.With("own.json", "\"TR-DPO\": {", "\"DPO\": {");
        Assert.That(OnRanks(2), Is.Empty);

        IReadOnlyList<string> OnRanks(int ranks)
        {
            using var sweep = new Sweep(folder.Load(), folder.Options with { RankCount = ranks }, TimeProvider.System, folder.Log.Add);
            try
            {
                sweep.Check();
                return [];
            }
            catch (RecipeException e)
            {
                return e.Faults;
            }
        }
    }

    [Test]
    public void A_part_of_the_data_without_a_pair_is_refused()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"gold\", \"maxLength\": 64",
            "\"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64 }");
        string[] fault = ["own.json(4): $.data leaves no pair to train the gold model on: raise \"split.rewardModel\""];
        Assert.That(folder.Faults(), Is.EqualTo(fault));
        folder.With("own.json", "\"gold\": { \"neox\"", "\"gold\": [ { \"folder\": \"gold\", \"maxLength\": 64 }, { \"name\": \"second\", \"neox\"").With("own.json", "\"maxLength\": 64 } },\n  \"lengths\"", "\"maxLength\": 64 } } ],\n  \"lengths\"");
        Assert.That(folder.Faults(), Is.EqualTo(fault), "of a further judge, too");
    }

    [Test]
    public void A_judge_that_is_to_be_trained_in_the_embedded_world_is_given_by_its_folder_instead()
    {
        const string Data = "\"data\": {\n    \"train\": { \"format\": \"pairs\", \"file\": \"pairs.jsonl\" },\n    \"test\": { \"format\": \"pairs\", \"file\": \"test.jsonl\" },\n    \"template\": \"phi-3\"\n  }";
        using SweepFolder folder = new SweepFolder().With("own.json", Data, "\"data\": { \"world\": { \"trainingPairs\": 8 } }").With("own.json", "\"folder\": \"gold\", \"maxLength\": 64",
            "\"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64 }");
        Assert.That(folder.Faults(), Has.Some.EqualTo("own.json(4): $.data leaves no pair to train the gold model on: the embedded world sets none aside, give a judge by its \"folder\", or \"world\""));
    }

    [Test]
    public void The_doctor_tells_what_the_sweep_would_refuse_with_the_examined_model_and_data()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"model\"", "\"folder\": \"elsewhere\"");
        ExaminationInput input = folder.Examined();
        Assert.That(StartCheck.Of(input, folder.Options).Single().ToString(), Is.EqualTo("ok    nothing keeps the sweep from starting: 18 training pairs, 4 test prompts"));
        File.Delete(folder.PathOf("gold/vocab.json"));
        Assert.That(StartCheck.Of(input, folder.Options).Single().ToString(), Does.StartWith("FAIL  ").And.Contains("/gold: no tokenizer: wanted tokenizer.json"));
        Assert.That(StartCheck.Of(input with { Recipe = null }, folder.Options).Single().ToString(), Is.EqualTo("warn  not judged: no recipe is given: give -p:Recipe=FILE"));
        PolicyChoice adapters = folder.Load().Policy with { Lora = new() { Rank = 3, Alpha = 6, Targets = ["o_proj"] } };
        var examined = (PolicyFolder)StartCheck.Examined(input with { Base = "/base", Recipe = folder.Load() with { Policy = adapters } })!.Policy;
        Assert.That((examined.Folder, examined.Base, examined.Lora?.Rank), Is.EqualTo((folder.PathOf("model"), "/base", (int?)3)));
        Recipe world = folder.Load() with { Data = new WorldChoice(8) };
        Assert.That(StartCheck.Of(input with { Recipe = world }, folder.Options).Single().ToString(), Is.EqualTo("warn  not judged: recipe own reads no files: give a recipe for this data"));
    }

    private const string NotThree = "{% for m in messages %}{% if 'question 3' == m.content %}{{ raise_exception('not three') }}{% endif %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private static string Questions(int count) => string.Join('\n', Enumerable.Range(0, count).Select(i => DoctorFolder.Line($"question {i}", "yes", "no")));

    [Test]
    public void Prompts_that_a_judges_own_template_refuses_are_told()
    {
        using var folder = new SweepFolder();
        folder.Write("test.jsonl", Questions(4));
        folder.Write("gold/chat_template.jinja", NotThree);
        Assert.That(folder.Faults(), Is.EqualTo(new[]
        {
            "own.json(9): $.gold.folder: the gold model's chat template refuses 1 of 4 test prompts, first test.jsonl(4): chat_template.jinja, line 1: not three; "
                + "take them out of the test file, or name a template the model was trained with by \"template\" in the recipe's gold",
        }));
    }

    [Test]
    public void Training_prompts_are_for_the_judge_that_chooses_in_a_round_on_policy_alone()
    {
        using SweepFolder folder = ResampleSweepTests.Folder();
        folder.Write("pairs.jsonl", Questions(18));
        foreach (string judge in new[] { "gold", "other" })
            folder.Write($"{judge}/chat_template.jinja", NotThree);
        Assert.That(folder.Faults(), Is.EqualTo(new[]
        {
            "own.json(7): $.data.resample.judge.folder: the gold model's chat template refuses 1 of 18 training prompts, first pairs.jsonl(4): chat_template.jinja, line 1: not three; "
                + "take them out of the training file, or name a template the model was trained with by \"template\" in the recipe's gold",
        }));
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
