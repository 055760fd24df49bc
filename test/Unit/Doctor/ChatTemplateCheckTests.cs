using Alignment.Doctor;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class ChatTemplateCheckTests
{
    private const string Phi3 = "{% for m in messages %}{{'<|' + m['role'] + '|>\\n' + m['content'] + '<|end|>\\n'}}{% endfor %}{{ '<|assistant|>\\n' if add_generation_prompt else eos_token }}";
    private const string Phi3Escaped = "{% for m in messages %}{{'<|' + m['role'] + '|>\\\\n' + m['content'] + '<|end|>\\\\n'}}{% endfor %}{{ '<|assistant|>\\\\n' if add_generation_prompt else eos_token }}";

    [Test]
    public void A_folder_without_one_is_noted() => Check("config.json", "{}", ChatTemplate.Phi3,
        "      the folder brings no chat template; phi-3 is used");

    [TestCase("chat_template.jinja", Phi3)]
    [TestCase("tokenizer_config.json", "{\"chat_template\":\"" + Phi3Escaped + "\"}")]
    [TestCase("tokenizer_config.json", "{\"chat_template\":[{\"name\":\"tools\",\"template\":\"\"},{\"name\":\"default\",\"template\":\"" + Phi3Escaped + "\"}]}")]
    public void The_same_texts_are_fine(string file, string content) => Check(file, content, ChatTemplate.Phi3,
        $"ok    the folder's chat template ({file}) and phi-3 write the same texts");

    [Test]
    public void Another_template_is_a_warning_with_the_first_difference() => Check("chat_template.jinja", Phi3, ChatTemplate.ChatMl,
        "warn  the folder's chat template (chat_template.jinja) writes \"<|end|>\\n\", which chatml does not: use the one the model was trained with");

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
