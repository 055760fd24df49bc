using System.Text.Json;
using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

/// <summary>Rows of the shape of UltraFeedback binarised and Tulu 3: whole conversations, their ratings, and a prompt that is one of their turns.</summary>
internal sealed class ConversationPairsTests
{
    private const string Told = "prompt = prompt, chosen = chosen, rejected = rejected";

    [TestCase("score_chosen", "score_rejected"), TestCase("chosen_rating", "rejected_rating"), TestCase("chosen-rating", "rejected-rating"), TestCase("chosen_score", "rejected_score")]
    public void The_turns_that_both_conversations_begin_with_are_the_prompt(string chosen, string rejected)
    {
        using DataFile file = new(Row("p", (chosen, 8.5), (rejected, 4), "p", "a", "q"), Row("q", (chosen, 8.5), (rejected, 4), "p", "a", "q"), Row("p", (chosen, 8.5), (rejected, 4), "p"));
        PreferenceData data = file.Read(PairFormats.Tell(file.Path));
        Assert.That(data.Report.Shape, Is.EqualTo($"ultrafeedback: {Told}, ratings = {chosen} and {rejected}, the prompt is what both conversations begin with"));
        Assert.That(data.Pairs[0].Prompt, Is.EqualTo(new Message[] { new(Role.User, "p"), new(Role.Assistant, "a"), new(Role.User, "q") }));
        Assert.That(data.Pairs[1].Prompt, Is.EqualTo(data.Pairs[0].Prompt));
        Assert.That(data.Pairs[2].Prompt, Is.EqualTo(new Message[] { new(Role.User, "p") }));
        Assert.That(file.Read(PairFormat.Plain).Pairs, Has.Count.EqualTo(3), "format pairs of the same shape");
    }

