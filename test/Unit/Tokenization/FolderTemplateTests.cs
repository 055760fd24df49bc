using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class FolderTemplateTests
{
    private const string Loop = "{% for message in messages %}", EndLoop = "{% endfor %}";

    private const string ChatMl = Loop + "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' -}}" + EndLoop
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private const string Llama3 = "{% set loop_messages = messages %}" + Loop + "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
        + " + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}" + EndLoop
        + "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}";

    private const string Llama2 = "{% if messages[0]['role'] == 'system' %}{% set system = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}{% endif %}" + Loop
        + "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}"
        + "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + message['content'].strip() + ' [/INST]' }}"
        + "{% else %}{{ ' ' + message['content'].strip() + ' ' + eos_token }}{% endif %}" + EndLoop;

    [TestCase("chatml", ChatMl), TestCase("llama-3", Llama3), TestCase("llama-2", Llama2)]
    [TestCase("mistral", "{{ bos_token }}" + Loop + "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
        + "{{ message['content'] + eos_token }}{% endif %}" + EndLoop)]
    [TestCase("zephyr", Loop + "\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n"
        + "{{ '<|system|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n"
        + "{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n" + EndLoop)]
    [TestCase("open-assistant", Loop + "{% if message.role == 'user' %}\n<|prompter|>{{ message.content }}<|endoftext|>{% elif message.role == \"system\" %}<|system|>{{ message.content }}<|endoftext|>"
        + "{# an aside #}{% else %}<|assistant|>{{ message.content + eos_token }}{% endif %}" + EndLoop)]
    public void A_template_with_the_texts_of_a_known_one_is_that_one(string name, string jinja)
    {
        ChatTemplate known = Known(name);
        var folder = new FolderTemplate("chat_template.jinja", jinja) { EndToken = known.ConversationEnd.Length > 0 ? known.ConversationEnd : known.EndTokens[0] };
        Assert.That(folder.DifferenceTo(known), Is.Null);
        Assert.That((folder with { EndToken = null }).DifferenceTo(known), Is.Null);
        Assert.That(ChatTemplate.Known.Where(other => other.Name != name).Select(folder.DifferenceTo), Is.All.Not.Null);
    }

    [TestCase("chatml", "{%- if messages[0]['role'] != 'system' %}{{- '<|im_start|>system\\nYou are Q, a helpful assistant.<|im_end|>\\n' }}{%- endif %}" + ChatMl,
        "writes \"<|im_start|>system\\nYou are Q, a helpful assistant.<|im_end|>\\n\", which chatml does not")]
    [TestCase("llama-2", "{{ bos_token }}" + Loop + "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}{{ message['content'] + eos_token }}{% endif %}" + EndLoop,
        "does not write \"[INST] <<SYS>>\\n\", which llama-2 does")]
    [TestCase("phi-3", "{{ bos_token }}" + Loop + "{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}" + EndLoop + "{{ '<|assistant|>\\n' if add_generation_prompt else eos_token }}",
        "writes bos_token, which phi-3 does not")]
    [TestCase("phi-3", Loop + "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}" + EndLoop + "{{ '<|assistant|>' if add_generation_prompt else eos_token }}",
        "does not write \"<|system|>\\n\", which phi-3 does")]
    public void The_first_text_that_only_one_of_them_writes_is_shown(string name, string jinja, string difference) =>
        Assert.That(new FolderTemplate("chat_template.jinja", jinja).DifferenceTo(Known(name)), Is.EqualTo(difference));

    [Test]
    public void A_folder_tells_its_template_by_its_own_text_and_else_by_its_markers()
    {
        using TemporaryFolder folder = Folder();
        Assert.That(Told(folder), Is.EqualTo(("phi-3", "the tokenizer's markers")));
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template":"{{ '<|im_start|>' }}"}""");
        Assert.That(() => Told(folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{folder.Path}: the chat template cannot be told: "
            + "tokenizer_config.json writes \"<|im_start|>\", which phi-3 does not; name the one to train with by -p:Template=, one of "
            + "phi-3, chatml, llama-2, mistral, zephyr, llama-3, open-assistant, plain-hh"));
        File.WriteAllText(folder.File("chat_template.jinja"), ChatMl.Replace("im_start", "user", StringComparison.Ordinal));
        Assert.That(() => Told(folder), Throws.TypeOf<InvalidDataException>().With.Message.Contain("chat_template.jinja writes \"<|user|>\\n\"").Or.Message.Contain("chat_template.jinja writes"));
        Assert.That(ToldTemplate.Load(folder.Path, ChatTemplate.Phi3, "-p:Template=") is { } named ? (named.Tokenizer.Template.Name, named.By) : default,
            Is.EqualTo(("phi-3", "-p:Template=")));
    }

    [TestCase("\"</s>\""), TestCase("""{"content":"</s>","special":true}""")]
    public void The_end_token_of_the_configuration_is_what_eos_token_writes(string token)
    {
        using TemporaryFolder folder = Folder();
        File.WriteAllText(folder.File("tokenizer_config.json"), $"{{\"eos_token\":{token}}}");
        File.WriteAllText(folder.File("chat_template.jinja"), Loop + "{{ '<|user|>\n<|system|>\n<|assistant|>\n' + message['content'] + eos_token }}\n" + EndLoop);
        FolderTemplate template = FolderTemplate.Read(folder.Path)!;
        Assert.That(template.EndToken, Is.EqualTo("</s>"));
        Assert.That(template.DifferenceTo(ChatTemplate.Phi3), Does.StartWith("writes \"<|user|>\\n<|system|>"));
        Assert.That((template with { Text = Loop + "{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token }}\n" + EndLoop }).DifferenceTo(ChatTemplate.Phi3),
            Is.EqualTo("does not write \"<|end|>\\n\", which phi-3 does"));
    }

    [Test]
    public void A_folder_or_file_that_tells_none_is_refused()
    {
        using TemporaryFolder folder = Folder();
        Dictionary<string, int> plain = SmallVocabulary.Vocabulary();
        foreach (string marker in new[] { "<|user|>", "<|assistant|>", "<|end|>" })
            plain.Remove(marker);
        File.WriteAllBytes(folder.File("vocab.json"), System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(plain));
        Assert.That(() => Told(folder), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{folder.Path}: the chat template cannot be told: there is no chat template, and no markers of a known one are among the tokenizer's tokens; "));
        string model = folder.File("tokenizer.model");
        File.WriteAllBytes(model, SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        Assert.That(() => ToldTemplate.Load(model, null, "-p:Template="), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{model}: the chat template cannot be told: no folder tells a chat template; "));
        Assert.That(ToldTemplate.Load(model, ChatTemplate.PlainHh, "the recipe").Tokenizer.Template, Is.EqualTo(ChatTemplate.PlainHh));
    }

    private static ChatTemplate Known(string name) => ChatTemplate.Known.Single(known => known.Name == name);

    private static (string, string) Told(TemporaryFolder folder) =>
        ToldTemplate.Load(folder.Path, null, "-p:Template=") is { } told ? (told.Tokenizer.Template.Name, told.By) : default;

    private static TemporaryFolder Folder()
    {
        var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("vocab.json"), System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(SmallVocabulary.Vocabulary()));
        File.WriteAllText(folder.File("merges.txt"), SmallVocabulary.Merges);
        return folder;
    }
}
