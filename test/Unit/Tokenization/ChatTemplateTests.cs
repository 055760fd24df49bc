using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class ChatTemplateTests
{
    private static readonly Message[] s_turns = [new(Role.System, "s"), new(Role.User, "u"), new(Role.Assistant, "a"), new(Role.User, "v")];

    [TestCase("mistral", "[INST] u [/INST]a</s>[INST] v [/INST]")]
    [TestCase("zephyr", "<|system|>\ns</s>\n<|user|>\nu</s>\n<|assistant|>\na</s>\n<|user|>\nv</s>\n<|assistant|>\n")]
    [TestCase("plain-hh", "\n\nSystem: s\n\nHuman: u\n\nAssistant: a\n\nHuman: v\n\nAssistant:")]
    [TestCase("phi-3", "<|system|>\ns<|end|>\n<|user|>\nu<|end|>\n<|assistant|>\na<|end|>\n<|user|>\nv<|end|>\n<|assistant|>\n")]
    [TestCase("chatml", "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n"
        + "<|im_start|>user\nv<|im_end|>\n<|im_start|>assistant\n")]
    [TestCase("llama-2", "[INST] <<SYS>>\ns\n<</SYS>>\n\nu [/INST] a </s><s>[INST] v [/INST]")]
    [TestCase("llama-3", "<|start_header_id|>system<|end_header_id|>\n\ns<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\na<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nv<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n")]
    [TestCase("open-assistant",
        "<|system|>s<|endoftext|><|prompter|>u<|endoftext|><|assistant|>a<|endoftext|><|prompter|>v<|endoftext|><|assistant|>")]
    public void A_prompt_ends_in_the_opening_of_the_assistant_s_turn(string name, string text) =>
        Assert.That(ChatTemplate.Known.Single(t => t.Name == name).Render(s_turns, addGenerationPrompt: true), Is.EqualTo(text));

    [Test]
    public void A_finished_conversation_ends_in_the_template_s_end() =>
        Assert.That(ChatTemplate.Phi3.Render([new(Role.User, "u")], addGenerationPrompt: false), Is.EqualTo("<|user|>\nu<|end|>\n<|endoftext|>"));

    [Test]
    public void Without_a_system_turn_a_Llama_2_conversation_opens_with_the_user_s() =>
        Assert.That(ChatTemplate.Llama2.Render([new(Role.User, "u"), new(Role.Assistant, "a")], addGenerationPrompt: false), Is.EqualTo("[INST] u [/INST] a </s>"));

    [TestCase("<|user|> <|end|> <|assistant|>", "phi-3")]
    [TestCase("<|im_start|> <|im_end|> <|endoftext|>", "chatml")]
    [TestCase("<|start_header_id|> <|eot_id|>", "llama-3")]
    [TestCase("<|prompter|> <|assistant|>", "open-assistant")]
    [TestCase("<s> </s>", "plain-hh")]
    public void The_markers_tell_the_template(string markers, string name) =>
        Assert.That(ChatTemplate.For(markers.Split(' ').Contains).Name, Is.EqualTo(name));
}
