using System.Text.Json;
using Alignment.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class ArenaReaderTests
{
    private static readonly string[] s_ab = ["a", "b"];

    [TestCase("model_a", "a"), TestCase("model_b", "b")]
    public void The_winner_s_response_is_chosen_whatever_the_columns_are(string winner, string chosen)
    {
        object flags = new { id = 1, model_a = "m", model_b = "n", prompt = "[\"p\"]", response_a = "[\"a\"]", response_b = "[\"b\"]", winner_model_a = winner == "model_a" ? 1 : 0, winner_model_b = winner == "model_b" ? 1 : 0, winner_tie = 0 };
        foreach (object row in new[]
        {
            new { question_id = "x", model_a = "m", winner, judge = "j", conversation_a = Conversation("p", "a"), conversation_b = Conversation("p", "b"), turn = 1 },
            new { id = "x", winner, conversation_a = Parts("p", "a"), conversation_b = Parts("p", "b") },
            new { prompt = "p", response_a = "a", response_b = "b", winner, language = "English" },
            new { conversation_a = JsonSerializer.Serialize(Conversation("p", "a")), conversation_b = JsonSerializer.Serialize(Conversation("p", "b")), winner },
            flags,
        })
        {
            using DataFile file = new(JsonSerializer.Serialize(row));
            Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(PairFormat.Arena));
            PreferencePair pair = file.Read(PairFormat.Arena).Pairs.Single();
            Assert.That((pair.Prompt.Single().Text, pair.Chosen, pair.Rejected), Is.EqualTo(("p", chosen, s_ab.Single(other => other != chosen))), JsonSerializer.Serialize(row));
        }
    }

    [Test]
    public void Ties_of_either_kind_and_conversations_that_part_early_are_left_out_counted_and_named()
    {
        object[] rows =
        [
            new { winner = "tie", conversation_a = Conversation("p", "a"), conversation_b = Conversation("p", "b") },
            new { winner = "tie (bothbad)", conversation_a = Conversation("p", ""), conversation_b = Conversation("p", "b") },
            new { winner = "both_bad", conversation_a = Conversation("p", "a"), conversation_b = Conversation("p", "b") },
            new { winner = "model_a", conversation_a = Conversation("p", "a", "q", "c"), conversation_b = Conversation("p", "b", "q", "d") },
            new { winner = "model_a", conversation_a = Conversation("p", "a", "q", "c"), conversation_b = Conversation("p", "a", "q", "d") },
        ];
        using DataFile file = new([.. rows.Select(row => JsonSerializer.Serialize(row))]);
        PreferenceData data = file.Read(PairFormat.Arena);
        Assert.That(data.Pairs.Single().Prompt, Has.Count.EqualTo(3));
        Assert.That(data.Report.ToString(), Is.EqualTo("5 rows, 1 kept; left out: 1 conversations differ before their last turn, 1 tie, 2 tie (both bad)"));
        Assert.That(data.Report.LeftOut.Named(), Does.Contain("tie (both bad): pairs.jsonl(2), pairs.jsonl(3)"));
    }

    [Test]
    public void Several_turns_as_texts_of_JSON_are_conversations()
    {
        using DataFile file = new(Flags("""["p","q"]""", """["a","c"]""", """["a","d"]"""), Flags("""["p","q"]""", """["a","c"]""", """["b","d"]"""));
        PreferenceData data = file.Read(PairFormats.Tell(file.Path));
        Assert.That((data.Pairs.Single().Chosen, data.Pairs.Single().Prompt.Count, data.Report.LeftOut.Total), Is.EqualTo(("c", 3, 1)));
    }

    [TestCase("a", "a"), TestCase("A", "a"), TestCase("b", "b"), TestCase("B", "b"), TestCase("tie", "tie"), TestCase("tie (both bad)", "tie (both bad)"), TestCase("bothbad", "tie (both bad)")]
    public void A_winner_has_several_names(string winner, string read)
    {
        using DataFile file = new(JsonSerializer.Serialize(new { prompt = "p", response_a = "a", response_b = "b", winner }), """{"prompt":"q","response_a":"a","response_b":"b","winner":"a"}""");
        PreferenceData data = file.Read(PairFormats.Tell(file.Path));
        Assert.That(data.Pairs.Count == 2 ? data.Pairs[0].Chosen : data.Report.LeftOut.Counts.Keys.Single(), Is.EqualTo(read));
    }

    [TestCase("1", "0", "0", "a"), TestCase("true", "false", "false", "a"), TestCase("0.0", "1.0", "0", "b"), TestCase("0", "0", "1", "tie"), TestCase("0", "0", "0", "tie"), TestCase("false", "false", "null", "tie")]
    [TestCase("1", "0", "1", "labels contradict"), TestCase("0", "1", "1", "labels contradict"), TestCase("0.5", "0", "0", "wrong type"), TestCase("0", "2", "0", "wrong type"), TestCase("\"1\"", "0", "0", "wrong type")]
    public void One_flag_at_most_says_who_won(string a, string b, string tie, string read)
    {
        using DataFile file = new(Flags("p", "a", "b"), Flags("p", "a", "b").Replace("_a\":1", $"_a\":{a}").Replace("_b\":0", $"_b\":{b}").Replace("tie\":0", $"tie\":{tie}"));
        PreferenceData data = file.Read(PairFormats.Tell(file.Path), new() { MaxSkipped = 1 });
        Assert.That(data.Pairs.Count == 2 ? data.Pairs[1].Chosen : data.Report.LeftOut.Counts.Concat(data.Report.SkippedByReason).Single().Key, Is.EqualTo(read));
    }

    [Test]
    public void Texts_that_begin_with_a_bracket_are_lists_only_beside_flags_and_lists_may_be_lists()
    {
        using DataFile plain = new(JsonSerializer.Serialize(new { prompt = "[\"p\"]", response_a = "[\"a\"]", response_b = " b ", winner = "b" }));
        PreferencePair pair = plain.Read(PairFormat.Arena).Pairs.Single();
        Assert.That((pair.Prompt.Single().Text, pair.Chosen, pair.Rejected), Is.EqualTo(("[\"p\"]", "b", "[\"a\"]")));
        using DataFile flags = new(Flags(" [ \" p \", \"q\"]", "[\" a \",\"c\"]", "[\"a\",\"d\"]"), JsonSerializer.Serialize(
            new { prompt = new[] { "p", "q" }, response_a = new[] { "a", "c" }, response_b = new[] { "a", "d" }, winner_model_a = 0, winner_model_b = 1 }), Flags("p", "a", "b"));
        PreferencePair[] pairs = [.. flags.Read(PairFormat.Arena).Pairs];
        Assert.That(pairs.Select(each => string.Join(' ', each.Prompt.Select(turn => $"{turn.Role} {turn.Text}"))), Is.EqualTo(new[] { "User p Assistant a User q", "User p Assistant a User q", "User p" }));
        Assert.That(pairs.Select(each => $"{each.Chosen} {each.Rejected}"), Is.EqualTo(new[] { "c d", "d c", "a b" }));
    }

    [TestCase("""{"prompt":"p","response_a":"a","winner":"a"}"""), TestCase("""{"prompt":"p","response_a":"a","response_b":"b"}"""), TestCase("""{"prompt":"p","response_a":"a","response_b":"b","winner_model_a":1}""")]
    public void A_row_that_lacks_a_member_is_of_no_battle(string row)
    {
        using DataFile file = new(row);
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>());
    }

    [TestCase("""{"conversation_a":[{"role":"assistant","content":"a"}],"conversation_b":[{"role":"assistant","content":"b"}],"winner":"a"}""", "empty prompt: \"the turns before the response\"")]
    [TestCase("""{"prompt":[],"response_a":"a","response_b":"b","winner":"a"}""", "empty prompt: \"prompt\"")]
    [TestCase("""{"prompt":[""],"response_a":["a"],"response_b":["b"],"winner":"a"}""", "empty prompt: \"prompt\"")]
    [TestCase("""{"prompt":["p",{"role":"user","content":"q"}],"response_a":["a","c"],"response_b":["b","d"],"winner":"a"}""", "wrong type: \"prompt[0]\" is text, wanted an object of role and content")]
    [TestCase("""{"prompt":"p","response_a":"a","response_b":"","winner":"a"}""", "empty response: \"response_b\"")]
    [TestCase("""{"prompt":"p","response_a":"a","response_b":"b","winner":"me"}""", "wrong type: \"winner\" is text, wanted model_a, model_b, tie or both_bad")]
    [TestCase("""{"prompt":"p","response_a":"a","response_b":"b","winner_model_a":2,"winner_model_b":0}""", "wrong type: \"winner_model_a\" is 2, wanted 0 or 1")]
    [TestCase("""{"prompt":"p","response_a":"","response_b":"b","winner":"model_b"}""", "empty response: \"response_a\"")]
    [TestCase("""{"prompt":"[\"p\",\"q\"]","response_a":"[\"a\"]","response_b":"[\"b\"]","winner_model_a":1,"winner_model_b":0}""", "prompts differ: \"prompt\" has 2 turns, \"response_a\" 1")]
    [TestCase("""{"prompt":"[\"p\"]","response_a":"[null]","response_b":"[\"b\"]","winner_model_a":1,"winner_model_b":0}""", "empty response: \"response_a\"")]
    [TestCase("""{"prompt":"p","response_a":"a","response_b":"b","winner_model_a":1,"winner_model_b":1}""", "labels contradict: more than one of winner_model_a, winner_model_b and winner_tie is 1")]
    public void Faulty_rows_are_named(string row, string fault)
    {
        using DataFile file = new(row);
        Assert.That(() => file.Read(PairFormats.Tell(file.Path)), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{file.Path}(1): {fault}; "));
    }

    private static string Flags(string prompt, string a, string b) =>
        JsonSerializer.Serialize(new { prompt, response_a = a, response_b = b, winner_model_a = 1, winner_model_b = 0, winner_tie = 0 });

    private static object[] Conversation(params string[] texts) => [.. texts.Select((content, turn) => new { role = turn % 2 == 0 ? "user" : "assistant", content })];

    private static object[] Parts(params string[] texts) => [.. texts.Select((text, turn) => new { role = turn % 2 == 0 ? "user" : "assistant", content = new object[] { new { type = "text", text, image = (string?)null } } })];
}
