using System.Text.Json;
using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class HhRlhfReaderTests
{
    private const string Prompt = "\n\nHuman: hi\n\nAssistant: hello\n\nHuman: how?";

    [Test]
    public void The_response_is_the_last_assistant_turn_of_a_conversation()
    {
        PreferencePair pair = Read($"{Prompt}\n\nAssistant: Like this.", $"{Prompt}\n\nAssistant: Like that.");
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.User, "hi"), new Message(Role.Assistant, "hello"), new Message(Role.User, "how?") }));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(("Like this.", "Like that.")));
    }

    [Test]
    public void A_common_beginning_of_both_responses_stays_in_the_responses() =>
        Assert.That(Read($"{Prompt}\n\nAssistant: I can", $"{Prompt}\n\nAssistant: I can not").Rejected, Is.EqualTo("I can not"));

    [Test]
    public void The_plain_template_writes_the_prompt_as_it_was()
    {
        PreferencePair pair = Read($"{Prompt}\n\nAssistant: a", $"{Prompt}\n\nAssistant: b");
        Assert.That(ChatTemplate.PlainHh.Render(pair.Prompt, addGenerationPrompt: true), Is.EqualTo($"{Prompt}\n\nAssistant:"));
    }

    [Test]
    public void Line_breaks_and_the_words_of_a_marker_inside_a_turn_are_text()
    {
        PreferencePair pair = Read("\n\nHuman: a\n\nb Human: c\n\nAssistant: x\n\ny", "\n\nHuman: a\n\nb Human: c\n\nAssistant: z");
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.User, "a\n\nb Human: c") }));
        Assert.That(pair.Chosen, Is.EqualTo("x\n\ny"));
    }

    // read in one pass: looking for the next marker from every turn anew would take minutes here
    [Test]
    public void A_transcript_of_three_hundred_thousand_turns_is_read()
    {
        string prompt = string.Concat(Enumerable.Repeat("\n\nHuman:a", 300_000));
        Assert.That(Read($"{prompt}\n\nAssistant: x", $"{prompt}\n\nAssistant: y").Prompt, Has.Count.EqualTo(300_000));
    }

    [TestCase("\n\nHuman: a\n\nAssistant: x", "\n\nHuman: b\n\nAssistant: y", "prompts differ: from character 10 on")]
    [TestCase("\n\nHuman: a\n\nAssistant: x", "\n\nHuman: a\n\nAssistant:", "empty response: \"rejected\"")]
    [TestCase("\n\nHuman: a\n\nAssistant: ", "\n\nHuman: a\n\nAssistant: y", "empty response: \"chosen\"")]
    [TestCase("\n\nHuman: a", "\n\nHuman: a\n\nAssistant: y", "no assistant turn: \"chosen\" has no \\n\\nAssistant:")]
    [TestCase("\n\nHuman: a\n\nAssistant: x", "\n\nHuman: a", "no assistant turn: \"rejected\" has no \\n\\nAssistant:")]
    [TestCase("\n\nAssistant: x", "\n\nAssistant: y", "no human turn: the prompt does not begin with \\n\\nHuman:")]
    [TestCase("\n\nHuman: a\n\nAssistant: x\n\nHuman: b", "\n\nHuman: a\n\nAssistant: y", "no assistant turn: \"chosen\" ends in a human turn")]
    [TestCase("a\n\nAssistant: x", "a\n\nAssistant: y", "no human turn: the prompt does not begin with \\n\\nHuman:")]
    public void Faulty_transcripts_are_named(string chosen, string rejected, string reason)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Read(chosen, rejected))!;
        Assert.That(e.Message, Does.EndWith($"pairs.jsonl(1): {reason}; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out"));
    }

    private static PreferencePair Read(string chosen, string rejected)
    {
        using DataFile file = new(JsonSerializer.Serialize(new { chosen, rejected }));
        return file.Read(PairFormat.HhRlhf).Pairs.Single();
    }
}
