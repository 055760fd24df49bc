using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class EarlierTurnsTests
{
    private const string Pairs = """[["a","b"],[" c ","d\n"]]""",
        Messages = """[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"from":"human","value":"c"},{"from":"gpt","value":"d"}]""",
        OfPairs = "\"instruction\":\"p\",\"input\":\"\",\"chosen\":\"x\",\"rejected\":\"y\"", OfLabels = "\"instruction\":\"p\",\"output\":\"x\",\"kto_tag\":true",
        Wanted = "wanted a list of pairs of texts (what the user said and what was answered) or of messages; take it out where it is no part of the conversation";

    [TestCase(OfPairs, Pairs)]
    [TestCase(OfPairs, Messages)]
    [TestCase(OfPairs, """ "[[\"a\",\"b\"],[\"c\",\"d\"]]" """)]
    [TestCase(OfLabels, Pairs)]
    [TestCase(OfLabels, Messages)]
    [TestCase("\"prompt\":[{\"role\":\"user\",\"content\":\"p\"}],\"chosen\":\"x\",\"rejected\":\"y\"", Pairs)]
    public void A_conversation_begins_with_them(string row, string history)
    {
        foreach (string system in new[] { "", "\"system\":\"s\"," })
        {
            (string shape, IReadOnlyList<Message> prompt) = Read($"{{{system}{row},\"history\":{history}}}");
            Message[] turns = [new(Role.User, "a"), new(Role.Assistant, "b"), new(Role.User, "c"), new(Role.Assistant, "d"), new(Role.User, "p")];
            Assert.That(prompt, Is.EqualTo(system.Length == 0 ? turns : [new(Role.System, "s"), .. turns]));
            Assert.That(shape, Does.Contain(" after history, c"));
        }
    }

    [Test]
    public void They_come_after_a_system_turn_of_the_prompt() =>
        Assert.That(Read($$"""{"prompt":[{"role":"system","content":"s"},{"role":"user","content":"p"}],"chosen":"x","rejected":"y","history":[["a","b"]]}""").Prompt,
            Is.EqualTo(new Message[] { new(Role.System, "s"), new(Role.User, "a"), new(Role.Assistant, "b"), new(Role.User, "p") }));

    [TestCase("[]"), TestCase("null"), TestCase("\"\""), TestCase("\" [] \"")]
    public void Empty_ones_are_none(string history)
    {
        foreach (string row in new[] { OfPairs, OfLabels })
            Assert.That(Read($"{{{row},\"history\":{history}}}").Prompt, Is.EqualTo(new Message[] { new(Role.User, "p") }));
    }

    [Test]
    public void A_prompt_may_stand_in_a_member_of_their_name()
    {
        using DataFile file = new("""{"history":"p","better":"x","worse":"y"}""");
        PreferenceData data = file.Read(PairFormat.Plain, new() { Columns = new("history", "better", "worse") });
        Assert.That(data.Pairs.Single().Prompt, Is.EqualTo(new Message[] { new(Role.User, "p") }));
        Assert.That(data.Report.Shape, Does.Not.Contain("after"));
    }

    [TestCase("""{"chosen":"\n\nHuman: p\n\nAssistant: x","rejected":"\n\nHuman: p\n\nAssistant: y","history":[]}""")]
    [TestCase("""{"chosen":"p x","rejected":"p y","history":null}""")]
    [TestCase("""{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"x"}],"label":true,"history":"[]"}""")]
    [TestCase("""{"context":"p","response1":"x","response2":"y","overall_preference":-1,"history":""}""")]
    public void Empty_ones_are_passed_over_where_none_are_read(string row)
    {
        (string shape, IReadOnlyList<Message> prompt) = Read(row);
        Assert.That(prompt, Is.EqualTo(new Message[] { new(Role.User, "p") }));
        Assert.That(shape, Does.Not.Contain("after"));
    }

    [TestCase("\"earlier\"", $"wrong type: \"history\" is no list, {Wanted}")]
    [TestCase("7", $"wrong type: \"history\" is no list, {Wanted}")]
    [TestCase("[[\"a\",\"b\"],[\"c\"]]", $"wrong type: \"history[1]\" is no pair of texts, {Wanted}")]
    [TestCase("[[\"a\",\"b\",\"c\"]]", $"wrong type: \"history[0]\" is no pair of texts, {Wanted}")]
    [TestCase("[[\"a\",null]]", $"wrong type: \"history[0]\" is no pair of texts, {Wanted}")]
    [TestCase("[[\"a\",\"b\"],{\"role\":\"user\",\"content\":\"c\"}]", $"wrong type: \"history[1]\" is no pair of texts, {Wanted}")]
    [TestCase("[\"a\",\"b\"]", "wrong type: \"history[0]\" is text, wanted an object of role and content")]
    [TestCase("[[\"a\",\" \"]]", "wrong role: \"history\": the user's and the assistant's turns by turns are wanted, none empty, the assistant's last")]
    [TestCase("[{\"role\":\"user\",\"content\":\"a\"}]", "wrong role: \"history\": the user's and the assistant's turns by turns are wanted, none empty, the assistant's last")]
    [TestCase("[{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"b\"}]", "wrong role: \"history\": the user's and the assistant's turns by turns are wanted, none empty, the assistant's last")]
    public void Others_are_refused_by_name(string history, string fault)
    {
        foreach (string row in new[] { OfPairs, OfLabels })
            Refused($"{{{row},\"history\":{history}}}", fault);
    }

    [TestCase("""{"prompt":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"p"}],"chosen":"x","rejected":"y","history":[["a","b"]]}""",
        "history: \"history\" beside a prompt of 3 turns: one of them is wanted, as it may hold the same turns; take the other out")]
    [TestCase("""{"chosen":"\n\nHuman: p\n\nAssistant: x","rejected":"\n\nHuman: p\n\nAssistant: y","history":[["a","b"]]}""", NotRead)]
    [TestCase("""{"chosen":"p x","rejected":"p y","history":[["a","b"]]}""", NotRead)]
    [TestCase("""{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"x"}],"label":true,"history":[["a","b"]]}""", NotRead)]
    [TestCase("""{"context":"p","response1":"x","response2":"y","overall_preference":-1,"history":[["a","b"]]}""", NotRead)]
    public void Where_they_are_not_read_a_row_that_has_some_is_refused(string row, string fault) => Refused(row, fault);

    private const string NotRead = "history: \"history\" is read in rows of pairs and in unpaired ones, before a prompt that is a member of its own; take it out where it is no part of the conversation";

    private static (string Shape, IReadOnlyList<Message> Prompt) Read(string row)
    {
        using DataFile file = new(row);
        PreferenceData data = file.Read(PairFormats.Tell(file.Path));
        return (data.Report.Shape, data.Pairs.Single().Prompt);
    }

    private static void Refused(string row, string fault)
    {
        using DataFile file = new(row);
        Assert.That(() => file.Read(PairFormats.Tell(file.Path)), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(1): {fault}; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out"));
    }
}
