using Alignment.Doctor;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class ChatTemplateCheckTests
{
    private const string Phi3 = "{% for m in messages %}{{'<|user|>\\n' + m['content'] + '<|end|>\\n<|assistant|>\\n'}}{% endfor %}";

    [Test]
    public void A_folder_without_one_is_noted() => Check("config.json", "{}", ChatTemplate.Phi3,
        "      the folder brings no chat template; phi-3 is used");

    [TestCase("chat_template.jinja", Phi3)]
    [TestCase("tokenizer_config.json", """{"chat_template":"{{ m }}<|end|>"}""")]
    [TestCase("tokenizer_config.json", """{"chat_template":[{"name":"default","template":"{{ m }}<|end|>"}]}""")]
    public void The_same_end_of_a_turn_is_fine(string file, string content) => Check(file, content, ChatTemplate.Phi3,
        "ok    the folder's chat template writes <|end|>; phi-3 ends turns with <|end|>");

    [Test]
    public void The_variable_of_the_end_token_is_fine() => Check("chat_template.jinja", "{{ m + eos_token }}", ChatTemplate.OpenAssistant,
        "ok    the folder's chat template writes eos_token; open-assistant ends turns with <|endoftext|>");

    [Test]
    public void Another_end_of_a_turn_is_a_warning() => Check("chat_template.jinja", Phi3, ChatTemplate.ChatMl,
        "warn  the folder's chat template does not write <|im_end|>, with which chatml ends turns: use the one the model was trained with");

    [Test]
    public void A_template_that_marks_no_turns_beside_one_that_does_is_a_warning() => Check("chat_template.jinja", Phi3, ChatTemplate.PlainHh,
        "warn  the folder brings a chat template, and plain-hh is used, which marks no turns: use the one the model was trained with");

    [Test]
    public void A_broken_tokenizer_config_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), "{");
        Assert.That(() => ChatTemplateCheck.Of(folder.Path, ChatTemplate.Phi3),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{folder.File("tokenizer_config.json")} is not JSON: "));
    }

    private static void Check(string file, string content, ChatTemplate template, string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(file), content);
        Assert.That(ChatTemplateCheck.Of(folder.Path, template).ToString(), Is.EqualTo(line));
    }
}
