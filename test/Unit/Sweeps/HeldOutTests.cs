using System.Text.Json;
using Alignment.Data;
using Alignment.Evaluation;
using Alignment.Models;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>held-out.jsonl: what a run's model says of the test pairs' own responses, and what two runs differ by.</summary>
[NonParallelizable]
public sealed class HeldOutTests
{
    private const string Name = "held-out.jsonl";

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Begin()
    {
        _folder = new();
        foreach (string run in new[] { "before", "after" })
            Directory.CreateDirectory(_folder.File(run));
    }

    [TearDown]
    public void End() => _folder.Dispose();

    [Test]
    public void A_model_s_sums_are_a_line_a_pair_and_of_no_pair_there_is_no_file()
    {
        using Decoder model = Micro.Model();
        TokenizedPair[] pairs = Micro.Pairs(3);
        HeldOut.Write(_folder.File("before"), model, [], new());
        Assert.That(_folder.File("before/" + Name), Does.Not.Exist);
        HeldOut.Copy(_folder.File("before"), _folder.File("after"));
        Assert.That(_folder.File("after/" + Name), Does.Not.Exist);
        HeldOut.Write(_folder.File("before"), model, pairs, new());
        ReferenceLogProbs sums = ReferencePass.Compute(model, pairs, new());
        Assert.That(File.ReadAllText(_folder.File("before/" + Name)), Is.EqualTo(string.Concat(pairs.Select((pair, i) => Line(pair.Source, sums.ChosenSums[i], sums.RejectedSums[i], pair.Chosen.Length, pair.Rejected.Length)))));
        File.WriteAllText(_folder.File("after/" + Name), "what stood there");
        HeldOut.Copy(_folder.File("before"), _folder.File("after"));
        Assert.That(File.ReadAllText(_folder.File("after/" + Name)), Is.EqualTo(File.ReadAllText(_folder.File("before/" + Name))));
    }

    [Test]
    public void Runs_are_compared_on_the_pairs_that_both_have_in_the_same_tokens()
    {
        TokenizedPair[] pairs = [.. Micro.Pairs(6).Select((pair, i) => pair with { Source = $"{i}" })];
        Assert.That(HeldOut.Between(_folder.File("before"), _folder.File("after"), pairs, 1), Is.Null, "an earlier version stored none");
        // 2 is not there before, 3 not behind; of 4 and 5 a response has other tokens; 1 is there twice
        Write("before", Line("0", -10, -20, 2, 4), Line("1", -5, -6, 1, 1), Line("1", 99, 99, 1, 1), Line("3", 0, 0, 1, 1), Line("4", 0, 0, 1, 1), Line("5", 0, 0, 1, 1), Line("another", 0, 0, 1, 1));
        Write("after", Line("0", -9, -24, 2, 4), Line("1", -8, -5, 1, 1), Line("2", 7, 7, 1, 1), Line("4", 7, 7, 2, 1), Line("5", 7, 7, 1, 2));
        Moved moved = HeldOut.Between(_folder.File("before"), _folder.File("after"), pairs, 1)!;
        Assert.That((moved.Pairs, moved.Chosen.Value, moved.Rejected.Value, moved.ChosenPerToken.Value, moved.RejectedPerToken.Value, moved.ChosenFell.Value), Is.EqualTo((2, -1.0, -1.5, -1.25, 0.0, 0.5)));
        Assert.That(HeldOut.Between(_folder.File("before"), _folder.File("after"), pairs[2..], 1), Is.Null);
    }

    [TestCase(0.5, -0.25, "chosen +0.50 nats (+0.050 a token), rejected -0.25 (-0.050) against the start model; chosen fell on 0% of 4 held-out pairs")]
    [TestCase(-3, -20, "chosen -3.00 nats (-0.300 a token), rejected -20.00 (-4.000) against the start model; chosen fell on 100% of 4 held-out pairs"
        + ": the chosen responses are unlearnt, too; a lower learning rate, a higher beta or an nllWeight holds them")]
    [TestCase(-0.001, 0, "chosen 0.00 nats (0.000 a token), rejected 0.00 (0.000) against the start model; chosen fell on 100% of 4 held-out pairs")]
    public void What_moved_is_a_line_of_the_log(double chosen, double rejected, string line)
    {
        (string, HeldOutLogProbs, HeldOutLogProbs)[] pairs = [.. Enumerable.Range(0, 4).Select(i => ($"{i}", new HeldOutLogProbs($"{i}", -40, -40, 10, 5), new HeldOutLogProbs($"{i}", (float)chosen - 40, (float)rejected - 40, 10, 5)))];
        Assert.That(HeldOut.Told(Moved.Of(pairs, 1)!, "start model"), Is.EqualTo("moved: " + line));
    }

    [TestCase("null", "null"), TestCase("[", ""), TestCase("{ \"source\": 3 }", "")]
    public void A_line_that_is_none_is_named_with_the_folder_to_delete(string line, string why)
    {
        File.WriteAllText(_folder.File("before/" + Name), line);
        Assert.That(() => HeldOut.Between(_folder.File("before"), _folder.File("after"), [], 1), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{_folder.File("before/" + Name)}: not log-probs of held-out pairs: {why}").And.Message.EndsWith($"; delete the folder {_folder.File("before")} to have the run made again"));
    }

    private void Write(string run, params string[] lines) => File.WriteAllText(_folder.File($"{run}/{Name}"), string.Concat(lines));

    private static string Line(string source, float chosen, float rejected, int chosenTokens, int rejectedTokens) =>
        JsonSerializer.Serialize(new { source, chosen, rejected, chosen_tokens = chosenTokens, rejected_tokens = rejectedTokens }) + "\n";
}
