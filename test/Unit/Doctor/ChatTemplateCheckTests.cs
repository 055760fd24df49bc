using Alignment.Doctor;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class ChatTemplateCheckTests
{
    private const string Phi3 = "{% for m in messages %}{{'<|' + m['role'] + '|>\\n' + m['content'] + '<|end|>\\n'}}{% endfor %}{{ '<|assistant|>\\n' if add_generation_prompt else '<|endoftext|>' }}";
    private const string WithoutTools = "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('none of that') }}{% endif %}{% endfor %}" + Phi3;

    [Test]
    public void A_folder_without_one_is_noted() => Check("{}", ChatTemplate.Phi3, "      the folder brings no chat template; phi-3 is used");

    [Test]
    public void One_that_writes_the_same_conversations_is_fine() => Check(Config(WithoutTools), ChatTemplate.Phi3,
        "ok    the folder's chat template (tokenizer_config.json) and phi-3 write the same texts");

    [Test]
    public void Another_template_is_a_warning_with_the_first_difference() => Check(Config(Phi3), ChatTemplate.ChatMl,
        "warn  the folder's chat template is another one: a prompt of one turn, character 2: tokenizer_config.json writes \"<|user|>\\nWhat is it?<|end|\", "
        + "chatml \"<|im_start|>user\\nWhat is i\": leave the template out to use the folder's own");

    [Test]
    public void The_folder_s_own_is_used_and_what_it_refuses_is_shown()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), Config(WithoutTools));
        FolderTemplate own = FolderTemplate.Read(folder.Path, new())!;
        Assert.That(ChatTemplateCheck.Of(folder.Path, own, new()).ToString(), Is.EqualTo("ok    the folder's chat template (tokenizer_config.json) is used; "
            + "it takes 6 of 7 kinds of conversation; a prompt that ends with a tool's turn: tokenizer_config.json, line 1: none of that"));
    }

    private static string Config(string template) => System.Text.Json.JsonSerializer.Serialize(new { chat_template = template });

    private static void Check(string config, ChatTemplate template, string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), config);
        Assert.That(ChatTemplateCheck.Of(folder.Path, template, new()).ToString(), Is.EqualTo(line));
    }
}
