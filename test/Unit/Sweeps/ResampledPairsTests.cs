using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Best and worst of several responses: which pair they make, and why they make none.</summary>
public class ResampledPairsTests
{
    // TEXT=SCORE, and ~ behind the text of one that was cut
    [TestCase("a=1 b=3 c=2", "b a", null)]
    [TestCase("a=-1 b=-3", "a b", null)]
    [TestCase("a=2 b=2 c=1", "a c", null, TestName = "of two that are best the first")]
    [TestCase("a=2 b=1 c=1", "a b", null, TestName = "of two that are worst the first")]
    [TestCase("a=2 a=2 b=1", "a b", null, TestName = "texts may repeat")]
    [TestCase("a=1 b=1 c=1", null, ResampledRow.Tie)]
    [TestCase("a=1 b=1", null, ResampledRow.Tie)]
    [TestCase("a=1 a=1 a=1", null, ResampledRow.Identical)]
    [TestCase("a=1 a~=2", null, ResampledRow.Identical, TestName = "one text that ended once and was cut once")]
    [TestCase("a=1 b=2 a~=3", null, ResampledRow.Identical, TestName = "best and worst are one text, whatever stands between them")]
    public void Of_several_responses_the_best_and_the_worst_become_a_pair(string responses, string? pair, string? leftOut)
    {
        Answer[] answers = [.. responses.Split(' ').Select((item, index) => item.Split('=') is var parts ? new Answer([index], !parts[0].EndsWith('~'), parts[0].TrimEnd('~'), int.Parse(parts[1], null)) : null!)];
        var row = ResampledRow.Of("train.jsonl(3)", answers);
        Assert.That((row.Source, row.LeftOut), Is.EqualTo(("train.jsonl(3)", leftOut)));
        Assert.That(pair, Is.EqualTo(row.LeftOut == null ? $"{row.Chosen!.Text} {row.Rejected!.Text}" : null));
        if (pair != null)
            Assert.That((row.Chosen, row.Rejected), Is.EqualTo((answers.First(answer => answer.Text == pair[..1]), answers.First(answer => answer.Text == pair[2..]))), "with their own tokens");
    }

    [Test]
    public void Pairs_take_the_place_of_the_data_s_own_each_with_its_prompt_and_with_what_was_cut()
    {
        Answer whole = new([4, 5, 2], true, "yes", 1.5), cut = new([9], false, "n", -0.25);
        var pairs = new ResampledPairs([ResampledRow.Of("a", [whole, cut]), ResampledRow.Of("b", [whole, whole]), ResampledRow.Of("c", [whole, cut with { Score = 2 }])]);
        SweepData data = pairs.In(BareData.Of() with { TrainingPrompts = [[1], [2], [3]] }, "pairs-1.jsonl");
        Assert.That(data.Training.Select(pair => (pair.Source, pair.Prompt[0], pair.Chosen.Length, pair.Rejected.Length, pair.ChosenCut, pair.RejectedCut)),
            Is.EqualTo(new[] { ("a", 1, 3, 1, false, true), ("c", 3, 1, 3, true, false) }));
        Assert.That(data.PairsFile, Is.EqualTo("pairs-1.jsonl"));
        Assert.That(() => pairs.In(BareData.Of() with { TrainingPrompts = [[1], [2]] }, "pairs-1.jsonl"), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "pairs-1.jsonl: has 3 lines for 2 training prompts; delete the file, the pairs are made again"));
    }

    [Test]
    public void The_file_has_a_line_for_each_prompt_and_says_what_became_of_it()
    {
        using var folder = new TemporaryFolder();
        Answer best = new([4, 5, 2], true, "yes", 1.5), worst = new([9], false, "n", -0.25);
        var pairs = new ResampledPairs([ResampledRow.Of("a", [worst, best]), ResampledRow.Of("b", [best, best]), ResampledRow.Of("c", [best, worst with { Score = 1.5 }])]);
        pairs.Write(folder.File("pairs.jsonl"));
        Assert.That(File.ReadAllText(folder.File("pairs.jsonl")), Is.EqualTo("""
            {"source":"a","chosen":{"tokens":[4,5,2],"ended":true,"text":"yes","score":1.5},"rejected":{"tokens":[9],"ended":false,"text":"n","score":-0.25}}
            {"source":"b","left_out":"the responses are one text"}
            {"source":"c","left_out":"all responses have one score"}

            """));
        var read = ResampledPairs.Read(folder.File("pairs.jsonl"));
        Assert.That(read.Rows.Select(row => (row.Source, row.LeftOut, row.Chosen?.Text, row.Rejected?.Score)), Is.EqualTo(pairs.Rows.Select(row => (row.Source, row.LeftOut, row.Chosen?.Text, row.Rejected?.Score))));
        Assert.That((read.Count, read.LeftOut(ResampledRow.Tie), read.LeftOut(ResampledRow.Identical)), Is.EqualTo((1, 1, 1)));
        Assert.That(ResampleFacts.Of(read, 4), Is.EqualTo(new ResampleFacts(3, 4, 1, 1, 1.5, -0.25)));
        ResampleFacts two = ResampleFacts.Of(new([ResampledRow.Of("a", [worst, best]), ResampledRow.Of("d", [worst with { Score = -1.25 }, best with { Score = 2.5 }])]), 2);
        Assert.That((two.ChosenScore, two.RejectedScore), Is.EqualTo((2.0, -0.75)));
        Assert.That($"{ResampleFacts.Of(read, 4)}", Is.EqualTo("1 pairs of 3 training prompts; left out 1 whose responses have one score, 1 whose responses are one text"));
        Assert.That($"{new ResampleFacts(3, 4, 0, 0, 1, 0)}", Is.EqualTo("3 pairs of 3 training prompts"));

        foreach (string damaged in new[] { "null", "{\"source\":\"a\"}", "{\"source\":\"a\",\"chosen\":{\"tokens\":[1]", "{}" })
        {
            File.WriteAllText(folder.File("pairs.jsonl"), "{\"source\":\"b\",\"left_out\":\"x\"}\n" + damaged + "\n");
            Assert.That(() => ResampledPairs.Read(folder.File("pairs.jsonl")), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
                $"{folder.File("pairs.jsonl")}(2): not a pair of a round on-policy; delete the file, the pairs are made again"));
        }
    }
}
