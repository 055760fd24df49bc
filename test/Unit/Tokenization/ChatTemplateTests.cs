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

    // a system turn, a question, a call, what the function answered, and the end
    [TestCase("plain-hh", "\n\nSystem: s\n\nHuman: u\n\nAssistant: a\n\nTool: t\n\nAssistant: b")]
    [TestCase("phi-3", "<|system|>\ns<|end|>\n<|user|>\nu<|end|>\n<|assistant|>\na<|end|>\n<|assistant|>\nb<|end|>\n<|endoftext|>")]
    [TestCase("chatml", "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n<|im_start|>tool\nt<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n")]
    [TestCase("llama-2", "[INST] <<SYS>>\ns\n<</SYS>>\n\nu [/INST] a </s> b </s>")]
    [TestCase("mistral", "[INST] u [/INST]a</s>b</s>")]
    [TestCase("zephyr", "<|system|>\ns</s>\n<|user|>\nu</s>\n<|assistant|>\na</s>\n<|assistant|>\nb</s>\n")]
    [TestCase("llama-3", "<|start_header_id|>system<|end_header_id|>\n\ns<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\na<|eot_id|>"
        + "<|start_header_id|>tool<|end_header_id|>\n\nt<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nb<|eot_id|>")]
    [TestCase("open-assistant", "<|system|>s<|endoftext|><|prompter|>u<|endoftext|><|assistant|>a<|endoftext|><|assistant|>b<|endoftext|>")]
    public void A_whole_conversation_has_every_turn_that_the_template_writes(string name, string text)
    {
        Message[] turns = [new(Role.System, "s"), new(Role.User, "u"), new(Role.Assistant, "a"), new(Role.Tool, "t"), new(Role.Assistant, "b")];
        ChatTemplate template = Known(name);
        WrittenConversation written = template.Write(turns, addGenerationPrompt: false);
        Assert.That(written.Text, Is.EqualTo(text));
        Assert.That(written.Messages.Select(place => text[place.From..place.To]), Is.EqualTo(turns.Where(turn => template.Has(turn.Role)).Select(turn => turn.Text)));
    }

    [TestCase("plain-hh", "</s> <|endoftext|> <eos>", true, false, "\n\nAssistant:")]
    [TestCase("phi-3", "<|end|>", false, true, "<|end|>\n<|assistant|>\n")]
    [TestCase("chatml", "<|im_end|>", false, true, "<|im_end|>\n<|im_start|>assistant\n")]
    [TestCase("llama-2", "</s>", true, false, " [/INST]")]
    [TestCase("mistral", "</s>", true, false, " [/INST]")]
    [TestCase("zephyr", "</s>", false, false, "</s>\n<|assistant|>\n")]
    [TestCase("llama-3", "<|eot_id|>", true, true, "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")]
    [TestCase("open-assistant", "<|endoftext|>", false, true, "<|endoftext|><|assistant|>")]
    public void A_template_says_what_ends_a_response_and_what_stands_before_it(string name, string ends, bool usesBos, bool needsMarkers, string before)
    {
        ChatTemplate template = Known(name);
        Assert.That((string.Join(' ', template.EndTokens), template.UsesBos, template.NeedsMarkers, template.BeforeResponse), Is.EqualTo((ends, usesBos, needsMarkers, before)));
    }

    [TestCase("phi-3", "phi-3"), TestCase("chatml", "chatml"), TestCase("zephyr", "zephyr"), TestCase("llama-3", "llama-3"), TestCase("open-assistant", "open-assistant")]
    [TestCase("plain-hh", "plain-hh"), TestCase("llama-2", "llama-2"), TestCase("mistral", "llama-2")]
    public void A_prompt_that_was_written_already_tells_its_template(string name, string told)
    {
        string prompt = Known(name).Render([new(Role.User, "u")], addGenerationPrompt: true);
        Assert.That(ChatTemplate.ThatWrote(prompt)?.Name, Is.EqualTo(told));
        Assert.That(ChatTemplate.ThatWrote(prompt + " \n")?.Name, Is.EqualTo(told), "white space at the end does not count");
        Assert.That(ChatTemplate.ThatWrote(prompt + "x"), Is.Null, "an answer has begun");
    }

    [TestCase("Human: what?"), TestCase("what?\n\nAssistant:"), TestCase("")]
    public void A_text_that_is_no_whole_prompt_is_of_no_template(string text) => Assert.That(ChatTemplate.ThatWrote(text), Is.Null);

    [Test]
    public void A_marker_that_is_missing_tells_no_template([Values("<|user|> <|end|>", "<|user|> <|assistant|>", "<|end|> <|assistant|>", "<|im_start|>", "<|im_end|>",
        "<|start_header_id|>", "<|eot_id|>", "<|prompter|>")] string markers) => Assert.That(ChatTemplate.For(markers.Split(' ').Contains), Is.EqualTo(ChatTemplate.PlainHh));

    [Test]
    public void A_part_of_a_conversation_keeps_the_places_of_its_messages()
    {
        WrittenConversation whole = new("<u>abc<a>de<e>", [(3, 6), (9, 11)]);
        Assert.That("<u>abc<a>de<e>".Select((_, at) => whole.IsMessage(at) ? 'x' : '.'), Is.EqualTo("...xxx...xx..."));
        Assert.That(Shown(whole.Part(4, 10)), Is.EqualTo("bc<a>d 0-2 5-6"));
        Assert.That(Shown(whole.Part(6, 9)), Is.EqualTo("<a>"), "what ends or begins at the border is outside");
        static string Shown(WrittenConversation part) => string.Join(' ', [part.Text, .. part.Messages.Select(place => $"{place.From}-{place.To}")]);
    }

    [TestCase("<|user|>", true), TestCase("<|endoftext|>", true), TestCase("<|end|>\n", true), TestCase("<|pad|>", false)]
    public void What_a_template_writes_is_known(string piece, bool writes) => Assert.That(ChatTemplate.Phi3.Writes(piece), Is.EqualTo(writes));

    private static ChatTemplate Known(string name) => ChatTemplate.Known.Single(template => template.Name == name);
}
