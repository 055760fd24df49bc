using Alignment.Data;
using Alignment.Doctor;
using Alignment.Tests.Unit.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class RowsCheckTests
{
    private const string Good = """{"prompt":"a","chosen":"longer","rejected":"short"}""", Other = """{"prompt":"b","chosen":"x","rejected":"yy"}""";

    [Test]
    public void Whole_rows_are_counted() => Assert.That(Lines(Good, Other), Is.EqualTo(new[]
    {
        "ok    rows: 2, none is faulty or empty",
        "ok    no pair has the same response twice",
        "ok    no pair repeats another one; 2 different prompts",
        "ok    no pair contradicts another one",
        "      the chosen response is the longer one in 1 of 2 (50.0 %) of the pairs; a policy may learn length from that alone",
    }));

    [Test]
    public void Empty_and_faulty_rows_are_named_by_line()
    {
        string[] lines = Lines([.. Enumerable.Repeat(Other, 28), """{"prompt":"a","chosen":"","rejected":"x"}""", """{"prompt":" ","chosen":"x","rejected":"y"}""", "no json"]);
        Assert.That(lines[..4], Is.EqualTo(new[]
        {
            "warn  rows: 3 of 31 (9.7 %) are faulty: 1 empty prompt, 1 empty response, 1 not JSON: repair them, or leave them out with \"maxSkippedRows\": 3 in the recipe",
            "      pairs.jsonl(29): empty response: \"chosen\"",
            "      pairs.jsonl(30): empty prompt: \"prompt\"",
            "      pairs.jsonl(31): not JSON: byte 2 of the line",
        }));
    }

    [Test]
    public void More_than_a_tenth_of_faulty_rows_fails()
    {
        string[] lines = Lines([Good, .. Enumerable.Repeat("""{"prompt":"a","chosen":"x"}""", 7)]);
        Assert.That(lines[0], Does.StartWith("FAIL  rows: 7 of 8 (87.5 %) are faulty: 7 missing field: "));
        Assert.That(lines[5..7], Is.EqualTo(new[] { "      pairs.jsonl(6): missing field: \"rejected\"", "      and 2 more" }));
    }

    [Test]
    public void A_file_without_a_pair_fails() => Assert.That(Lines("{"), Is.EqualTo(new[]
    {
        "FAIL  rows: 1 of 1 (100.0 %) are faulty: 1 not JSON: repair them",
        "      pairs.jsonl(1): not JSON: byte 2 of the line: it is cut here, or a line break stands inside it",
        "FAIL  no pair is left of 1 rows: see what is said of them, and that the format is that of the file",
    }));

    [Test]
    public void Pairs_without_a_preference_fail_and_repeated_or_contrary_ones_are_a_warning() => Assert.That(
        Lines(Good, Good, Other, """{"prompt":"b","chosen":"yy","rejected":"x"}""", """{"prompt":"c","chosen":"same","rejected":"same"}""")[1..4], Is.EqualTo(new[]
        {
            "FAIL  1 of 5 (20.0 %) of the pairs have the same response twice, first pairs.jsonl(5): they say nothing of a preference: leave them out",
            "warn  1 of 5 (20.0 %) of the pairs repeat another one; 3 different prompts: they weigh more than others: leave them out unless that is meant",
            "warn  2 of 5 (40.0 %) of the pairs stand in the file the other way round, too: such labels cancel each other: decide for one",
        }));

    [Test]
    public void Answers_that_are_trained_after_another_text_than_sampled_are_a_warning()
    {
        ReadReport report = new();
        using DataFile file = new(Good, Other);
        PreferencePair[] pairs = [.. PreferenceData.Stream(PairFormat.Plain, file.Path, new(), report)];
        report.Write(new(null) { IsCut = true, IsRewritten = true });
        Assert.That(RowsCheck.Of(report, pairs).Select(verdict => verdict.ToString()).Skip(1).Take(2), Is.EqualTo(new[]
        {
            "warn  the chat template writes 1 of 2 (50.0 %) of the conversations without its generation prompt: answers are trained after another text than they are sampled after: "
                + "set the template's variable for it, such as \"templateVariables\": { \"enable_thinking\": true }, or name another template",
            "      the chat template writes the responses of 1 of 2 (50.0 %) of the rows in other words",
        }));
    }

    private static string[] Lines(params string[] rows)
    {
        using DataFile file = new(rows);
        var report = new ReadReport();
        PreferencePair[] pairs = [.. PreferenceData.Stream(PairFormat.Plain, file.Path, new() { MaxSkipped = int.MaxValue }, report)];
        return [.. RowsCheck.Of(report, pairs).Select(verdict => verdict.ToString())];
    }
}
