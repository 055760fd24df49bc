using System.Text;
using System.Text.Json;
using Alignment.Tokenization;
using Alignment.Tokenization.Templates;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class TemplateJinjaTests
{
    private string _folder = null!;

    [SetUp]
    public void NewFolder() => _folder = Directory.CreateTempSubdirectory("template-jinja").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_text_is_what_transformers_runs()
    {
        Assert.That(TemplateJinja.Of(ChatTemplate.Phi3), Is.EqualTo(
            "{% for message in messages %}"
            + "{% if message['role'] == 'system' %}{{ '<|system|>\\n' + message['content'] + '<|end|>\\n' }}"
            + "{% elif message['role'] == 'user' %}{{ '<|user|>\\n' + message['content'] + '<|end|>\\n' }}"
            + "{% elif message['role'] == 'assistant' %}{{ '<|assistant|>\\n' + message['content'] + '<|end|>\\n' }}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ '<|endoftext|>' }}{% endif %}"));
        Assert.That(TemplateJinja.Of(ChatTemplate.Llama2), Does.StartWith("{% if bos_token %}{{ bos_token }}{% endif %}")
            .And.Contain("{{ ('' if not loop.first and loop.previtem['role'] == 'system' else "
                + "('<s>[INST] ' if not loop.first and loop.previtem['role'] == 'assistant' else '[INST] ')) + message['content'] + ' [/INST]' }}"));
    }

    [TestCaseSource(nameof(Names))]
    public void A_folder_with_the_text_tells_the_template_it_was_made_of(string name)
    {
        ChatTemplate template = ChatTemplate.Known.Single(known => known.Name == name);
        string end = template.EndTokens.FirstOrDefault(token => token == "<|endoftext|>") ?? template.EndTokens[0];
        string json = Encoding.UTF8.GetString(TokenizerJsonText.ByteLevel); // has markers of Phi-3, and <|endoftext|>
        if (end != "<|endoftext|>")
            json = json.Replace(JsonSerializer.Serialize("<|end|>"), JsonSerializer.Serialize(end), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json);
        File.WriteAllText(Path.Combine(_folder, TemplateJinja.FileName), TemplateJinja.Of(template));
        ToldTemplate told = ToldTemplate.Load(_folder, null, "-p:Template=NAME");
        Assert.That((told.Tokenizer.Template, told.By), Is.EqualTo((template, TemplateJinja.FileName)));
    }

    [TestCaseSource(nameof(Names))]
    public void Jinja_writes_what_the_template_writes(string name)
    {
        ChatTemplate template = ChatTemplate.Known.Single(known => known.Name == name);
        JinjaTemplate jinja = JinjaTemplate.Parse(template.Jinja, name);
        foreach (TemplateProbe probe in TemplateProbe.All)
        {
            JsonElement given = JsonSerializer.SerializeToElement(new
            {
                messages = probe.Turns.Select(turn => new { role = turn.Role.ToString().ToLowerInvariant(), content = turn.Text }),
                add_generation_prompt = probe.IsPrompt,
                bos_token = "<s>",
            });
            Assert.That(jinja.Render(JsonValues.Members(given)), Is.EqualTo((template.UsesBos ? "<s>" : "") + template.Render(probe.Turns, probe.IsPrompt)), probe.What);
        }
    }

    [Test]
    public void What_a_recipe_gives_becomes_the_default_of_the_text()
    {
        TemplateSettings settings = new() { Variables = """{"a":null,"b":[1,"x"],"c":{"d":true,"e":[]},"f":"it's \"q\"\n","g":1.5}""" };
        string text = TemplateJinja.WithDefaults("{{ [a, b, c, f, g] }}", settings);
        Assert.That(text, Does.StartWith("{%- if a is not defined or a is none %}{%- set a = none %}{%- endif %}\n{%- if b is not defined or b is none %}{%- set b = [1, \"x\"] %}{%- endif %}\n"));
        Assert.That(Render(text, new { }), Is.EqualTo("[None, [1, 'x'], {'d': True, 'e': []}, 'it\\'s \"q\"\\n', 1.5]"));
        Assert.That(Render(text, new { g = 2, b = (string?)null }), Does.EndWith(", 2]").And.StartWith("[None, [1, 'x'], "), "what is given comes first, and nothing is as good as not given");
        Assert.That(TemplateJinja.WithDefaults("x", new()), Is.EqualTo("x"));
    }

    [Test]
    public void Quotes_backslashes_and_line_ends_are_written_as_they_are()
    {
        ChatTemplate template = ChatTemplate.Phi3 with { User = "it's \\n\n", Tool = "\"t\"", SystemEnd = "'", ConversationEnd = "" };
        Message[] turns = [new(Role.System, "s"), new(Role.User, "u"), new(Role.Tool, "t")];
        Assert.That(Render(template.Jinja, new { messages = turns.Select(turn => new { role = turn.Role.ToString().ToLowerInvariant(), content = turn.Text }) }),
            Is.EqualTo("<|system|>\ns'it's \\n\nu<|end|>\n\"t\"t<|end|>\n"));
        Assert.That(template.Jinja, Does.EndWith("{% else %}{% endif %}"), "nothing is written for nothing");
    }

    private static string Render(string jinja, object given) => JinjaTemplate.Parse(jinja, "t").Render(JsonValues.Members(JsonSerializer.SerializeToElement(given)));

    private static IEnumerable<string> Names => ChatTemplate.Known.Select(template => template.Name);
}
