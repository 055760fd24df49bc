using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class LabelledReaderTests
{
    private const string User = """{"role":"user","content":"p"}""", Answer = """{"role":"assistant","content":"a"}""";

    [TestCase("""{"prompt":"p","completion":" a\n","label":true}""", "prompt = prompt, completion = completion, label = label", TestName = "TRL's standard data")]
    [TestCase($$"""{"prompt":[{{User}}],"completion":[{{Answer}}],"label":true}""", "prompt = prompt, completion = completion, label = label", TestName = "TRL's conversational data")]
    [TestCase($$"""{"prompt":"p","completion":[{{User}},{{Answer}}],"label":true}""", "prompt = prompt, completion = completion, label = label", TestName = "a completion that repeats the prompt")]
    [TestCase($$"""{"messages":[{{User}},{{Answer}}],"label":true}""", "prompt and completion = messages, label = label", TestName = "LLaMA-Factory's messages")]
    [TestCase("""{"conversations":[{"from":"human","value":"p"},{"from":"gpt","value":"a"}],"kto_tag":true}""", "prompt and completion = conversations, label = kto_tag", TestName = "LLaMA-Factory's ShareGPT data")]
    [TestCase("""{"instruction":"p","input":"","output":"a","kto_tag":true}""", "prompt = instruction and input, completion = output, label = kto_tag", TestName = "LLaMA-Factory's instructions")]
    [TestCase("""{"question":"p","response":"a","desirable":1}""", "prompt = question, completion = response, label = desirable", TestName = "labels of one and zero")]
    [TestCase("""{"prompt":"p","answer":"a","label":"True"}""", "prompt = prompt, completion = answer, label = label", TestName = "labels that are texts")]
    [TestCase($$"""{"completion":[{{User}},{{Answer}}],"label":1.0}""", "prompt and completion = completion, label = label", TestName = "a completion that is a whole conversation")]
    [TestCase("""{"messages":"[{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"a\"}]","label":true}""",
        "prompt and completion = messages, label = label, messages in texts of JSON", TestName = "messages in a text of JSON")]
    public void Layouts_are_told_from_the_rows(string row, string shape)
    {
        using DataFile file = new(row);
        Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(PairFormat.Unpaired));
        PreferenceData data = file.Read(PairFormat.Unpaired);
        PreferencePair read = data.Pairs.Single();
        Assert.That(read.Prompt, Is.EqualTo(new[] { new Message(Role.User, "p") }));
        Assert.That((read.IsLabelled, read.IsDesirable, read.Response, read.Chosen, read.Rejected, read.Source), Is.EqualTo((true, true, "a", "a", "", "pairs.jsonl(1)")));
        Assert.That(data.Report.Shape, Is.EqualTo($"unpaired: {shape}"));
    }

    [TestCase("false", false), TestCase("0", false), TestCase("0.0", false), TestCase("\"FALSE\"", false), TestCase("\"0\"", false), TestCase("true", true), TestCase("\"1\"", true)]
    public void A_label_may_be_written_in_several_ways(string label, bool isDesirable)
    {
        using DataFile file = new($$"""{"prompt":"p","completion":"a","label":{{label}}}""");
        PreferencePair read = file.Read(PairFormat.Unpaired).Pairs.Single();
        Assert.That((read.IsLabelled, read.IsDesirable, read.Response, read.Chosen.Length, read.Rejected.Length), Is.EqualTo((true, isDesirable, "a", isDesirable ? 1 : 0, isDesirable ? 0 : 1)));
    }

    [TestCase("""{"prompt":"p","completion":"a","label":2}""", "wrong type: \"label\" is 2, wanted true or false (or 1 or 0)")]
    [TestCase("""{"prompt":"p","completion":"a","label":"good"}""", "wrong type: \"label\" is text, wanted true or false (or 1 or 0)")]
    [TestCase("""{"prompt":"p","completion":"a","label":null}""", "wrong type: \"label\" is null, wanted true or false (or 1 or 0)")]
    [TestCase("""{"prompt":"p","completion":"a"}""", "missing field: \"label\"")]
    [TestCase("""{"prompt":"p","completion":" ","label":true}""", "empty response: \"completion\"")]
    [TestCase("""{"prompt":" ","completion":"a","label":true}""", "empty prompt: \"prompt\"")]
    [TestCase("""{"prompt":"p","label":true}""", "missing field: \"completion\"")]
    [TestCase($$"""{"prompt":"p","completion":[{{User}}],"label":true}""", "wrong role: the last turn of \"completion\" is the user's, wanted the assistant's")]
    [TestCase($$"""{"prompt":"p","completion":[{{User}},{{Answer}},{{User}},{{Answer}}],"label":false}""",
        "prompts differ: \"completion\" has 3 turns before its response that are not those of the prompt; \"columns\" in the recipe that name no prompt take the turns before the response")]
    public void A_faulty_row_is_named_by_file_and_line(string row, string fault)
    {
        using DataFile file = new("""{"prompt":"p","completion":"a","label":true}""", row);
        Assert.That(() => file.Read(PairFormat.Unpaired), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(2): {fault}; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out"));
        Assert.That(file.Read(PairFormat.Unpaired, new() { MaxSkipped = 1 }).Report.ToString(), Does.StartWith("2 rows, 1 kept; left out: 1 "));
    }

    [Test]
    public void Columns_of_any_name_are_read_as_the_recipe_names_them()
    {
        using DataFile file = new("""{"sys":"s","ask":"p","more":"x","say":"a","good":0}""", """{"ask":"q","say":"b","good":1}""");
        PreferencePair[] read = [.. file.Read(PairFormat.Unpaired, new() { Labels = new("ask", "say", "good") { System = "sys", Input = "more" } }).Pairs];
        Assert.That(read[0].Prompt, Is.EqualTo(new[] { new Message(Role.System, "s"), new Message(Role.User, "p\n\nx") }));
        Assert.That(read.Select(row => (row.Response, row.IsDesirable)), Is.EqualTo(new[] { ("a", false), ("b", true) }));
    }

    [Test]
    public void Pairs_stay_pairs_whatever_other_members_they_have()
    {
        using DataFile file = new("""{"prompt":"p","chosen":"c","rejected":"r","completion":"a","label":true}""");
        Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(PairFormat.Plain));
        Assert.That(file.Read(PairFormat.Plain).Pairs.Single().IsLabelled, Is.False);
    }

    [TestCase("""{"prompt":"p","completion":"a"}""", "The nearest is prompt, completion, label (format unpaired), for which label would be missing. Name the columns in the recipe, as "
        + "\"columns\": { \"prompt\": \"prompt\", \"completion\": \"completion\", \"label\": \"LABEL\" } with the names of your columns; of two responses to compare, \"chosen\" and \"rejected\" in place of the last two. ")]
    [TestCase("""{"prompt":"p","output":"a","label":"x","thumbs_up":false}""", "\"columns\": { \"prompt\": \"prompt\", \"completion\": \"output\", \"label\": \"thumbs_up\" } ")]
    [TestCase("""{"prompt":"p","completion":"a","label":"good"}""", "They are those of format unpaired (prompt, completion, label), but label is true or false (or 1 or 0) in no row. The first rows:")]
    [TestCase("""{"prompt":"p","completion":"a","label":3}""", "They are those of format unpaired (prompt, completion, label), but label is true or false (or 1 or 0) in no row. The first rows:")]
    public void What_is_missing_is_told(string row, string told)
    {
        using DataFile file = new(row);
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contain(told));
        Assert.That(() => file.Read(PairFormat.Unpaired), Throws.TypeOf<InvalidDataException>().With.Message.Contain(told));
    }

    [Test]
    public void A_list_as_Python_prints_it_is_refused()
    {
        using DataFile file = new("""{"prompt":"p","completion":"[{'role': 'assistant', 'content': 'a'}]","label":true}""");
        Assert.That(() => file.Read(PairFormat.Unpaired), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{file.Path}: completion is a text of a list as Python prints them ([{{'role': …); write the file as .jsonl or .parquet with lists"));
    }

    [Test]
    public void Labels_survive_packing_and_tell_contents_apart()
    {
        PreferencePair good = PreferencePair.Labelled("a", [new(Role.User, "p")], "x", true), bad = PreferencePair.Labelled("a", [new(Role.User, "p")], "x", false);
        Assert.That(PackedPairs.Of([good, bad]).Select(row => (row.Chosen, row.Rejected, row.Response, row.IsDesirable)), Is.EqualTo(new[] { ("x", "", "x", true), ("", "x", "x", false) }));
        Assert.That(ContentHash.Of([good]), Is.Not.EqualTo(ContentHash.Of([bad])));
        Assert.That(TestPrompts.Key(good), Is.EqualTo(TestPrompts.Key(bad)));
    }

    [Test]
    public void A_refused_marker_is_told_of_the_response()
    {
        PreferencePair row = PreferencePair.Labelled("a", [new(Role.User, "p")], "x<|end|>", false);
        TextRule rule = TextRule.Of(Alignment.Data.World.EmbeddedWorld.Tokenizer, MarkersInText.Refuse);
        Assert.That(() => rule.Require(row), Throws.Exception.With.Message.StartsWith("marker in text: the response holds <|end|>"));
    }
}
