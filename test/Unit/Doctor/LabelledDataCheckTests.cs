using Alignment.Data;
using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Tests.Unit.Data;
using Alignment.Tests.Unit.Recipes;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Doctor;

/// <summary>The doctor on responses that are labelled one by one.</summary>
[NonParallelizable]
internal sealed class LabelledDataCheckTests
{
    private static readonly Recipe s_recipe = RecipeFile.Parse(
        RecipeText.With("\"maxTotal\": 120", "\"maxTotal\": 200").Replace("\"maxNewTokens\": 16", "\"maxNewTokens\": 100", StringComparison.Ordinal), "/somewhere/small.json");

    [Test]
    public void A_sound_folder_with_labelled_responses_passes_every_check()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(0, [.. EmbeddedWorld.TrainingPairs(1, 12).Select((pair, i) => Row(pair.Prompt[^1].Text, i % 2 == 0 ? pair.Chosen : pair.Rejected, i % 2 == 0))]);
        using var examination = new Examination(new()
        {
            Model = folder.Path,
            Data = folder.Data,
            Recipe = s_recipe,
            Device = "cpu",
            MicroBatch = 4,
            GenerationBatch = 4,
        }, new AvailableMemory("test device", 1L << 34));
        foreach (Func<IReadOnlyList<Verdict>> check in new Func<IReadOnlyList<Verdict>>[]
                 {
                     examination.Weights, examination.SpecialTokens, examination.Rows, examination.Template, examination.Truncation, examination.ResponseMasks, examination.Memory, examination.FirstLoss,
                 })
            Assert.That(check().Select(verdict => verdict.Grade), Is.All.LessThan(Grade.Warn).And.Some.EqualTo(Grade.Ok), string.Join('\n', check()));
        Assert.That(examination.Rows()[0].ToString(), Is.EqualTo("      read as unpaired: prompt = prompt, completion = completion, label = label"));
        Assert.That(examination.ResponseMasks().Take(3).Select(verdict => verdict.Text), Has.All.Matches(@"^pairs\.jsonl\(\d\) (un)?desirable, \d+ of \d+ tokens scored, end scored: "));
        Assert.That(examination.Truncation().Select(verdict => verdict.Text.Split(':')[0]), Does.Contain("desirable responses").And.Contain("undesirable responses"));
        Assert.That(examination.FirstLoss().Single().Text, Does.Match(@"^KTO: the first loss over 8 labelled responses is 0\.500000 \(1/2\), the gradient's norm \d"));
    }

    [TestCase("aTx bFy cTz", "      labels: 2 desirable, 1 undesirable; KTO's authors have the desirable ones weigh 1 to 4/3 times as much in all: \"undesirableWeight\" from 1.5 to 2", TestName = "twice as many")]
    [TestCase("aTx bFy", "ok    labels: 1 desirable, 1 undesirable", TestName = "as many of each")]
    [TestCase("aTx bTy cTz dTw eFx fFy gFz", "ok    labels: 4 desirable, 3 undesirable", TestName = "four to three")]
    [TestCase("aTx bFy cFz dFw", "      labels: 1 desirable, 3 undesirable; KTO's authors have the desirable ones weigh 1 to 4/3 times as much in all: \"desirableWeight\" from 3 to 4", TestName = "fewer desirable ones")]
    [TestCase("aTx bTy cTz dTw eFx", "      labels: 4 desirable, 1 undesirable; KTO's authors have the desirable ones weigh 1 to 4/3 times as much in all: \"undesirableWeight\" from 3 to 4", TestName = "fewer undesirable ones")]
    [TestCase("aTx bTy", "warn  labels: 2 desirable, 0 undesirable: nothing says what the other label would be given for: give rows of both labels", TestName = "desirable ones alone")]
    [TestCase("aFx bFy", "warn  labels: 0 desirable, 2 undesirable: nothing says what the other label would be given for: give rows of both labels", TestName = "undesirable ones alone")]
    public void Labels_are_counted_and_weights_are_advised(string rows, string verdict) => Assert.That(Lines(rows)[1], Is.EqualTo(verdict));

    [TestCase("aTx aFx bTy", "ok    no row repeats another one; 2 different prompts", "warn  1 of 2 (50.0 %) of the responses are labelled desirable in one row and undesirable in another: such labels cancel each other: decide for one")]
    [TestCase("aTx aTx aTx bFx", "warn  2 of 4 (50.0 %) of the rows repeat another one with its label; 2 different prompts: they weigh more than others: leave them out unless that is meant", "ok    no response has both labels")]
    [TestCase("aTx aFy bFx", "ok    no row repeats another one; 2 different prompts", "ok    no response has both labels")]
    public void Repeated_and_contradictory_rows_are_told(string rows, string repeated, string contrary) => Assert.That(Lines(rows)[2..4], Is.EqualTo(new[] { repeated, contrary }));

    [Test]
    public void The_first_loss_looks_further_for_a_second_prompt_and_fails_where_there_is_none()
    {
        using Decoder model = Micro.Model();
        TokenizedPair[] rows = [.. Micro.Pairs(12).Select((pair, i) => pair with { Prompt = i == 11 ? [1, 2] : [3], Rejected = [] })];
        Assert.That(FirstLossCheck.Of(model, rows, CPU).Single().ToString(), Does.StartWith("ok    KTO: the first loss over 8 labelled responses is 0.500000 (1/2)"));
        Assert.That(FirstLossCheck.Of(model, rows[..11], CPU).Single().ToString(), Is.EqualTo(
            "FAIL  all rows have the same prompt, and KTO compares with responses to others: give rows with at least two prompts"));
        Assert.That(model.parameters().All(parameter => parameter.grad is null));
    }

    // a letter for the prompt, T or F, a letter for the response
    private static string[] Lines(string rows)
    {
        using DataFile file = new([.. rows.Split(' ').Select(row => Row(row[..1], row[2..], row[1] == 'T'))]);
        var report = new ReadReport();
        PreferencePair[] read = [.. PreferenceData.Stream(PairFormat.Unpaired, file.Path, new(), report)];
        return [.. RowsCheck.Of(report, read).Select(verdict => verdict.ToString())];
    }

    private static string Row(string prompt, string completion, bool label) => System.Text.Json.JsonSerializer.Serialize(new { prompt, completion, label });
}
