using Alignment.Doctor;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What the doctor says of a recipe's judges.</summary>
[NonParallelizable]
public class JudgeCheckTests
{
    private static IReadOnlyList<Verdict> Verdicts(SweepFolder folder, Func<ExaminationInput, ExaminationInput>? change = null)
    {
        ExaminationInput input = folder.Examined();
        return JudgeCheck.Of(change?.Invoke(input) ?? input, folder.Options);
    }

    [Test]
    public void Each_judge_is_told_with_its_template_and_accuracy()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }",
            "\"gold\": [ { \"folder\": \"gold\", \"maxLength\": 64 }, { \"folder\": \"gold\", \"maxLength\": 32, \"name\": \"short\" } ]");
        string[] lines = [.. Verdicts(folder).Select(verdict => verdict.ToString())];
        Assert.That(lines, Has.Length.EqualTo(4));
        Assert.That(lines[0], Does.Match("^ok    judge gold: gold model: template phi-3, told by "));
        Assert.That(lines[1], Does.Match(@"^warn  judge gold: it (is not told apart from a coin|prefers what the test set rejects), accuracy \d\.\d{3} \(.* of 4 pairs.*\): "));
        Assert.That(lines[2], Does.StartWith("ok    judge short: "));
    }

    [Test]
    public void Scores_that_are_no_numbers_fail()
    {
        using var folder = new SweepFolder();
        Spoil(folder.PathOf("gold"));
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        using GoldModel gold = folder.OpenGold(data);
        (IReadOnlyList<RewardScore> chosen, IReadOnlyList<RewardScore> rejected) = gold.ScoreSides(data.Test);
        int odd = chosen.Concat(rejected).Count(score => !double.IsFinite(score.Value));
        Assert.That(odd, Is.GreaterThan(1));
        Assert.That(Verdicts(folder)[^1].ToString(), Is.EqualTo($"FAIL  judge gold: {odd} of 8 scores are no finite numbers: its weights are damaged, or too large for their type"));
    }

    [TestCase(true, "ok    judge gold: it prefers what the test set prefers, accuracy 1.000 ")]
    [TestCase(false, "warn  judge gold: it prefers what the test set rejects, accuracy 0.000 ")]
    public void A_judge_that_is_told_apart_from_a_coin_is_told_for_or_against_the_test_set(bool agrees, string start)
    {
        using var folder = new SweepFolder();
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        using (GoldModel gold = folder.OpenGold(data))
        {
            (IReadOnlyList<RewardScore> chosen, IReadOnlyList<RewardScore> rejected) = gold.ScoreSides(data.Test);
            folder.Write("test.jsonl", string.Join('\n', data.Test.Select((pair, i) => chosen[i].Value > rejected[i].Value == agrees
                ? DoctorFolder.Line(pair.Prompt[^1].Text, pair.Chosen, pair.Rejected) : DoctorFolder.Line(pair.Prompt[^1].Text, pair.Rejected, pair.Chosen))));
        }

        Assert.That(Verdicts(folder)[^1].ToString(), Does.StartWith(start).And.Contains("of 4 pairs"));
    }

    [Test]
    public void Of_a_judge_that_is_trained_accuracy_is_known_later()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"gold\", \"maxLength\": 64", "\"decoder\": { \"folder\": \"model\", \"maxLength\": 64 }")
            .With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        Assert.That(Verdicts(folder).Single().ToString(), Is.EqualTo(
            "      judge gold: model, trained on pairs that were set aside, so its accuracy is known when the sweep has trained it"));
    }

    [Test]
    public void Where_the_test_set_has_no_pairs_its_scores_are_counted_alone()
    {
        using SweepFolder folder = LabelledSweepTests.Folder(test: false);
        Assert.That(Verdicts(folder, input => input with { Data = folder.PathOf("labels.jsonl") })[^1].ToString(), Is.EqualTo("warn  judge gold: its 4 scores are finite, "
            + "and the test set has no pairs that tell whether it prefers what people prefer: give test pairs (\"test\" in the recipe's data): every conclusion rests on it"));
    }

    [Test]
    public void What_cannot_be_asked_is_said()
    {
        using var folder = new SweepFolder();
        Assert.That(Verdicts(folder, input => input with { Recipe = null }).Single().ToString(), Is.EqualTo("warn  judges are not judged: no recipe for data from files is given: give -p:Recipe=FILE"));
        File.Delete(folder.PathOf("gold/vocab.json"));
        Assert.That(Verdicts(folder).Single().ToString(), Is.EqualTo("warn  judges are not judged: the sweep cannot start: see the verdict on its start"));
    }

    /// <summary>Makes a gold model's weights so large that its scores overflow.</summary>
    internal static void Spoil(string gold) => Spoil(gold, network => network.named_parameters().First(item => item.name is "out_proj.weight" or "score.weight").parameter.fill_(3e38));

    internal static void Spoil(string gold, Action<NeoXReward> spoil)
    {
        using NeoXReward network = NeoXReward.Load(gold);
        using (torch.no_grad())
            spoil(network);
        File.Delete(Path.Combine(gold, "model.safetensors"));
        File.Delete(Path.Combine(gold, "config.json"));
        string other = gold + ".spoilt";
        network.Save(other);
        foreach (string file in new[] { "model.safetensors", "config.json" })
            File.Move(Path.Combine(other, file), Path.Combine(gold, file));
    }
}
