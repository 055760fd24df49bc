using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class LabelledColumnsTests
{
    private const string User = """{"role":"user","content":"p"}""", Answer = """{"role":"assistant","content":"a"}""", Texts = "[{\\\"role\\\":\\\"assistant\\\",\\\"content\\\":\\\"a\\\"}]",
        NoLabel = "but label is true or false (or 1 or 0) in no row", Mend = "; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out";

    private static readonly LabelledColumns s_given = new("ask", "say", "good");

    [TestCase($$"""{"conversation":[{{User}},{{Answer}}],"label":false}""", "prompt and completion = conversation, label = label", TestName = "a conversation by its third name")]
    [TestCase("""{"prompt":"p","completion":"a","label":"none","kto_tag":false}""", "prompt = prompt, completion = completion, label = kto_tag", TestName = "the first label that is one")]
    [TestCase("""{"text":"p","messages":"hello","response":"a","question":"p","label":0}""", "prompt = question, completion = response, label = label", TestName = "members of other names")]
    public void Columns_are_told_from_a_row(string row, string shape)
    {
        using DataFile file = new(row);
        PreferenceData data = file.Read(PairFormats.Tell(file.Path));
        Assert.That(data.Report.Shape, Is.EqualTo($"unpaired: {shape}"));
        Assert.That((data.Pairs.Single().Response, data.Pairs.Single().IsDesirable, data.Pairs.Single().Prompt.Single().Text), Is.EqualTo(("a", false, "p")));
    }

    [Test]
    public void A_text_is_no_conversation()
    {
        using DataFile file = new("""{"messages":"hello","label":true}""");
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("no known layout has the columns messages, label. "));
    }

    [Test]
    public void A_system_turn_comes_from_a_member_of_either_name()
    {
        foreach (string name in new[] { "system", "system_prompt" })
        {
            using DataFile file = new($$"""{"{{name}}":"s","prompt":"p","completion":"a","label":true}""");
            Assert.That(file.Read(PairFormat.Unpaired).Pairs.Single().Prompt, Is.EqualTo(new Message[] { new(Role.System, "s"), new(Role.User, "p") }));
        }

        using DataFile later = new("""{"prompt":"p","completion":"a","label":true}""", """{"system":"s","prompt":"p","completion":"a","label":true}"""),
            conversation = new($$"""{"system":"s","messages":[{{User}},{{Answer}}],"label":false}""");
        Assert.That(later.Read(PairFormat.Unpaired).Pairs.Select(pair => pair.Prompt.Count), Is.EqualTo(new[] { 1, 2 }), "also where the first row has none");
        Assert.That(conversation.Read(PairFormat.Unpaired).Pairs.Single().Prompt, Has.Count.EqualTo(2));
    }

    [Test]
    public void The_first_row_that_has_them_tells_the_columns()
    {
        using DataFile usual = new("""{"other":1}""", $$"""{"prompt":"p","completion":"{{Texts}}","label":true}"""), given = new("""{"ask":"p"}""", $$"""{"ask":"p","say":"{{Texts}}","good":1}""");
        PreferenceData first = usual.Read(PairFormat.Unpaired, new() { MaxSkipped = 1 }), second = given.Read(PairFormat.Unpaired, new() { Labels = s_given, MaxSkipped = 1 });
        Assert.That((first.Report.Shape, first.Pairs.Single().Response), Is.EqualTo(("unpaired: prompt = prompt, completion = completion, label = label, messages in texts of JSON", "a")));
        Assert.That((second.Report.Shape, second.Pairs.Single().Response), Is.EqualTo(("unpaired: prompt = ask, completion = say, label = good, messages in texts of JSON", "a")));
    }

    [Test]
    public void A_list_as_Python_prints_it_is_refused_in_the_first_row_that_has_a_response()
    {
        using DataFile file = new("""{"ask":"p"}""", """{"ask":"p","say":"[{'role': 'assistant', 'content': 'a'}]","good":true}""");
        Assert.That(() => file.Read(PairFormat.Unpaired, new() { Labels = s_given, MaxSkipped = 1 }), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{file.Path}: say is a text of a list as Python prints them"));
    }

    [Test]
    public void Columns_that_no_row_has_are_missed_row_by_row()
    {
        using DataFile without = new("""{"ask":"p","good":true}"""), others = new("7");
        Assert.That(() => without.Read(PairFormat.Unpaired, new() { Labels = s_given }), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{without.Path}(1): missing field: \"say\"{Mend}"));
        ReadReport none = new();
        Assert.That(PreferenceData.Stream(PairFormat.Unpaired, others.Path, new() { MaxSkipped = 1 }, none), Is.Empty);
        Assert.That((none.Shape, none.Skipped), Is.EqualTo(("unpaired: prompt = prompt, completion = completion, label = label", 1)));
    }

    [Test]
    public void A_conversation_without_turns_before_the_response_has_no_prompt()
    {
        using DataFile file = new($$"""{"messages":[{{Answer}}],"label":true}""");
        Assert.That(() => file.Read(PairFormat.Unpaired), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(1): empty prompt: \"the turns of messages before the response\"{Mend}"));
    }

    [TestCase("""{"prompt":"p","label":"x"}""", "prompt", "RESPONSE", "LABEL")]
    [TestCase("""{"completion":"a","label":"x","liked":true}""", "PROMPT", "completion", "liked")]
    [TestCase("""{"prompt":"p","output":3,"label":"x","answer":"a"}""", "prompt", "answer", "LABEL")]
    [TestCase("""{"prompt":["p"],"output":["a"],"label":"x"}""", "prompt", "output", "LABEL")]
    [TestCase("""{"prompt":{},"output":{},"label":"x"}""", "prompt", "output", "LABEL")]
    public void What_to_write_is_made_of_the_columns_that_are_there(string row, string prompt, string completion, string label)
    {
        using DataFile file = new(row);
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains(
            $"(format unpaired), for which ").And.Message.Contains($"\"columns\": {{ \"prompt\": \"{prompt}\", \"completion\": \"{completion}\", \"label\": \"{label}\" }} with the names"));
    }

    [Test]
    public void All_columns_are_there_but_the_label()
    {
        using DataFile file = new("""{"prompt":"p","completion":"a","label":[]}""", """{"prompt":"p","completion":"a","label":{}}""");
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains(NoLabel));
    }
}
