using System.Text;
using Alignment.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class PairFormatsTests
{
    [TestCase("""{"prompt":"p","chosen":"c","rejected":"r"}""", PairFormat.Plain)]
    [TestCase("""{"chosen":"\n\nHuman: p\n\nAssistant: c","rejected":"\n\nHuman: p\n\nAssistant: r"}""", PairFormat.HhRlhf)]
    [TestCase("""{"chosen":"p c","rejected":"p r"}""", PairFormat.Plain)]
    [TestCase("""{"chosen":[{"role":"user","content":"\n\nHuman:"}],"rejected":[]}""", PairFormat.Plain)]
    [TestCase("""{"question":"p","response_j":"c","response_k":"r"}""", PairFormat.Plain)]
    [TestCase("""{"prompt":"p","response_0":"zero","response_1":"one"}""", PairFormat.SafeRlhf)]
    public void The_first_whole_row_tells_the_format(string row, PairFormat format)
    {
        using DataFile file = new("no json", "[]", row);
        Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(format));
        using DataFile packed = new(DataFile.Gzip(row), "pairs.jsonl.gz");
        Assert.That(PairFormats.Tell(packed.Path), Is.EqualTo(format));
    }

    [Test]
    public void Members_of_no_format_are_named()
    {
        using DataFile file = new("""{"question":"p","answer":"c","\ud800":1}""", "no json", """{"other":2}""", "{}");
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}: no known layout has the columns question, answer, (half a surrogate pair). "
            + "The nearest is question, chosen, rejected (format pairs), for which chosen and rejected would be missing. "
            + "Name the columns in the recipe, as \"columns\": { \"prompt\": \"question\", \"chosen\": \"BETTER\", \"rejected\": \"WORSE\" } "
            + "with the names of your columns for BETTER and WORSE. "
            + "The first rows:\n  question: \"p\", answer: \"c\", (half a surrogate pair): 1\n  other: 2"));
    }

    [Test]
    public void What_to_write_is_told_by_the_names_of_the_columns()
    {
        using DataFile file = new($$"""{"id":"1","user_query":"{{new string('q', 100)}}","bad_answer":"r","good_answer":"c","votes":3}""");
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}: no known layout has the columns id, user_query, bad_answer, good_answer, votes. "
            + "The nearest is prompt, chosen, rejected (format pairs), for which prompt and chosen and rejected would be missing. "
            + "Name the columns in the recipe, as \"columns\": { \"prompt\": \"user_query\", \"chosen\": \"good_answer\", \"rejected\": \"bad_answer\" }. "
            + $"The first rows:\n  id: \"1\", user_query: \"{new string('q', 59)}…, bad_answer: \"r\", good_answer: \"c\", votes: 3"));
    }

    [Test]
    public void A_file_of_another_format_than_the_recipe_names_is_told_which_it_is()
    {
        using DataFile file = new("""{"context":[],"response1":"a","response2":"b","overall_preference":1}""");
        Assert.That(() => file.Read(PairFormat.Plain), Throws.TypeOf<InvalidDataException>().With.Message.Contain(
            "They are those of format helpsteer (context, response1, response2, overall_preference): give \"format\": \"helpsteer\" in the recipe, or leave \"format\" out. "));
    }

    [Test]
    public void A_file_without_a_row_is_refused()
    {
        using DataFile file = new(Encoding.UTF8.GetBytes("\n"));
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}: no row is a JSON object; one a line is wanted, or a list of them"));
    }
}
