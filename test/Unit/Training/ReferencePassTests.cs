using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Data;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class ReferencePassTests
{
    private static readonly Objective[] s_withReference = [new Dpo(0.1), new LnDpo(2)];

    [TestCaseSource(nameof(s_withReference))]
    public void First_loss_is_log_two_through_the_whole_path(Objective objective)
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        TokenizedPair[] pairs = Micro.Pairs(32);
        ReferenceLogProbs reference = ReferencePass.Run(model, pairs, folder.Path, new() { MicroBatch = 5 });
        var run = new TrainingRun { Folder = folder.File("run"), Speed = new() { MicroBatch = 3 } };
        new Trainer(model, new PreferenceGoal(objective, pairs, reference), Micro.Settings(epochs: 4), run).Train();
        double[] losses = [.. File.ReadLines(folder.File("run/steps.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];
        Assert.That(losses[0], Is.EqualTo(Math.Log(2)).Within(1e-5));
        Assert.That(losses[^1], Is.LessThan(losses[0] - 0.02));
    }

    [Test]
    public void A_second_run_reads_the_file_of_the_first()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        TokenizedPair[] pairs = Micro.Pairs(8);
        ReferenceLogProbs computed = ReferencePass.Compute(model, pairs, new());
        ReferencePass.Run(model, pairs, folder.Path, new());
        string path = Directory.GetFiles(folder.Path).Single();
        DateTime written = File.GetLastWriteTimeUtc(path);
        ReferenceLogProbs read = ReferencePass.Run(model, pairs, folder.Path, new());
        Assert.That(read.ChosenSums, Is.EqualTo(computed.ChosenSums));
        Assert.That(read.RejectedSums, Is.EqualTo(computed.RejectedSums));
        Assert.That(File.GetLastWriteTimeUtc(path), Is.EqualTo(written));
    }

    [Test]
    public void Other_weights_and_other_data_get_other_files()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model(), other = Micro.Model(seed: 2);
        ReferencePass.Run(model, Micro.Pairs(4), folder.Path, new());
        ReferencePass.Run(other, Micro.Pairs(4), folder.Path, new());
        ReferencePass.Run(model, Micro.Pairs(5), folder.Path, new());
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(3));
    }

    [Test]
    public void A_missing_row_is_an_error_that_names_it()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        TokenizedPair[] pairs = Micro.Pairs(4);
        ReferencePass.Run(model, pairs, folder.Path, new());
        string path = Directory.GetFiles(folder.Path).Single();
        string[] lines = File.ReadAllLines(path);

        File.WriteAllLines(path, [lines[0], lines[2], lines[3]]);
        Assert.That(() => ReferencePass.Run(model, pairs, folder.Path, new()), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path}(2): no row for pairs.jsonl:2, found pairs.jsonl:3: delete the file, it is computed again"));

        File.WriteAllLines(path, lines[..3]);
        Assert.That(() => ReferencePass.Run(model, pairs, folder.Path, new()), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path}(4): no row for pairs.jsonl:4, the file ends: delete the file, it is computed again"));
    }

    [TestCase("null", "null")]
    [TestCase("{\"source\"", "")]
    public void A_row_too_many_and_a_line_that_is_no_row_are_errors_that_name_the_line(string noRow, string end)
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        TokenizedPair[] pairs = Micro.Pairs(2);
        ReferencePass.Run(model, pairs, folder.Path, new());
        string path = Directory.GetFiles(folder.Path).Single();
        string[] lines = File.ReadAllLines(path);

        File.WriteAllLines(path, [.. lines, lines[0]]);
        Assert.That(() => ReferencePass.Run(model, pairs, folder.Path, new()), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path}(3): a row for pairs.jsonl:1, and there are only 2 pairs: delete the file"));

        File.WriteAllLines(path, [lines[0], noRow]);
        Assert.That(() => ReferencePass.Run(model, pairs, folder.Path, new()),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{path}(2): not a row of reference log-probs: {end}").And.Message.EndsWith(end));
    }

    [TestCase("chosen_tokens"), TestCase("rejected_tokens"), TestCase("source")]
    public void A_row_of_another_pair_is_an_error_that_names_both(string member)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("reference.jsonl");
        TokenizedPair[] pairs = [Pair("a:1"), Pair("a:2")];
        ReferenceFile.Write(path, pairs, ReferenceLogProbs.Empty(pairs));
        JsonNode[] rows = [.. File.ReadAllLines(path).Select(line => JsonNode.Parse(line)!)];
        rows[1][member] = member == "source" ? "b:2" : 7;
        File.WriteAllLines(path, rows.Select(row => row.ToJsonString()));
        Assert.That(() => ReferenceFile.Read(path, pairs), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path}(2): no row for a:2, found {(member == "source" ? "b:2" : "a:2")}: delete the file, it is computed again"));
    }

    [Test]
    public void Every_number_survives_the_file_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("reference.jsonl");
        TokenizedPair[] pairs = [Pair("a:1"), Pair("a:2")];
        ReferenceLogProbs written = new([-1.1f, float.MinValue], [-2.2f, -0f], ["a:1", "a:2"]) { ChosenSharedSums = [-3.3f, float.Epsilon], RejectedSharedSums = [-4.4f, 1e-7f] };
        ReferenceFile.Write(path, pairs, written);
        ReferenceLogProbs read = ReferenceFile.Read(path, pairs);
        Assert.That(new[] { read.ChosenSums, read.RejectedSums, read.ChosenSharedSums, read.RejectedSharedSums }.SelectMany(numbers => numbers).Select(BitConverter.SingleToInt32Bits),
            Is.EqualTo(new[] { written.ChosenSums, written.RejectedSums, written.ChosenSharedSums, written.RejectedSharedSums }.SelectMany(numbers => numbers).Select(BitConverter.SingleToInt32Bits)));
        Assert.That(read.Sources, Is.EqualTo(written.Sources));
    }

    [Test]
    public void A_reference_for_other_pairs_is_refused()
    {
        ReferenceLogProbs reference = new([-1, -2], [-3, -4], ["a:1", "a:2"]);
        TokenizedPair[] pairs = [Pair("a:1"), Pair("b:2")];
        Assert.That(() => new PreferenceGoal(new Dpo(1), pairs, reference), Throws.ArgumentException.With.Message.EqualTo(
            "the reference pass has no row 1 for b:2 (it has a:2 there): run it again on these pairs"));
        Assert.That(() => new PreferenceGoal(new LnDpo(1), pairs, null), Throws.ArgumentException.With.Message.EqualTo(
            "LN-DPO needs the reference model's log-probs: run the reference pass first"));
        Assert.That(() => new PreferenceGoal(new Dpo(1), [.. pairs, Pair("c:3")], new([-1, -2], [-3, -4], ["a:1", "b:2"])), Throws.ArgumentException.With.Message.EqualTo(
            "the reference pass has no row 2 for c:3 (it has 2 rows): run it again on these pairs"));
    }

    private static TokenizedPair Pair(string source) => new(source, [1], [2], [3], false, false);
}
