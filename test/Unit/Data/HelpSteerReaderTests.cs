using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class HelpSteerReaderTests
{
    [TestCase("-3", "one"), TestCase("-1", "one"), TestCase("1", "two"), TestCase("3", "two"), TestCase("2.0", "two"), TestCase("\"-2\"", "one")]
    public void Below_zero_the_first_response_is_chosen_and_above_it_the_second(string preference, string chosen)
    {
        using DataFile file = new(Third(preference));
        Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(PairFormat.HelpSteer));
        PreferencePair pair = file.Read(PairFormat.HelpSteer).Pairs.Single();
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(chosen == "one" ? ("one", "two") : ("two", "one")));
        Assert.That(pair.Prompt, Is.EqualTo(new Message[] { new(Role.User, "p"), new(Role.Assistant, "a"), new(Role.User, "q") }));
    }

    [Test]
    public void Ties_are_left_out_counted_and_named()
    {
        using DataFile file = new(Third("0"), Third("1"), Third("0").Replace("one", ""));
        ReadReport report = file.Read(PairFormat.HelpSteer).Report;
        Assert.That(report.ToString(), Is.EqualTo("3 rows, 1 kept; left out: 2 tie"));
        Assert.That(report.LeftOut.Named(), Is.EqualTo(new[] { "tie: pairs.jsonl(1), pairs.jsonl(3)" }));
        using DataFile faulty = new(Third("0"), Third("1"), "{");
        Assert.That(faulty.Read(PairFormat.HelpSteer, new() { MaxSkipped = 1 }).Report.ToString(), Is.EqualTo("3 rows, 1 kept; left out: 1 not JSON, 1 tie"));
    }

    [Test]
    public void The_earlier_set_has_its_prompt_as_text_with_a_marker_before_every_further_turn()
    {
        using DataFile file = new(Second("p"), Second("p\\n<extra_id_1>Assistant\\na\\n<extra_id_1>User\\nq\\n"), Second("<extra_id_1>User\\np"));
        IReadOnlyList<PreferencePair> pairs = file.Read(PairFormats.Tell(file.Path)).Pairs;
        Assert.That(pairs.Select(pair => pair.Chosen), Is.All.EqualTo("two"));
        Assert.That(pairs.Select(pair => pair.Prompt.Count), Is.EqualTo(new[] { 1, 3, 1 }));
        Assert.That(pairs[1].Prompt, Is.EqualTo(new Message[] { new(Role.User, "p"), new(Role.Assistant, "a"), new(Role.User, "q") }));
        Assert.That(pairs[2].Prompt.Single().Text, Is.EqualTo("p"));
    }

    [TestCase("[{\"role\":\"user\",\"content\":\"p\"}]"), TestCase("p")]
    public void A_context_may_be_a_text_that_is_one_turn_or_that_holds_the_turns(string context)
    {
        using DataFile file = new(System.Text.Json.JsonSerializer.Serialize(new { context, response1 = "one", response2 = "two", overall_preference = 1 }));
        Assert.That(file.Read(PairFormats.Tell(file.Path)).Pairs.Single().Prompt, Is.EqualTo(new Message[] { new(Role.User, "p") }));
    }

    [TestCase("response1"), TestCase("response2"), TestCase("overall_preference")]
    public void A_row_that_lacks_a_member_is_none(string name)
    {
        using DataFile file = new(Third("1").Replace($"\"{name}\"", "\"x\""));
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>());
    }

    [TestCase("3.5", "wrong type: \"overall_preference\" is 3.5, wanted a number from -3 to 3")]
    [TestCase("-3.01", "wrong type: \"overall_preference\" is -3.01, wanted a number from -3 to 3")]
    [TestCase("\"-4\"", "wrong type: \"overall_preference\" is text, wanted a number from -3 to 3")]
    [TestCase("4", "wrong type: \"overall_preference\" is 4, wanted a number from -3 to 3")]
    [TestCase("\"much\"", "wrong type: \"overall_preference\" is text, wanted a number from -3 to 3")]
    [TestCase("null", "wrong type: \"overall_preference\" is null, wanted a number from -3 to 3")]
    public void Other_preferences_are_a_fault(string preference, string fault)
    {
        using DataFile file = new(Third("1"), Third(preference));
        Assert.That(() => file.Read(PairFormat.HelpSteer), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{file.Path}(2): {fault}; "));
    }

    [TestCase("p\\n<extra_id_1>Nobody at all that is known here\\nx", "<extra_id_1>Nobody at all that i")]
    [TestCase("p\\n<extra_id_1>User", "<extra_id_1>User"), TestCase("p\\n<extra_id_1>", "<extra_id_1>")]
    public void A_marker_without_a_speaker_and_a_new_line_is_a_fault(string prompt, string shown)
    {
        using DataFile file = new(Second(prompt));
        Assert.That(() => file.Read(PairFormat.HelpSteer), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{file.Path}(1): wrong role: \"prompt\" has \"{shown}\", wanted <extra_id_1>User or <extra_id_1>Assistant and a new line; "));
    }

    [Test]
    public void A_marker_may_begin_the_text_and_name_the_system()
    {
        using DataFile file = new(Second(" <extra_id_1>System\\n s \\n<extra_id_1> User \\np"), Second("p\\n<extra_id_1>Assistant\\na"));
        PreferenceData data = file.Read(PairFormat.HelpSteer, new() { MaxSkipped = 1 });
        Assert.That(data.Pairs.Single().Prompt, Is.EqualTo(new Message[] { new(Role.System, "s"), new(Role.User, "p") }));
        Assert.That(data.Report.Faults.Single(), Is.EqualTo("pairs.jsonl(2): wrong role: the last turn of \"prompt\" is the assistant's, wanted the user's"));
    }

    private static string Third(string preference) => """{"domain":"general","language":"english","context":[{"role":"user","content":"p"},{"role":"assistant","content":"a"},{"role":"user","content":"q"}],"""
        + $$"""
        "response1":"one","response2":"two","overall_preference":{{preference}},"individual_preference":[{"score":-1,"reasoning":"r"}]}
        """;

    private static string Second(string prompt) =>
        $$"""{"split":"train","prompt":"{{prompt}}","response_1":"one","response_2":"two","preference_strength":2,"preference_statement":"s"}""";
}
