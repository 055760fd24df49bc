using System.Text.Json;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Which template is used, and what a folder's own template is given.</summary>
public sealed class ToldTemplateTests : IDisposable
{
    private const string All = "phi-3, chatml, llama-2, mistral, zephyr, llama-3, open-assistant, plain-hh";
    private const string Turns = "{% for m in messages %}<|user|>{{ m.content }}<|end|>{% endfor %}";
    private TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SetUp]
    public void Bring()
    {
        _folder.Dispose();
        _folder = new();
        SmallVocabulary.Write(_folder.Path);
    }

    [Test]
    public void A_model_file_has_the_template_that_is_named_and_no_other()
    {
        File.WriteAllBytes(_folder.File("tokenizer.model"), SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        string file = _folder.File("tokenizer.model");
        ToldTemplate told = ToldTemplate.Load(file, ChatTemplate.Mistral, "\"template\"");
        Assert.That((told.Tokenizer.Template, told.By, told.Difference), Is.EqualTo((ChatTemplate.Mistral, "\"template\"", (string?)null)));
        Assert.That(() => ToldTemplate.Load(file, null, "\"template\""), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file}: the chat template cannot be told: no folder tells a chat template; name the one to train with by \"template\", one of {All}"));
        Assert.That(() => ToldTemplate.Load(file, ChatTemplate.Phi3, "\"template\""), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file}: the vocabulary has none of the tokens that end a response of template phi-3: <|end|>; name the template that the model was trained with, or none where its folder tells its own"));
    }

    [Test]
    public void A_folder_without_template_and_markers_tells_none()
    {
        Dictionary<string, int> vocabulary = SmallVocabulary.Vocabulary();
        vocabulary.Remove("<|user|>");
        Write("vocab.json", JsonSerializer.Serialize(vocabulary));
        Assert.That(() => ToldTemplate.Load(_folder.Path, null, "-p:Template="), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder.Path}: the chat template cannot be told: there is no chat template, and no markers of a known one are among the tokenizer's tokens; name the one to train with by -p:Template=, one of {All}"));
    }

    [Test]
    public void A_choice_against_the_folder_s_own_template_is_told_with_what_is_wrong_with_that()
    {
        Assert.That(ToldTemplate.Load(_folder.Path, ChatTemplate.Phi3, "x").Difference, Is.Null, "the folder has none");
        Write("chat_template.jinja", ChatTemplate.Phi3.Jinja);
        Assert.That(ToldTemplate.Load(_folder.Path, ChatTemplate.Phi3, "x").Difference, Is.Null, "it has the same");
        Write("chat_template.jinja", ChatTemplate.Phi3.Jinja + "{{ x }}");
        Assert.That(ToldTemplate.Load(_folder.Path, ChatTemplate.Phi3, "x").Difference, Does.StartWith("a prompt that ends with a tool's turn: "), "the turns that both have are the same");
        Assert.That(ToldTemplate.Load(_folder.Path, ChatTemplate.Phi3, "x", new() { Variables = """{"x":"!"}""" }).Difference, Does.StartWith("a prompt of one turn, character "), "with what is given it does not");
        Write("chat_template.jinja", "{% include 'x' %}");
        Assert.That(ToldTemplate.Load(_folder.Path, ChatTemplate.Phi3, "x").Difference, Does.EndWith("the tag 'include' is not supported: a chat template is one file and writes plain text"));
    }

    [Test]
    public void A_template_finds_special_tokens_what_the_recipe_gives_and_nothing_for_tools_and_documents()
    {
        Write("tokenizer_config.json", """{"eos_token":"<|end|>","pad_token":"<|pad|>"}""");
        Write("chat_template.jinja", "{{ tools is none }}{{ documents is none }}{{ pad_token }}{{ x }}{{ eos_token }}" + Turns);
        TemplateSettings settings = new() { Variables = """{"x":5,"pad_token":"P"}""" };
        ToldTemplate told = ToldTemplate.Load(_folder.Path, null, "x", settings);
        Assert.That(told.Tokenizer.Template.Write([new(Role.User, "a")], addGenerationPrompt: true).Text, Is.EqualTo("TrueTrueP5<|end|><|user|>a<|end|>"));
        Assert.That(((FolderTemplate)told.Tokenizer.Template).EndToken, Is.EqualTo("<|end|>"));
    }

    [Test]
    public void With_tools_the_template_for_them_is_taken()
    {
        Write("tokenizer_config.json", JsonSerializer.Serialize(new { eos_token = "<|end|>", chat_template = new[] { new { name = "default", template = "d" + Turns }, new { name = "tool_use", template = "{{ tools }}" + Turns } } }));
        Assert.That(Begin(null), Is.EqualTo("d<|user|>a"));
        Assert.That(Begin("""{"tools":[1]}"""), Is.EqualTo("[1]<|user|"));
        Assert.That(() => Begin("""{"tools":null}"""), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith("tokenizer_config.json does not read templateVariables.tools: correct the name or leave it out"));
    }

    [Test]
    public void Whatever_may_change_a_text_changes_the_template_s_identity()
    {
        string[] identities =
        [
            Identity(Turns, "{}", null, "{}"), Identity(Turns + " ", "{}", null, "{}"), Identity("{# x #}" + Turns, """{"x":1}""", null, "{}"), Identity("{# x #}" + Turns, """{"x":2}""", null, "{}"),
            Identity("{# strftime_now #}" + Turns, "{}", new(2026, 1, 1), "{}"), Identity("{# strftime_now #}" + Turns, "{}", new(2026, 1, 2), "{}"),
            Identity(Turns, "{}", null, """{"bos_token":"<|pad|>"}"""), Identity(Turns, "{}", null, """{"pad_token":"<|pad|>"}"""),
        ];
        Assert.That(identities, Is.Unique);
        Assert.That(identities, Has.All.Match("^chat_template.jinja [0-9a-f]{16}$"));
        Assert.That(Identity(Turns, "{}", null, """{"a_token":"1","b_token":"2"}"""), Is.EqualTo(Identity(Turns, "{}", null, """{"b_token":"2","a_token":"1"}""")), "their order does not");
    }

    [TestCase("{}", null, "", false)]
    [TestCase("""{"a":1}""", null, """{"a":1}""", true)]
    [TestCase("{}", "2026-03-05", "the date 2026-03-05T00:00:00", true)]
    [TestCase("""{"a":1}""", "2026-03-05", """{"a":1}, the date 2026-03-05T00:00:00""", true)]
    public void What_is_given_is_said(string variables, string? date, string said, bool given)
    {
        TemplateSettings settings = new() { Variables = variables, Date = date == null ? null : DateTime.Parse(date, System.Globalization.CultureInfo.InvariantCulture) };
        Assert.That(($"{settings}", settings.AreGiven), Is.EqualTo((said, given)));
    }

    private string Begin(string? variables) => ToldTemplate.Load(_folder.Path, null, "x", variables == null ? null : new() { Variables = variables }).Tokenizer.Template
        .Write([new(Role.User, "a")], addGenerationPrompt: true).Text[..10];

    private string Identity(string jinja, string variables, DateTime? date, string config)
    {
        Write("chat_template.jinja", jinja);
        Write("special_tokens_map.json", config);
        return FolderTemplate.Read(_folder.Path, new() { Variables = variables, Date = date })!.Identity;
    }

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);
}
