using Alignment.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class SafeRlhfReaderTests
{
    [TestCase(0, "zero")]
    [TestCase(1, "one")]
    public void The_safer_response_is_chosen_whichever_is_better(int safer, string chosen)
    {
        using DataFile file = new(Row(safer, first: true, second: true, better: 1 - safer));
        Assert.That(file.Read(PairFormat.SafeRlhf).Pairs.Single().Chosen, Is.EqualTo(chosen));
    }

    [Test]
    public void The_better_response_is_chosen_where_the_recipe_says_so_and_rows_whose_labels_differ_are_noted()
    {
        using DataFile file = new(Row(0, first: true, second: true, better: 1), Row(1, first: true, second: true, better: 1), Row(0, first: true, second: true).Replace("_id\":0", "_id\":\"0\""),
            Row(0, first: true, second: true).Replace("_id\":0", "_id\":0.0"));
        PreferenceData better = file.Read(PairFormat.SafeRlhf, new() { Axis = PreferredAxis.Better });
        Assert.That(better.Pairs.Select(pair => pair.Chosen), Is.EqualTo(new[] { "one", "one", "zero", "zero" }));
        Assert.That(file.Read(PairFormat.SafeRlhf).Pairs.Select(pair => pair.Chosen), Is.EqualTo(new[] { "zero", "one", "zero", "zero" }));
        Assert.That(better.Report.ToString(), Is.EqualTo("4 rows, 4 kept; noted: 1 the safer response is not the better one"));
        Assert.That(better.Report.Shape, Is.EqualTo("safe-rlhf: the better response is chosen"));
    }

    [TestCase(PairFilter.None, "3 rows, 3 kept; noted: 1 the safer response is not the better one")]
    [TestCase(PairFilter.DoubleSafe, "3 rows, 2 kept; left out: 1 double safe; noted: 1 the safer response is not the better one")]
    [TestCase(PairFilter.DoubleUnsafe, "3 rows, 2 kept; left out: 1 double unsafe; noted: 1 the safer response is not the better one")]
    [TestCase(PairFilter.DoubleSafe | PairFilter.DoubleUnsafe, "3 rows, 1 kept; left out: 1 double safe, 1 double unsafe; noted: 1 the safer response is not the better one")]
    public void The_filter_leaves_pairs_of_like_safety_out_and_counts_them(PairFilter filter, string report)
    {
        using DataFile file = new(Row(0, true, true), Row(0, false, false), Row(1, false, true));
        Assert.That(file.Read(PairFormat.SafeRlhf, new() { Filter = filter }).Report.ToString(), Is.EqualTo(report));
    }

    [Test]
    public void Rows_of_the_current_branch_are_told_and_read_and_their_further_members_passed_over()
    {
        using DataFile file = new("""
            {"prompt":"How?","response_0":"a","response_1":"b","prompt_source":"x","response_0_source":"Alpaca-7B","is_response_0_safe":true,"is_response_1_safe":false,"response_0_harm_category":{"Violence":false},"response_0_severity_level":0,"better_response_id":1,"safer_response_id":0,"response_0_sha256":"a"}
            """.Trim());
        PreferencePair pair = file.Read(PairFormats.Tell(file.Path)).Pairs.Single();
        Assert.That((pair.Prompt.Single().Text, pair.Chosen, pair.Rejected), Is.EqualTo(("How?", "a", "b")));
    }

    [Test]
    public void Labels_that_contradict_each_other_are_a_fault() =>
        Fault(Row(1, true, false), "labels contradict: safer_response_id is 1, but response 1 is marked unsafe and response 0 safe");

    [Test]
    public void A_response_that_is_empty_is_named_whichever_is_chosen() => Fault(Row(1, true, true).Replace("zero", ""), "empty response: \"response_0\"");

    [TestCase("\"safer_response_id\":0", "\"safer_response_id\":2", "wrong type: \"safer_response_id\" is 2, wanted 0 or 1")]
    [TestCase("\"safer_response_id\":0", "\"safer_response_id\":0.5", "wrong type: \"safer_response_id\" is 0.5, wanted 0 or 1")]
    [TestCase("\"safer_response_id\":0", "\"safer_response_id\":true", "wrong type: \"safer_response_id\" is true, wanted 0 or 1")]
    [TestCase("\"safer_response_id\":0", "\"safer_response_id\":\"2\"", "wrong type: \"safer_response_id\" is text, wanted 0 or 1")]
    [TestCase("\"response_0\":\"zero\"", "\"response_0\":\" \"", "empty response: \"response_0\"")]
    [TestCase("\"response_1\":\"one\",", "", "missing field: \"response_1\"")]
    [TestCase("\"better_response_id\":0", "\"better_response_id\":\"first\"", "wrong type: \"better_response_id\" is text, wanted 0 or 1")]
    [TestCase("\"is_response_1_safe\":true", "\"is_response_1_safe\":1", "wrong type: \"is_response_1_safe\" is 1, wanted true or false")]
    [TestCase("\"response_1\":\"one\"", "\"response_1\":\"\"", "empty response: \"response_1\"")]
    [TestCase("\"prompt\":\"p\"", "\"prompt\":\"\"", "empty prompt: \"prompt\"")]
    public void Malformed_rows_are_named(string good, string bad, string reason) => Fault(Row(0, true, true).Replace(good, bad), reason);

    private static void Fault(string row, string reason)
    {
        using DataFile file = new(row);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read(PairFormat.SafeRlhf))!;
        Assert.That(e.Message, Is.EqualTo($"{file.Path}(1): {reason}; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out"));
    }

    private static string Row(int safer, bool first, bool second, int better = 0) =>
        $$"""{"prompt":"p","response_0":"zero","response_1":"one","better_response_id":{{better}},"safer_response_id":{{safer}},"""
        + $$"""
        "is_response_0_safe":{{Word(first)}},"is_response_1_safe":{{Word(second)}}}
        """;

    private static string Word(bool value) => value ? "true" : "false";
}
