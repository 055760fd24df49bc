using System.Text.Json;
using Alignment.Harness;
using Alignment.Tests.Unit.Mutations;
using Alignment.Tokenization.Templates;
using Alignment.Tokenization.Templates.Values;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Damaged templates: each renders or gives one error that names it.</summary>
public class TemplateMutationTests
{
    private const string Turns = """
        {%- set ns = namespace(last=-1, tools=[]) %}{% macro shown(content, width=4) %}{{ content | trim | indent(width) }}{% endmacro %}
        {%- for message in messages[::-1] if message.role == "user" and ns.last < 0 %}{% set ns.last = messages | length - loop.index %}{% endfor %}
        {{- bos_token }}
        {%- for message in messages %}
            {%- if message['role'] not in ('user', 'assistant') %}{{ raise_exception('No ' ~ message.role) }}
            {%- elif message.content is string and '</think>' in message.content %}
                {{- message.content.split('</think>', 1)[-1].lstrip('\n') }}
            {%- else %}{{ shown(message.content, width=2 * loop.index0) ~ '%s/%d' % (loop.index, loop.length) }}
            {%- endif %}
        {%- endfor %}
        {% generation %}{{ tools | tojson(indent=2) if tools is defined else [1, 2.5, none] | map('string') | join(', ') }}{% endgeneration %}
        {# the end #}{% for a in range(3) %}{% for b in 'abc' * a %}{{ b | upper }}{% if loop.last %}{% break %}{% endif %}{% endfor %}{% endfor %}
        {{ "{:>6.2f}".format(7 / 3) }} {{ 2 ** 10 // 3 % 7 }} {{ strftime_now("%d %b %Y") if add_generation_prompt }}
        """;

    private const string Conversation = """
        {"messages": [{"role": "user", "content": "Hello\n there"}, {"role": "assistant", "content": "<think>a</think>\nyes 😀"}, {"role": "user", "content": " more "}],
         "add_generation_prompt": true, "tools": [{"name": "f", "parameters": {"x": [1, 2, null]}}], "bos_token": "<s>"}
        """;

    [Test]
    public void Damaged_templates_neither_crash_nor_hang_nor_grow()
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"mutated-{TestContext.CurrentContext.Test.ID}.jinja");
        File.WriteAllText(path, Turns);
        IReadOnlyDictionary<string, Value> variables = JsonValues.Members(JsonDocument.Parse(Conversation).RootElement);
        try
        {
            new MutationRun(path, typeof(TemplateException)) { Garbage = 2L << 30 }.Read(Parameters.IsTrue("Scale") ? 10_000 : 1_000, () =>
                JinjaTemplate.Parse(File.ReadAllText(path), Path.GetFileName(path)).Render(variables, new DateTime(2026, 3, 5)).Length * 0);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
