using System.Text.Json;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public sealed class TemplateSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void The_file_of_its_own_comes_first_then_the_tokenizer_s_and_the_processor_s_configuration()
    {
        Assert.That(TemplateSource.Read(_folder.Path), Is.Null);
        Write("chat_template.json", """{"chat_template":"c"}""");
        Assert.That(TemplateSource.Read(_folder.Path), Is.EqualTo(new TemplateSource("chat_template.json", "c")));
        Write("tokenizer_config.json", """{"chat_template":"b"}""");
        Assert.That(TemplateSource.Read(_folder.Path), Is.EqualTo(new TemplateSource("tokenizer_config.json", "b")));
        Write("chat_template.jinja", "a");
        Directory.CreateDirectory(_folder.File("additional_chat_templates"));
        Write("additional_chat_templates/tool_use.jinja", "t");
        Assert.That(TemplateSource.Read(_folder.Path), Is.EqualTo(new TemplateSource("chat_template.jinja", "a")));
        Assert.That(TemplateSource.Read(_folder.Path, withTools: true)!.Text, Is.EqualTo("t"));
    }

    [Test]
    public void Of_several_the_default_is_taken_and_with_tools_the_one_for_them()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template":[{"name":"tool_use","template":"t"},{"name":"default","template":"d"}]}""");
        Assert.That((TemplateSource.Read(folder.Path)!.Text, TemplateSource.Read(folder.Path, withTools: true)!.Text), Is.EqualTo(("d", "t")));
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template":[{"name":"x","template":"t"},{"name":"rag","template":"d"}]}""");
        Assert.That(() => TemplateSource.Read(folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{folder.File("tokenizer_config.json")}: $.chat_template names x, rag; which one is used is not said: name one \"default\""));
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template":[{"name":"x"}]}""");
        Assert.That(() => TemplateSource.Read(folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{folder.File("tokenizer_config.json")} is no tokenizer configuration this code can run: $.chat_template must be a text or a list of objects of name and template"));
        File.WriteAllText(folder.File("tokenizer_config.json"), "{");
        Assert.That(() => TemplateSource.Read(folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{folder.File("tokenizer_config.json")} is not JSON: "));
    }

    [Test]
    public void Without_both_files_special_tokens_are_those_of_the_ids_in_config_json()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), """{"bos_token_id":1,"eos_token_id":[2,3],"pad_token_id":null,"unk_token_id":9}""");
        Assert.That(SpecialTokens.Read(folder.Path), Is.Empty, "no tokenizer.json");
        File.WriteAllText(folder.File("tokenizer.json"), """{"added_tokens":[{"id":1,"content":"<s>"},{"id":2,"content":"</s>"},{"id":3,"content":"<x>"},4]}""");
        Assert.That(SpecialTokens.Read(folder.Path), Is.EquivalentTo(new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" }));
        File.WriteAllText(folder.File("config.json"), """{"bos_token_id":1,"eos_token_id":[]}""");
        File.WriteAllText(folder.File("tokenizer.json"), """{"others":[{"id":1,"content":"<o>"}],"added_tokens":[{"id":1,"content":"<s>"}]}""");
        Assert.That(SpecialTokens.Read(folder.Path), Is.EqualTo(new Dictionary<string, string> { ["bos_token"] = "<s>" }));
        File.WriteAllText(folder.File("tokenizer.json"), """{"others":[{"id":1,"content":"<o>"}],"added_tokens":5}""");
        Assert.That(SpecialTokens.Read(folder.Path), Is.Empty, "no list");
        File.WriteAllText(folder.File("special_tokens_map.json"), "{}");
        Assert.That(SpecialTokens.Read(folder.Path), Is.Empty, "a file that says nothing says that there is none");
    }

    [Test]
    public void Special_tokens_are_those_of_the_configuration_and_what_it_does_not_say_of_the_map()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), JsonSerializer.Serialize(new
        {
            bos_token = (string?)null,
            eos_token = new { content = "</s>" },
            add_bos_token = true,
            extra_special_tokens = new { image_token = "<img>" },
        }));
        File.WriteAllText(folder.File("special_tokens_map.json"), """{"bos_token":"<s>","eos_token":"<other>","additional_special_tokens":["<x>"]}""");
        Assert.That(SpecialTokens.Read(folder.Path), Is.EquivalentTo(new Dictionary<string, string> { ["eos_token"] = "</s>", ["image_token"] = "<img>", ["bos_token"] = "<s>" }));
    }

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);
}
