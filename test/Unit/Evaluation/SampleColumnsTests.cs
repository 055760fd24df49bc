using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class SampleColumnsTests
{
    private string _file = "";

    [SetUp]
    public void NameFile() => _file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"columns-{TestContext.CurrentContext.Test.ID}.jsonl");

    [TearDown]
    public void RemoveFile() => File.Delete(_file);

    [Test]
    public void The_numbers_of_a_file_are_those_of_its_rows_in_the_order_of_the_prompts()
    {
        SampleRow[] rows = [.. Enumerable.Range(0, 300).Select(i => Rows.Row((i * 7 + 3) % 300, i * 0.25, chosen: 1, sft: -i, kl: i * 0.5, length: 1 + i))];
        rows[7] = rows[7] with { Ended = false, PromptCut = true, GoldInputCut = true };
        rows[8] = rows[8] with { Ended = null, PromptCut = null, GoldInputCut = null, KlK3 = double.NaN };
        // longer than the read buffer, and one line longer than all of it
        rows[5] = rows[5] with { Response = new string('x', 3 << 20), Prompt = "a \"quoted\" {\"score\": 99}\n" };
        File.WriteAllLines(_file, rows.Select(SampleFile.Line));

        SampleColumns read = SampleColumns.Read(_file), made = SampleColumns.Of(rows);
        Assert.That(read.PromptIndex, Is.EqualTo(Enumerable.Range(0, 300)));
        foreach ((double[] a, double[] b) in new[] { (read.Score, made.Score), (read.ChosenScore, made.ChosenScore), (read.SftScore, made.SftScore),
            (read.KlK3, made.KlK3), (read.Cut, made.Cut), (read.PromptCut, made.PromptCut), (read.GoldInputCut, made.GoldInputCut),
            (read.Length, made.Length), (read.Kl, made.Kl), (read.KlPerToken, made.KlPerToken) })
            Assert.That(a, Is.EqualTo(b));
    }

    [Test]
    public void Rows_come_back_from_a_file_as_they_were()
    {
        string[] lines =
        [
            SampleFile.Line(Rows.Row(0, 1.5, chosen: -0.5, sft: 0.25, kl: 3, length: 4)),
            SampleFile.Line(Rows.Row(1, -2, chosen: double.NaN, sft: double.NaN) with { Ended = null, PolicyLogProb = double.NaN, SftLogProb = double.NaN, KlK3 = double.NaN, PromptCut = null, GoldInputCut = null }),
        ];
        File.WriteAllLines(_file, lines);
        Assert.That(SampleFile.Read(_file).Select(SampleFile.Line), Is.EqualTo(lines));
        Assert.That(SampleFile.Read(_file).First(), Has.Property("Kl").EqualTo(3).And.Property("ChosenScore").EqualTo(-0.5).And.Property("Length").EqualTo(4));
    }

    [Test]
    public void A_summary_from_columns_is_that_from_rows()
    {
        SampleRow[] rows = [.. Enumerable.Range(0, 30).Select(i => Rows.Row(i, Math.Sin(i), chosen: 0.2, sft: 0.1, kl: i, length: 2))];
        Assert.That(Summaries.Summarise(SampleColumns.Of(rows), new Bootstrap(30, 4)), Is.EqualTo(Summaries.Summarise(rows, 4)));
    }

    [Test]
    public void A_file_of_an_earlier_version_lacks_the_cuts_and_the_second_KL()
    {
        File.WriteAllText(_file, "{\"prompt_index\":0,\"prompt\":\"p\",\"chosen\":\"c\",\"response\":\"r\",\"tokens\":[1,2],\"ended\":false,\"score\":1,\"chosen_score\":0,"
            + "\"sft_score\":0,\"policy_log_prob\":-2,\"sft_log_prob\":-3}\n");
        SampleColumns read = SampleColumns.Read(_file);
        Assert.That((read.Cut[0], read.KlK3[0], read.PromptCut[0], read.GoldInputCut[0]), Is.EqualTo((1.0, double.NaN, double.NaN, double.NaN)));
        Assert.That(SampleFile.Read(_file).Single(), Has.Property("KlK3").NaN.And.Property("PromptCut").Null);
    }

    [TestCase("{\"prompt_index\":0", "not a sample: ")]
    [TestCase("[]", "not a sample: an object was expected")]
    [TestCase("{\"prompt_index\":0,\"tokens\":[1]}", "not a sample: score is missing")]
    [TestCase("{\"prompt_index\":0,\"tokens\":7}", "not a sample: tokens is not a list")]
    [TestCase("{\"prompt_index\":0,\"score\":\"high\"}", "not a sample: ")]
    public void A_line_that_is_no_sample_is_named(string line, string message)
    {
        File.WriteAllLines(_file, [SampleFile.Line(Rows.Row(0, 1)), line]);
        Assert.That(() => SampleColumns.Read(_file), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{_file}(2): {message}"));
    }

    // the ids that are counted without the JSON reader, and those that are left to it
    [TestCase("[0]", 1)]
    [TestCase("[10,0,205]", 3)]
    [TestCase("[ 1, 2 ]", 2)]
    [TestCase("[1,2 ,3]", 3)]
    [TestCase("[-1,2.5,1e3]", 3)]
    public void Tokens_are_counted_as_they_are_written(string tokens, int count)
    {
        File.WriteAllText(_file, $"{WithTokens(tokens)}\n");
        Assert.That(SampleColumns.Read(_file), Has.Property("Length").EqualTo(new[] { (double)count }).And.Property("Score").EqualTo(new[] { 1.0 }));
    }

    [TestCase("[1,,2]")]
    [TestCase("[,1]")]
    [TestCase("[1,]")]
    [TestCase("[01]")]
    [TestCase("[1,00]")]
    [TestCase("[1}")]
    [TestCase("[1,2]]")]
    [TestCase("[1 2]")]
    [TestCase("[1")]
    public void Tokens_that_are_no_JSON_are_refused(string tokens)
    {
        File.WriteAllText(_file, $"{WithTokens(tokens)}\n");
        Assert.That(() => SampleColumns.Read(_file), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{_file}(1): not a sample: "));
    }

    [Test]
    public void A_blank_line_is_no_sample_and_of_a_member_that_stands_twice_the_last_counts()
    {
        string row = SampleFile.Line(Rows.Row(0, 1)), twice = $"{SampleFile.Line(Rows.Row(1, 2))[..^1]},\"score\":7}}";
        File.WriteAllText(_file, $"{row}\n\n{twice}\n");
        Assert.That(() => SampleColumns.Read(_file), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{_file}(2): not a sample: "));
        File.WriteAllText(_file, $"{row}\n{twice}\n");
        Assert.That(SampleColumns.Read(_file).Score, Is.EqualTo(new[] { 1.0, 7 }).And.EqualTo(SampleFile.Read(_file).Select(sample => sample.Score)));
    }

    [TestCase("null")]
    [TestCase("{\"prompt_index\":0")]
    public void A_row_that_is_no_sample_is_named_with_what_to_do(string line)
    {
        File.WriteAllLines(_file, [SampleFile.Line(Rows.Row(0, 1)), line]);
        Assert.That(() => SampleFile.Read(_file).ToList(), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{_file}(2): not a sample: ")
            .And.Message.EndsWith("; delete the run's folder to have it made again"));
    }

    [Test]
    public void Members_that_a_later_version_adds_are_passed_over_and_a_last_line_may_lack_its_end()
    {
        string line = SampleFile.Line(Rows.Row(0, 2.5));
        File.WriteAllText(_file, $"{{\"later\":{{\"score\":[7]}},{line[1..]}\n{SampleFile.Line(Rows.Row(1, 4))}");
        Assert.That(SampleColumns.Read(_file).Score, Is.EqualTo(new[] { 2.5, 4 }));
    }

    [Test]
    public void What_an_import_does_not_know_is_null_in_the_file_and_not_a_number_here()
    {
        SampleRow row = Rows.Row(0, 1, sft: double.NaN, length: 2) with { PolicyLogProb = double.NaN };
        File.WriteAllLines(_file, [SampleFile.Line(row)]);
        Assert.That(File.ReadAllText(_file), Does.Contain("\"sft_score\":null"));
        SampleColumns columns = SampleColumns.Read(_file);
        Assert.That((columns.SftScore[0], columns.Kl[0], SampleFile.Read(_file).Single().SftScore), Is.EqualTo((double.NaN, double.NaN, double.NaN)));
        Assert.That(Summaries.Summarise(columns, new Bootstrap(1, 1)).WinVsSft.Value, Is.NaN);
    }

    [Test]
    public void A_sample_without_a_score_or_twice_the_same_prompt_is_refused()
    {
        Assert.That(() => SampleColumns.Of([Rows.Row(4, double.NaN)]), Throws.TypeOf<InvalidDataException>()
            .With.Message.EqualTo("samples without usable values: prompt_index 4 has no score"));
        Assert.That(() => SampleColumns.Of([Rows.Row(4, 1), Rows.Row(4, 2)]), Throws.TypeOf<InvalidDataException>()
            .With.Message.EqualTo("prompt_index 4 is there more than once: a run has one sample a prompt"));
    }

    [Test]
    public void Every_number_that_is_not_finite_is_named_after_a_missing_response()
    {
        SampleRow row = Rows.Row(3, 1);
        foreach ((SampleRow faulty, string name) in new[] { (row with { Score = 1 / 0.0 }, "score"), (row with { ChosenScore = 1 / 0.0 }, "chosen_score"),
            (row with { SftScore = 1 / 0.0 }, "sft_score"), (row with { PolicyLogProb = 1 / 0.0 }, "policy_log_prob"),
            (row with { SftLogProb = 1 / 0.0 }, "sft_log_prob"), (row with { KlK3 = 1 / 0.0 }, "kl_k3") })
        {
            Assert.That(() => SampleColumns.Of([faulty]), Fails($"prompt_index 3 has {name} Infinity"));
            Assert.That(() => SampleColumns.OfWhole([faulty]), Fails($"prompt_index 3 has {name} Infinity"));
            Assert.That(() => SampleColumns.OfWhole([faulty with { Tokens = [] }]), Fails("prompt_index 3 has no tokens (EOS counts as one)"));
            Assert.That(() => SampleColumns.Of([faulty with { Tokens = [], Score = double.NaN }]), Fails("prompt_index 3 has no tokens (EOS counts as one)"));
        }
        static NUnit.Framework.Constraints.IResolveConstraint Fails(string fault) =>
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"samples without usable values: {fault}");
    }

    [Test]
    public void Where_no_row_has_a_chosen_response_only_its_score_may_be_unknown()
    {
        SampleRow with = Rows.Row(0, 1), without = Rows.Row(1, 2, chosen: double.NaN) with { Chosen = "" };
        Assert.That(SampleColumns.OfWhole([without, without with { PromptIndex = 2 }]).ChosenScore, Is.All.NaN);
        foreach ((SampleRow[] rows, string fault) in new (SampleRow[], string)[] { ([with, without], "chosen_score NaN"), ([without with { ChosenScore = 1 / 0.0 }], "chosen_score Infinity"),
            ([without with { Score = double.NaN }], "score NaN"), ([without with { KlK3 = double.NaN }], "kl_k3 NaN") })
            Assert.That(() => SampleColumns.OfWhole(rows), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"samples without usable values: prompt_index 1 has {fault}"));
    }

    [Test]
    public void Runs_that_cannot_be_paired_name_only_the_side_that_lacks_prompts_and_some_of_many()
    {
        SampleColumns few = SampleColumns.Of([Rows.Row(0, 1)]), many = SampleColumns.Of([.. Enumerable.Range(0, 40).Select(prompt => Rows.Row(prompt, 1))]);
        Assert.That(() => SampleColumns.RequireSamePrompts(few, many), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            "two runs can be paired only on the same prompts: the first lacks prompt_index 1, 2, 3, ").And.Message.EndsWith(", … (39 in all)"));
        SampleColumns eleven = SampleColumns.Of([.. Enumerable.Range(0, 11).Select(prompt => Rows.Row(prompt, 1))]);
        Assert.That(() => SampleColumns.RequireSamePrompts(few, eleven), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith(": the first lacks prompt_index 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"));
        Assert.That(() => SampleColumns.RequireSamePrompts(many, few), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            "two runs can be paired only on the same prompts: the second lacks prompt_index 1, 2, 3, ").And.Message.EndsWith(", … (39 in all)"));
    }

    // a list before it and members behind it, a text with brackets among them
    private static string WithTokens(string tokens) => "{\"prompt_index\":0,\"other\":[1,[2]],\"tokens\":" + tokens + ",\"prompt\":\"p ] [\",\"chosen\":\"c\",\"response\":\"r\",\"ended\":true,"
        + "\"score\":1,\"chosen_score\":0,\"sft_score\":0,\"policy_log_prob\":-2,\"sft_log_prob\":-3}";
}
