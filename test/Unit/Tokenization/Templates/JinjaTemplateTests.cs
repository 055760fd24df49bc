using System.Text.Json;
using Alignment.Tokenization.Templates;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

public class JinjaTemplateTests
{
    [Test]
    public void JSON_is_a_value_of_a_template() => Assert.That(
        Written("{{ v }}", """{"v":{"a":[1,1.0,1e2,1E2,-5,-0.5,123456789012345678901234567890,true,false,null,"x"],"b":{}}}""").Text,
        Is.EqualTo("{'a': [1, 1.0, 100.0, 100.0, -5, -0.5, 123456789012345678901234567890, True, False, None, 'x'], 'b': {}}"));

    // those inside macros and filters write into a text of their own
    [TestCase("{% generation %}a{% endgeneration %}", "0")]
    [TestCase("ab{% generation %}c{% endgeneration %}d{% generation %}{% endgeneration %}", "2 4")]
    [TestCase("{% for i in [1, 2] %}{{ i }}{% generation %}x{% endgeneration %}{% endfor %}", "1 3")]
    [TestCase("{% filter upper %}{% generation %}x{% endgeneration %}{% endfilter %}", "")]
    [TestCase("{% macro m() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ m() }}", "")]
    public void Places_where_generation_begins_are_told(string template, string places) => Assert.That(string.Join(' ', Written(template, "{}").Generated), Is.EqualTo(places));

    [Test]
    public void A_template_is_rendered_again_as_if_for_the_first_time()
    {
        JinjaTemplate template = JinjaTemplate.Parse("{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "t");
        Assert.That(template.Name, Is.EqualTo("t"));
        for (int i = 0; i < 2; i++)
            Assert.That(template.Render(JsonValues.Members(JsonDocument.Parse("""{"l":[1,2]}""").RootElement)), Is.EqualTo("3"));
    }

    [Test]
    public void What_is_given_comes_before_a_function_of_the_same_name() => Assert.That(Written("{{ range }}{{ dict }}", """{"range":1,"dict":"x"}""").Text, Is.EqualTo("1x"));

    private static (string Text, IReadOnlyList<int> Generated) Written(string template, string variables) =>
        JinjaTemplate.Parse(template, "t").Write(JsonValues.Members(JsonDocument.Parse(variables).RootElement));
}