    [Test]
    public void A_prompt_that_is_no_turn_of_the_conversations_is_a_fault()
    {
        using DataFile file = new(Row("other", ("score_chosen", 8), ("score_rejected", 4), "p", "a", "q"));
        Assert.That(() => file.Read(PairFormats.Tell(file.Path)), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{file.Path}(1): prompts differ: \"prompt\" is no turn of the user's in \"chosen\"; "));
    }

    [Test]
    public void Where_the_responses_are_one_message_each_the_prompt_is_the_row_s()
    {
        using DataFile file = new("""{"prompt":"p","chosen":[{"role":"assistant","content":"c"}],"rejected":[{"role":"assistant","content":"r"}],"score_chosen":2,"score_rejected":1}""");
        PreferencePair pair = file.Read(PairFormats.Tell(file.Path)).Pairs.Single();
        Assert.That((pair.Prompt.Single(), pair.Chosen, pair.Rejected), Is.EqualTo((new Message(Role.User, "p"), "c", "r")));
    }

    [Test]
    public void The_recipe_may_name_the_shape_where_no_rating_tells_it()
    {
        using DataFile file = new(Row("p", ("x", 8), ("y", 4), "p", "a", "q"));
        Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(PairFormat.Plain));
        Assert.That(file.Read(PairFormat.Conversations).Pairs.Single().Prompt, Has.Count.EqualTo(3));
    }

    [Test]
    public void Ratings_that_are_equal_contradict_the_labels_or_are_absent_are_counted_and_named()
    {
        using DataFile file = new(Row("p", ("score_chosen", 8), ("score_rejected", 4), "p"), Row("p", ("score_chosen", 4), ("score_rejected", "4.0"), "p"),
            Row("p", ("score_chosen", "3"), ("score_rejected", 4), "p"), Row("p", ("score_chosen", null), ("score_rejected", 4), "p"));
        ReadReport report = file.Read(PairFormats.Tell(file.Path)).Report;
        Assert.That(report.ToString(), Is.EqualTo("4 rows, 4 kept; noted: 1 equal ratings, 1 no rating, 1 ratings contradict the labels"));
        Assert.That(report.Noted.Where(RatingColumns.Contrary), Is.EqualTo("pairs.jsonl(3)"));
        ReadOptions drop = new() { Filter = PairFilter.EqualRatings | PairFilter.ContraryRatings };
        Assert.That(file.Read(PairFormat.Plain, drop).Report.ToString(), Is.EqualTo("4 rows, 2 kept; left out: 1 equal ratings, 1 ratings contradict the labels; noted: 1 no rating"));
    }

    [TestCase("chosen_score", true), TestCase("chosen-Rating", true), TestCase("reward_chosen", true), TestCase("chosen_model", false), TestCase("chosen_response", false)]
    public void Ratings_are_told_by_what_their_names_say(string chosen, bool rated)
    {
        string rejected = chosen.Replace("chosen", "rejected");
        using DataFile file = new(Row("p", (chosen, 8), (rejected, "4.5"), "p"));
        string shape = file.Read(PairFormats.Tell(file.Path)).Report.Shape;
        Assert.That(shape, rated ? Does.Contain($", ratings = {chosen} and {rejected}") : Does.Not.Contain("ratings"));
        Assert.That(shape, chosen == "chosen_response" ? Does.StartWith("pairs: ") : Does.StartWith("ultrafeedback: "));
    }

    [TestCase("8", "[1]", "\"score_rejected\" is a list"), TestCase("\"high\"", "4", "\"score_chosen\" is text")]
    public void A_rating_that_is_no_number_is_a_fault_where_the_first_row_has_numbers(string chosen, string rejected, string fault)
    {
        const string Row = """{"prompt":"p","chosen":"c","rejected":"r","score_chosen":CHOSEN,"score_rejected":REJECTED}""";
        using DataFile file = new(Row.Replace("CHOSEN", "8").Replace("REJECTED", "4"), Row.Replace("CHOSEN", chosen).Replace("REJECTED", rejected));
        Assert.That(() => file.Read(PairFormat.Plain), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{file.Path}(2): wrong type: {fault}, wanted a number; "));
    }

    [TestCase("8", "\"high\""), TestCase("\"high\"", "8"), TestCase("8", "[1]")]
    public void What_is_no_number_is_no_rating(string chosen, string rejected)
    {
        using DataFile file = new($$"""{"prompt":"p","chosen":"c","rejected":"r","score_chosen":{{chosen}},"score_rejected":{{rejected}}}""");
        Assert.That(file.Read(PairFormat.Plain).Report.ToString(), Is.EqualTo("1 rows, 1 kept"));
        ReadOptions columns = new() { Columns = new("prompt", "chosen", "rejected") { Ratings = new("score_chosen", "score_rejected") } };
        Assert.That(() => file.Read(PairFormat.Plain, columns), Throws.TypeOf<InvalidDataException>().With.Message.Contain("wrong type: \"score_"));
    }

    [TestCase(PairFilter.EqualRatings, "3 rows, 2 kept; left out: 1 equal ratings; noted: 1 ratings contradict the labels")]
    [TestCase(PairFilter.ContraryRatings, "3 rows, 2 kept; left out: 1 ratings contradict the labels; noted: 1 equal ratings")]
    public void Either_kind_of_rating_can_be_left_out_by_itself(object filter, string report)
    {
        using DataFile file = new(Row("p", ("score_chosen", 8), ("score_rejected", 4), "p"), Row("p", ("score_chosen", 4), ("score_rejected", 4), "p"), Row("p", ("score_chosen", 3), ("score_rejected", 4), "p"));
        foreach (PairFormat format in new[] { PairFormat.Plain, PairFormat.Conversations })
            Assert.That(file.Read(format, new() { Filter = (PairFilter)filter }).Report.ToString(), Is.EqualTo(report));
        Assert.That(() => file.Read(PairFormat.HhRlhf, new() { Filter = (PairFilter)filter }), Throws.ArgumentException.With.Message.StartsWith(
            $"filter {filter} needs ratings, which only Plain and Conversations have; the format is HhRlhf"));
    }

    [Test]
    public void Ratings_in_columns_of_any_name_are_given_by_the_recipe()
    {
        using DataFile file = new("""{"q":"p","good":"c","bad":"r","g":1,"b":2}""");
        ReadOptions columns = new() { Columns = new("q", "good", "bad") { Ratings = new("g", "b") } };
        Assert.That(file.Read(PairFormat.Plain, columns).Report.ToString(), Is.EqualTo("1 rows, 1 kept; noted: 1 ratings contradict the labels"));
    }

    [Test]
    public void Messages_in_texts_of_JSON_are_read_as_messages_and_a_row_that_has_other_text_is_a_fault()
    {
        string list = JsonSerializer.Serialize(Conversation("p", "c")), other = JsonSerializer.Serialize(Conversation("p", "r"));
        using DataFile file = new(JsonSerializer.Serialize(new { chosen = list, rejected = other }), """{"chosen":"[{","rejected":"r"}""");
        PreferenceData data = file.Read(PairFormats.Tell(file.Path), new() { MaxSkipped = 1 });
        Assert.That((data.Pairs.Single().Prompt.Single().Text, data.Pairs.Single().Chosen, data.Pairs.Single().Rejected), Is.EqualTo(("p", "c", "r")));
        Assert.That(data.Report.Shape, Does.EndWith(", messages in texts of JSON"));
        Assert.That(data.Report.Faults.Single(), Is.EqualTo("pairs.jsonl(2): not JSON: \"chosen\" is a text that holds no whole JSON, as it does in the file's first row"));
    }

    [TestCase("""[{"role":"user","content":"p"},{"role":"assistant","content":"LAST"}]""", true), TestCase("""  [{"from":"human","value":"p"},{"from":"gpt","value":"LAST"}]""", true)]
    [TestCase("""[{"role":"user","text":"p LAST"}]""", false), TestCase("""[{"from":"human","content":"p LAST"}]""", false), TestCase("""[{"role":"user","content":"p"},{"name":"LAST"}]""", false)]
    [TestCase("[]LAST", false), TestCase("[ ] LAST", false), TestCase("""["LAST"]""", false), TestCase("[]", false), TestCase("[p] LAST", false), TestCase("{p} LAST", false)]
    public void A_text_holds_messages_where_all_that_it_holds_are_such(string text, bool json)
    {
        using DataFile file = new(JsonSerializer.Serialize(new { prompt = "p", chosen = text.Replace("LAST", "c"), rejected = text.Replace("LAST", "r") }));
        PreferenceData data = file.Read(PairFormats.Tell(file.Path));
        Assert.That(data.Report.Shape, json ? Does.EndWith(", messages in texts of JSON") : Does.EndWith("rejected = rejected"));
        Assert.That((data.Pairs.Single().Chosen, data.Pairs.Single().Rejected), Is.EqualTo(json ? ("c", "r") : (text.Replace("LAST", "c"), text.Replace("LAST", "r"))));
    }

    [Test]
    public void One_message_each_may_be_a_text_of_JSON()
    {
        using DataFile file = new(JsonSerializer.Serialize(new { prompt = """[{"role":"user","content":"p"}]""", chosen = """{"role":"assistant","content":"c"}""", rejected = """{"role":"assistant","content":"r"}""" }));
        PreferencePair pair = file.Read(PairFormats.Tell(file.Path)).Pairs.Single();
        Assert.That((pair.Prompt.Single(), pair.Chosen, pair.Rejected), Is.EqualTo((new Message(Role.User, "p"), "c", "r")));
    }

    [TestCase("[{'role': 'user'}]", "r"), TestCase("c", "[{'role': 'user'}]"), TestCase("['role']", "['role']"), TestCase("{'role': 'user'}", "{'role': 'user'}")]
    public void Other_texts_are_not_what_Python_prints(string chosen, string rejected)
    {
        using DataFile file = new(JsonSerializer.Serialize(new { prompt = "p", chosen, rejected }));
        Assert.That(file.Read(PairFormat.Plain).Pairs.Single().Chosen, Is.EqualTo(chosen));
    }

    [TestCase("[{'role': 'user', 'content': 'p'}]"), TestCase(" [{'content': 'p', 'role': 'user'}]"), TestCase("[{'from': 'human', 'value': 'p'}]"), TestCase("[{'value': 'p', 'from': 'human'}]")]
    public void Lists_as_Python_prints_them_are_refused(string text)
    {
        using DataFile file = new("""{"other":1}""", JsonSerializer.Serialize(new { chosen = text, rejected = text }));
        Assert.That(() => file.Read(PairFormat.Plain), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}: chosen and rejected are texts of lists as Python prints them ([{{'role': …); write the file as .jsonl or .parquet with lists, or the lists as JSON"));
    }

    [TestCase("""{"system":"","input":"p","chosen":"c","rejected":"r","generations":["c","r"],"rating":[9.0,4.0],"status":"not changed"}""", TestName = "Orca with its prompt in input")]
    [TestCase("""{"input":{"messages":[{"role":"user","content":"p"}]},"preferred_output":[{"role":"assistant","content":"c"}],"non_preferred_output":[{"role":"assistant","content":"r"}]}""", TestName = "preferred_output and non_preferred_output")]
    [TestCase("""{"messages":[{"role":"user","content":"p"}],"chosen":{"role":"assistant","content":"c"},"rejected":{"role":"assistant","content":"r"}}""", TestName = "messages and one message each")]
    [TestCase("""{"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}],"source":"s"}""", TestName = "Skywork")]
    [TestCase("""{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}]}""", TestName = "messages that repeat the chosen conversation")]
    public void A_row_of_a_public_shape_is_told_and_read(string row)
    {
        using DataFile file = new(row);
        PreferencePair pair = file.Read(PairFormats.Tell(file.Path)).Pairs.Single();
        Assert.That((pair.Prompt.Single(), pair.Chosen, pair.Rejected), Is.EqualTo((new Message(Role.User, "p"), "c", "r")));
    }

    private static string Row(string prompt, (string Name, object? Value) chosen, (string Name, object? Value) rejected, params string[] before) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["prompt"] = prompt,
        ["chosen"] = Conversation([.. before, "c"]),
        ["rejected"] = Conversation([.. before, "r"]),
        [chosen.Name] = chosen.Value,
        [rejected.Name] = rejected.Value,
    });

    private static object[] Conversation(params string[] texts) => [.. texts.Select((content, turn) => new { role = turn % 2 == 0 ? "user" : "assistant", content })];
}
