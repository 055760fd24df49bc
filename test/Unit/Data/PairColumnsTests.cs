using System.Text.Json;
using Alignment.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

/// <summary>What the first row that has the columns tells of a file.</summary>
internal sealed class PairColumnsTests
{
    private const string Json = "[{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"LAST\"}]";

    private static readonly PairColumns s_given = new(null, "a", "b");

    // rows before it lack one of the columns or both
    [TestCase("""{"other":1}"""), TestCase("""{"a":"x"}"""), TestCase("""{"b":"y"}"""), TestCase("nonsense"), TestCase("1")]
    public void The_first_row_that_has_the_columns_of_the_recipe_tells_what_they_hold(string before)
    {
        using DataFile file = new(before, JsonSerializer.Serialize(new { a = Json.Replace("LAST", "c"), b = Json.Replace("LAST", "r"), score_chosen = 2, score_rejected = 1 }));
        PreferenceData data = file.Read(PairFormat.Plain, new() { Columns = s_given, MaxSkipped = 1 });
        Assert.That(data.Report.Shape, Is.EqualTo(
            "ultrafeedback: prompt = what both responses begin with, chosen = a, rejected = b, ratings = score_chosen and score_rejected, messages in texts of JSON"));
        Assert.That((data.Pairs.Single().Prompt.Single().Text, data.Pairs.Single().Chosen, data.Pairs.Single().Rejected), Is.EqualTo(("p", "c", "r")));
    }

    [Test]
    public void Where_no_row_has_the_columns_each_is_told_to_be_faulty()
    {
        using DataFile rows = new("""{"other":1}""", """{"b":"y"}"""), nothing = new("nonsense", "[]");
        Assert.That(() => rows.Read(PairFormat.Plain, new() { Columns = s_given, MaxSkipped = 2 }),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{rows.Path}: no pairs: 2 rows, 0 kept; left out: 2 missing field"));
        foreach (PairColumns? given in new[] { null, s_given })
        {
            Assert.That(() => nothing.Read(PairFormat.Plain, new() { Columns = given, MaxSkipped = 2 }),
                Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{nothing.Path}: no pairs: 2 rows, 0 kept; left out: 1 not JSON, 1 wrong type"));
            Assert.That(PairColumns.Tell(nothing.Path, given), Is.EqualTo(given ?? new PairColumns("prompt", "chosen", "rejected")));
        }
    }

    [Test]
    public void Ratings_that_the_recipe_names_win_over_known_names()
    {
        using DataFile file = new("""{"prompt":"p","chosen":"c","rejected":"r","score_chosen":2,"score_rejected":1,"g":1,"b":2}""");
        ReadOptions columns = new() { Columns = new("prompt", "chosen", "rejected") { Ratings = new("g", "b") } };
        Assert.That(file.Read(PairFormat.Plain, columns).Report.ToString(), Is.EqualTo("1 rows, 1 kept; noted: 1 ratings contradict the labels"));
    }

    [TestCase(true), TestCase(false)]
    public void One_response_of_messages_and_one_of_text_are_no_conversations(bool chosen)
    {
        object list = JsonSerializer.Deserialize<JsonElement>(Json.Replace("LAST", "x"));
        using DataFile file = new(JsonSerializer.Serialize(new { prompt = "p", chosen = chosen ? list : "y", rejected = chosen ? "y" : list, score_chosen = 2, score_rejected = 1 }));
        Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(PairFormat.Plain));
        PreferenceData data = file.Read(PairFormat.Plain);
        Assert.That(data.Report.Shape, Is.EqualTo("pairs: prompt = prompt, chosen = chosen, rejected = rejected, ratings = score_chosen and score_rejected"));
        Assert.That((data.Pairs.Single().Chosen, data.Pairs.Single().Rejected), Is.EqualTo(chosen ? ("x", "y") : ("y", "x")));
    }

    [TestCase(true), TestCase(false)]
    public void One_response_that_is_a_text_of_JSON_is_a_text_as_the_other_is(bool chosen)
    {
        string text = Json.Replace("LAST", "x");
        using DataFile file = new(JsonSerializer.Serialize(new { prompt = "p", chosen = chosen ? text : "y", rejected = chosen ? "y" : text }));
        PreferencePair pair = file.Read(PairFormats.Tell(file.Path)).Pairs.Single();
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(chosen ? (text, "y") : ("y", text)));
    }
}
