using Alignment.Models;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A judge reads what its kind was trained to read.</summary>
[NonParallelizable]
public class GoldModelTests
{
    private const string Own = "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }";

    // GPT-NeoX the prompt and the response, a decoder the conversation to its end
    [TestCase("gold", false), TestCase("judge", true)]
    public void Scores_are_those_of_prompts_written_for_an_answer_and_of_responses_that_ended_or_were_cut(string judge, bool isWhole)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"gold\"", $"\"folder\": \"{judge}\"");
        using (var made = DecoderReward.Create(DoctorFolder.Config, 1, Placement.Of(Precision.Float32, torch.CPU)))
            made.Save(folder.PathOf("judge"), new[] { "vocab.json", "merges.txt" }.ToDictionary(name => name, name => File.ReadAllBytes(folder.PathOf("model/" + name))));
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        using GoldModel gold = folder.OpenGold(data);
        (string Text, bool Ended)[] responses = [("so it is.", true), ("so it", false), ("", true), ("no.", true)];
        Func<IReadOnlyList<Alignment.Tokenization.Message>, string, bool, int[]> read = GoldInput.Reader(data.Tokenizer, isWhole);
        using IRewardNetwork network = RewardFolder.Load(folder.PathOf(judge), torch.CPU);
        int[][] rows = [.. data.Test.Zip(responses, (pair, response) => read(pair.Prompt, response.Text, response.Ended))];
        Assert.That(gold.Score(data.Test, responses).Select(score => score.Value), Is.EqualTo(RewardScorer.Score(network, rows, new() { MaxLength = 64 })));
    }

    [Test]
    public void What_is_left_out_of_a_recipe_is_in_no_identity_and_a_template_that_it_names_is_taken()
    {
        using SweepFolder folder = new();
        Recipe recipe = folder.Load();
        Alignment.Files.FileHashes hashes = folder.Options.Hashes(TimeProvider.System, _ => { });
        Assert.That(GoldModel.Identity(recipe.Judges[0], recipe, folder.Options, SweepData.Read(recipe, folder.Options, _ => { }), hashes),
            Is.EqualTo($"{ModelFingerprint.OfWeightsAndTokenizer(folder.PathOf("gold"), hashes)} 64 "), "as stores of before have it");
        folder.With("own.json", Own, Own.Replace(" }", ", \"template\": \"phi-3\" }", StringComparison.Ordinal));
        Assert.That(GoldModel.Tokenizer(folder.PathOf("gold"), (GoldFolder)folder.Load().Judges[0]).By, Is.EqualTo("\"template\" in the recipe's gold"));
    }

    [Test]
    public void Each_draw_of_a_prompt_has_random_numbers_of_its_own()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"resample\": { \"responses\": 2, \"judge\": { \"folder\": \"other\", \"maxLength\": 64 } }");
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        AskedPrompts[] all = [AskedPrompts.Test(recipe, data, 0), AskedPrompts.Test(recipe, data, 1), AskedPrompts.Training(recipe, data, 1), AskedPrompts.Training(recipe, data, 2)];
        Assert.That(all.Select(asked => asked.By(null!, recipe, data).Stream), Is.EqualTo(new[] { "sampling", "sampling/2", "resample/1", "resample/2" }));
        Assert.That(all.Select(asked => asked.Before), Is.EqualTo(new[] { 0, 1, 0, 0 }), "responses to a test prompt");
        foreach (AskedPrompts asked in all)
        {
            var heard = AskedPrompts.Of(asked.Order(new(null), []), recipe, data);
            Assert.That((heard.Draw, heard.Prompts, heard.Settings), Is.EqualTo((asked.Draw, asked.Prompts, asked.Settings)));
        }
    }
}
