using System.Text;
using Alignment.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class PairFormatsTests
{
    [TestCase("""{"prompt":"p","chosen":"c","rejected":"r"}""", PairFormat.Plain)]
    [TestCase("""{"chosen":"\n\nHuman: p\n\nAssistant: c","rejected":"\n\nHuman: p\n\nAssistant: r"}""", PairFormat.HhRlhf)]
    [TestCase("""{"chosen":"\n\nHuman: p","rejected":"r"}""", PairFormat.HhRlhf)]
    [TestCase("""{"chosen":"\n\nAssistant: p","rejected":"r"}""", PairFormat.HhRlhf)]
    [TestCase("""{"chosen":"Human: p Assistant: c","rejected":"r"}""", PairFormat.Plain)]
    [TestCase("""{"chosen":"\ud800","rejected":"r"}""", PairFormat.Plain)]
    [TestCase("""{"prompt":"\n\nHuman: p","chosen":"\n\nAssistant: c","rejected":"r"}""", PairFormat.Plain)]
    [TestCase("""{"response_0":"zero","chosen":"c","rejected":"r"}""", PairFormat.Plain)]
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
    public void Every_format_has_one_name()
    {
        Assert.That(Enum.GetValues<PairFormat>().ToDictionary(format => PairFormats.Name(format)), Is.EqualTo(PairFormats.ByName));
        Assert.That(PairFormats.ByName.Keys, Is.EquivalentTo(new[] { "hh-rlhf", "safe-rlhf", "pairs", "ultrafeedback", "helpsteer", "arena", "unpaired" }), "recipes hold them");
    }

    [TestCase("""{"preferred":"p","lost":"r"}""", "{ \"chosen\": \"preferred\", \"rejected\": \"WORSE\" } with the names of your columns for WORSE.")]
    [TestCase("""{"Instruction":"p","best":["c"],"worst":{"r":1},"rank":1}""", "{ \"prompt\": \"Instruction\", \"chosen\": \"best\", \"rejected\": \"worst\" }.")]
    [TestCase("""{"x":1,"worst":"r"}""", "{ \"chosen\": \"BETTER\", \"rejected\": \"worst\" } with the names of your columns for BETTER.")]
    [TestCase("""{"a":1,"b":2}""", "{ \"chosen\": \"BETTER\", \"rejected\": \"WORSE\" } with the names of your columns for BETTER and WORSE.")]
    [TestCase("""{"post":"p","dispreferred":"r","preferred":"c"}""", "{ \"prompt\": \"post\", \"chosen\": \"preferred\", \"rejected\": \"dispreferred\" }.")]
    [TestCase("""{"history":"p","incorrect_answer":"r","correct_answer":"c"}""", "{ \"prompt\": \"history\", \"chosen\": \"correct_answer\", \"rejected\": \"incorrect_answer\" }.")]
    [TestCase("""{"problem":"p","lose":"r","win":"c"}""", "{ \"prompt\": \"problem\", \"chosen\": \"win\", \"rejected\": \"lose\" }.")]
    [TestCase("""{"message":"p","negative":"r","positive":"c"}""", "{ \"prompt\": \"message\", \"chosen\": \"positive\", \"rejected\": \"negative\" }.")]
    [TestCase("""{"dialog_context":"p","worse_reply":"r","better_reply":"c"}""", "{ \"prompt\": \"dialog_context\", \"chosen\": \"better_reply\", \"rejected\": \"worse_reply\" }.")]
    public void Columns_are_proposed_by_what_their_names_say(string row, string proposal)
    {
        using DataFile file = new(row);
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contain($"Name the columns in the recipe, as \"columns\": {proposal} The first rows:"));
    }

    [TestCase("""{"prompt":"p","response_0":"a"}""", "response_0, response_1, prompt (format safe-rlhf), for which response_1 would be missing")]
    [TestCase("""{"prompt":"p","response_2":"b","preference_strength":1}""", "prompt, response_1, response_2, preference_strength (format helpsteer), for which response_1 would be missing")]
    [TestCase("""{"prompt":"p","response_a":"a","response_b":"b"}""", "prompt, response_a, response_b, winner (format arena), for which winner would be missing")]
    [TestCase("""{"conversation_a":[],"conversation_b":[]}""", "conversation_a, conversation_b, winner (format arena), for which winner would be missing")]
    [TestCase("""{"question":"p","response_j":"c"}""", "question, response_j, response_k (format pairs), for which response_k would be missing")]
    public void The_nearest_layout_is_told(string row, string nearest)
    {
        using DataFile file = new(row);
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contain($" The nearest is {nearest}. "));
    }

    [Test]
    public void Long_values_and_long_rows_are_cut_where_they_are_shown()
    {
        string exact = new('x', 58), longer = new('x', 59);
        using DataFile file = new(System.Text.Json.JsonSerializer.Serialize(new { a = exact, b = longer }), System.Text.Json.JsonSerializer.Serialize(Enumerable.Range(10, 9).ToDictionary(i => $"c{i}", _ => exact)));
        string row = string.Join(", ", Enumerable.Range(10, 9).Select(i => $"c{i}: \"{exact}\""));
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith($"\n  a: \"{exact}\", b: \"{longer}…\n  {row[..400]}…"));
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
