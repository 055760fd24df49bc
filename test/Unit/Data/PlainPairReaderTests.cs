using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class PlainPairReaderTests
{
    [Test]
    public void Text_becomes_one_turn_of_the_user()
    {
        using DataFile file = new("""{"prompt":"p","chosen":" c\n","rejected":"r","source":"extra members are ignored"}""");
        PreferencePair pair = file.Read(PairFormat.Plain).Pairs.Single();
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.User, "p") }));
        Assert.That((pair.Chosen, pair.Rejected, pair.Source), Is.EqualTo(("c", "r", "pairs.jsonl(1)")));
    }

    [Test]
    public void Lists_of_messages_may_repeat_the_prompt_before_the_response()
    {
        const string Turns = """{"role":"system","content":"s"},{"role":"user","content":"p"}""";
        using DataFile file = new($$"""{"prompt":[{{Turns}}],"chosen":[{"role":"assistant","content":"c"}],"""
            + $$"""
            "rejected":[{{Turns}},{"role":"assistant","content":"r"}]}
            """);
        PreferencePair pair = file.Read(PairFormat.Plain).Pairs.Single();
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.System, "s"), new Message(Role.User, "p") }));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(("c", "r")));
    }

    // UltraFeedback binarised: the prompt as text, and again in the responses' messages
    [TestCase("What is tea?\\n", "What is tea?\\n"), TestCase("What is tea? ", "What is tea?"), TestCase("\\n\\nWhat is tea?", " What is tea?\\t")]
    public void A_prompt_s_outer_white_space_makes_no_other_prompt(string text, string turn)
    {
        using DataFile file = new($$"""{"prompt":"{{text}}","chosen":[{"role":"user","content":"{{turn}}"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"{{text}}"},{"role":"assistant","content":"r"}]}""");
        Assert.That(file.Read(PairFormat.Plain).Pairs.Single().Prompt, Is.EqualTo(new[] { new Message(Role.User, "What is tea?") }));
    }

    [Test]
    public void A_system_member_becomes_the_system_turn_and_an_empty_one_none()
    {
        using DataFile file = new("""{"system":"You are a pirate.","question":"p","chosen":"c","rejected":"r"}""", """{"system":" ","question":"p","chosen":"c","rejected":"r"}""",
            """{"system":"s","question":"p","chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"system","content":"s"},{"role":"user","content":"p"},{"role":"assistant","content":"r"}]}""");
        PreferencePair[] pairs = [.. file.Read(PairFormat.Plain).Pairs];
        Assert.That(pairs[0].Prompt, Is.EqualTo(new[] { new Message(Role.System, "You are a pirate."), new Message(Role.User, "p") }));
        Assert.That(pairs[1].Prompt, Is.EqualTo(new[] { new Message(Role.User, "p") }));
        Assert.That(pairs[2].Prompt, Is.EqualTo(new[] { new Message(Role.System, "s"), new Message(Role.User, "p") }));
    }

    [Test]
    public void Tool_turns_and_texts_in_parts_are_read()
    {
        using DataFile file = new(
            """{"prompt":[{"role":"user","content":[{"type":"text","text":"What "},{"type":"text","text":"is tea?"}]},{"role":"assistant","content":"look(tea)","tool_calls":[]},{"role":"tool","content":"a drink"}],"chosen":"A drink.","rejected":"No."}""");
        Assert.That(file.Read(PairFormat.Plain).Pairs.Single().Prompt,
            Is.EqualTo(new[] { new Message(Role.User, "What is tea?"), new Message(Role.Assistant, "look(tea)"), new Message(Role.Tool, "a drink") }));
    }

    [TestCase("""{"conversations":[{"from":"human","value":"p"}],"chosen":{"from":"gpt","value":"c"},"rejected":{"from":"gpt","value":"r"}}""", TestName = "ShareGPT pairs")]
    [TestCase("""{"question":"p","response_j":"c","response_k":"r","qid":3}""", TestName = "question, response_j and response_k")]
    [TestCase("""{"instruction":"p","input":"","chosen_response":"c","rejected_response":"r"}""", TestName = "instruction, chosen_response and rejected_response")]
    [TestCase("""{"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}]}""", TestName = "messages that begin alike")]
    [TestCase("""{"chosen":"p c","rejected":"p r"}""", TestName = "texts that begin alike")]
    public void A_row_is_read_by_its_shape(string row)
    {
        using DataFile file = new(row);
        PreferencePair pair = file.Read(PairFormats.Tell(file.Path)).Pairs.Single();
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.User, "p") }));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(("c", "r")));
    }

    [TestCase("""{"system_prompt":" s ","prompt":"p","chosen":"c","rejected":"r"}""", "System s User p")]
    [TestCase("""{"system":"s","system_prompt":"t","prompt":"p","chosen":"c","rejected":"r"}""", "System s User p")]
    [TestCase("""{"system":"s","prompt":[{"role":"system","content":"s"},{"role":"user","content":"p"}],"chosen":"c","rejected":"r"}""", "System s User p")]
    [TestCase("""{"system":"s","chosen":"p c","rejected":"p r"}""", "System s User p")]
    [TestCase("""{"system":"s","context":"p","response1":"r","response2":"c","overall_preference":1}""", "System s User p")]
    [TestCase("""{"instruction":" p ","input":" ","chosen":"c","rejected":"r"}""", "User p")]
    [TestCase("""{"instruction":"p","chosen":"c","rejected":"r"}""", "User p")]
    [TestCase("""{"prompt":"p","input":"i","chosen":"c","rejected":"r"}""", "User p")]
    [TestCase("""{"question":"q","input":"p","chosen":"c","rejected":"r"}""", "User q")]
    public void The_prompt_is_put_together_from_the_columns_that_are_there(string row, string prompt)
    {
        using DataFile file = new(row);
        PreferencePair pair = file.Read(PairFormats.Tell(file.Path)).Pairs.Single();
        Assert.That(string.Join(' ', pair.Prompt.Select(turn => $"{turn.Role} {turn.Text}")), Is.EqualTo(prompt));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(("c", "r")));
    }

    // before the response there may be the prompt, with or without a system turn that stands elsewhere, and nothing else
    [TestCase("USER", true), TestCase("SYSTEM,USER", true), TestCase("SYSTEM", false), TestCase("USER,USER", false), TestCase("USER,SYSTEM", false), TestCase("", true)]
    public void The_turns_before_a_response_are_those_of_the_prompt(string before, bool read)
    {
        string turns = string.Concat(before.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(turn => turn == "USER" ? """{"role":"user","content":"p"},""" : """{"role":"system","content":"s"},"""));
        using DataFile file = new($$"""{"system":"s","prompt":"p","chosen":[{{turns}}{"role":"assistant","content":"c"}],"rejected":"r"}""");
        Assert.That(() => file.Read(PairFormat.Plain).Pairs.Single().Prompt, read ? Has.Count.EqualTo(2)
            : Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{file.Path}(1): prompts differ: \"chosen\" has {before.Split(',').Length} turns before its response that are not those of the prompt; "));
    }

    [Test]
    public void An_instruction_is_followed_by_its_input()
    {
        using DataFile file = new("""{"instruction":"Translate.","input":"tea","chosen":"c","rejected":"r"}""");
        Assert.That(file.Read(PairFormat.Plain).Pairs.Single().Prompt.Single().Text, Is.EqualTo("Translate.\n\ntea"));
    }

    [Test]
    public void Columns_of_the_recipe_win_over_known_names()
    {
        using DataFile file = new("""{"prompt":"not this","q":"p","a":"c","b":"r","chosen":"x","rejected":"y","role":"s"}""");
        PreferencePair pair = file.Read(PairFormat.Plain, new() { Columns = new("q", "a", "b") { System = "role" } }).Pairs.Single();
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.System, "s"), new Message(Role.User, "p") }));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(("c", "r")));
    }

    private const string Longer = """
        [{"role":"user","content":"p"},{"role":"assistant","content":"a"},{"role":"user","content":"q"},{"role":"assistant","content":"LAST"}]
        """;

    [Test]
    public void A_prompt_that_is_only_the_first_turn_is_refused_with_what_to_do_and_read_by_columns_without_a_prompt()
    {
        using DataFile file = new($$"""{"prompt":"p","chosen":{{Longer.Replace("LAST", "c").Trim()}},"rejected":{{Longer.Replace("LAST", "r").Trim()}}}""");
        Assert.That(() => file.Read(PairFormat.Plain), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{file.Path}(1): prompts differ: \"chosen\" has 3 turns before its response that are not those of the prompt; "
            + "\"columns\" in the recipe that name no prompt, or \"format\": \"ultrafeedback\", take the turns that both responses begin with; "));
        PreferencePair pair = file.Read(PairFormat.Plain, new() { Columns = new(null, "chosen", "rejected") }).Pairs.Single();
        Assert.That(pair.Prompt, Is.EqualTo(new Message[] { new(Role.User, "p"), new(Role.Assistant, "a"), new(Role.User, "q") }));
    }

    [TestCase("""{"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"a"},{"role":"user","content":"q"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}]}""",
        "prompts differ: the responses begin with 1 common turns and go on for 3 and 1; one turn of the assistant's is wanted")]
    [TestCase("""{"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"c"},{"role":"user","content":"q"},{"role":"assistant","content":"r"}]}""",
        "prompts differ: the responses begin with 1 common turns and go on for 1 and 3; one turn of the assistant's is wanted")]
    [TestCase("""{"chosen":[{"role":"assistant","content":"c"}],"rejected":[{"role":"assistant","content":"r"}]}""", "empty prompt: \"the turns that both responses begin with\"")]
    [TestCase("""{"chosen":"yes","rejected":"yesterday"}""", "prompts differ: \"chosen\" and \"rejected\" begin with no common word, and the row has no prompt")]
    [TestCase("""{"chosen":"p ","rejected":"p r"}""", "prompts differ: \"chosen\" and \"rejected\" begin with no common word, and the row has no prompt")]
    [TestCase("""{"chosen":"p","rejected":["p"]}""", "wrong type: \"rejected\" is a list, wanted text")]
    public void What_no_prompt_can_be_taken_from_is_refused(string row, string reason)
    {
        using DataFile file = new(row);
        Assert.That(() => file.Read(PairFormat.Plain), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{file.Path}(1): {reason}; "));
    }

    [Test]
    public void Equal_responses_leave_the_turns_before_them_as_the_prompt()
    {
        const string Same = """[{"role":"user","content":"p"},{"role":"assistant","content":"c"}]""";
        using DataFile file = new($$"""{"chosen":{{Same}},"rejected":{{Same}}}""");
        Assert.That(file.Read(PairFormat.Plain).Pairs.Single().Prompt.Single().Text, Is.EqualTo("p"));
    }

    [Test]
    public void Texts_that_begin_alike_are_cut_between_words()
    {
        using DataFile file = new("""{"chosen":"Is it possible? I’m not sure.","rejected":"Is it possible? I’m nobody."}""");
        PreferencePair pair = file.Read(PairFormat.Plain).Pairs.Single();
        Assert.That((pair.Prompt.Single().Text, pair.Chosen, pair.Rejected), Is.EqualTo(("Is it possible? I’m", "not sure.", "nobody.")));
    }
}
