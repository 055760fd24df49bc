using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class TemplateProbeTests
{
    [Test]
    public void The_conversations_are_of_every_kind() => Assert.That(TemplateProbe.All.Select(probe =>
        $"{probe.What}: {string.Join('|', probe.Turns.Select(turn => $"{turn.Role} {turn.Text}"))}{(probe.IsPrompt ? "|" : "")}"), Is.EqualTo(new[]
    {
        "a prompt of one turn: User What is it?|",
        "a question and its answer: User What is it?|Assistant It is this.",
        "a prompt with a system turn: System Be brief.|User What is it?|",
        "a prompt of several turns: User What is it?|Assistant It is this.|User And now?\nTell me.|",
        "a conversation of several turns with a system turn: System Be brief.|User What is it?|Assistant It is this.|User And now?\nTell me.|Assistant It is this.",
        "a prompt with white space around its text: User  Why? \n|",
        "a prompt that ends with a tool's turn: User What is it?|Assistant It is this.|Tool 42|",
    }));

    [TestCase("phi-3", "chatml", "a prompt of one turn, character 2: phi-3 writes \"<|user|>\\nWhat is it?<|end|\", chatml \"<|im_start|>user\\nWhat is i\"")]
    [TestCase("mistral", "llama-2", "a question and its answer, character 31: mistral writes \" [/INST]It is this.</s>\", llama-2 \" [/INST] It is this. </s>\"")]
    [TestCase("phi-3", "zephyr", "")]
    [TestCase("mistral", "plain-hh", "")]
    [TestCase("phi-3", "phi-3", null)]
    public void The_first_difference_is_told_with_its_surroundings(string one, string other, string? difference) =>
        Assert.That(TemplateProbe.Difference(Known(one), Known(other)), difference == "" ? Is.Not.Null : Is.EqualTo(difference));

    [Test]
    public void A_turn_that_only_one_of_them_writes_is_a_difference()
    {
        ChatTemplate phi = ChatTemplate.Phi3, bare = phi with { Name = "bare", System = null }, tools = phi with { Name = "tools", Tool = "<|tool|>" };
        Assert.That(TemplateProbe.Difference(phi, bare), Is.EqualTo("a prompt with a system turn: bare writes no system turn, phi-3 writes it"));
        Assert.That(TemplateProbe.Difference(bare, phi), Is.EqualTo("a prompt with a system turn: bare writes no system turn, phi-3 writes it"));
        Assert.That(TemplateProbe.Difference(phi, tools), Is.EqualTo("a prompt that ends with a tool's turn: phi-3 writes no tool turn, tools writes it"));
        Assert.That(TemplateProbe.Difference(phi, phi with { UsesBos = true }), Does.StartWith("a prompt of one turn, character 0: phi-3 writes \"<|user|>\\nWhat is it?<|en\", phi-3 \"[BOS]<|user|>\\nWhat is it"));
    }

    private static ChatTemplate Known(string name) => ChatTemplate.Known.Single(template => template.Name == name);
}
