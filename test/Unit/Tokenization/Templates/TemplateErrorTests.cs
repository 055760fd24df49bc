using Alignment.Tokenization.Templates;
using Alignment.Tokenization.Templates.Values;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>One sentence with the template's name and line.</summary>
public class TemplateErrorTests
{
    [TestCase("a\n{{ x.y }}", "test.jinja, line 2: 'x' is undefined")]
    [TestCase("{{ n }}\n\n{% if messages[0].tools.x %}{% endif %}", "test.jinja, line 3: 'dict object' has no attribute 'tools'")]
    [TestCase("{{ l[5].x }}", "test.jinja, line 1: list object has no element 5")]
    [TestCase("{{ 1 + none }}", "test.jinja, line 1: unsupported operand types for +: 'int' and 'NoneType'")]
    [TestCase("{{ 'a' + l }}", "test.jinja, line 1: unsupported operand types for +: 'str' and 'list'")]
    [TestCase("{{ 1 / 0 }}", "test.jinja, line 1: division by zero")]
    [TestCase("{{ 'a' < 1 }}", "test.jinja, line 1: unsupported operand types for <: 'str' and 'int'")]
    [TestCase("{{ [1, 'a'] | sort }}", "test.jinja, line 1: unsupported operand types for <: 'str' and 'int'")]
    [TestCase("{{ [{'b': 1}, {'b': 2}] | groupby('k', none) }}", "test.jinja, line 1: 'dict object' has no attribute 'k'")]
    [TestCase("{{ l | groupby('k') }}", "test.jinja, line 1: 'int object' has no attribute 'k'")]
    [TestCase("{{ l | indent }}", "test.jinja, line 1: indent() needs a str, not list")]
    [TestCase("{{ n() }}", "test.jinja, line 1: 'int' object is not callable")]
    [TestCase("{% for i in n %}{% endfor %}", "test.jinja, line 1: 'int' object is not iterable")]
    [TestCase("{% for a, b in [[1, 2, 3]] %}{% endfor %}", "test.jinja, line 1: too many values to unpack (expected 2)")]
    [TestCase("{{ l.append(1) }}", "test.jinja, line 1: access to attribute 'append' of 'list' object is unsafe.")]
    [TestCase("{{ d.update({}) }}", "test.jinja, line 1: access to attribute 'update' of 'dict' object is unsafe.")]
    [TestCase("{{ ''.__class__.mro() }}", "test.jinja, line 1: access to attribute '__class__' of 'str' object is unsafe.")]
    [TestCase("{% set d.b = 2 %}", "test.jinja, line 1: cannot assign attribute on non-namespace object")]
    [TestCase("{{ n | nothing }}", "test.jinja, line 1: No filter named 'nothing'.")]
    [TestCase("{% for i in [] %}\n{{ i is nothing }}{% endfor %}", "test.jinja, line 2: No test named 'nothing'.")]
    [TestCase("{% macro m(a) %}{% endmacro %}\n{{ m(1, 2) }}", "test.jinja, line 2: macro 'm' takes not more than 1 argument(s)")]
    [TestCase("{{ s.replace('a') }}", "test.jinja, line 1: replace() missing 1 required argument: 'new'")]
    [TestCase("{{ d | tojson(spaces=2) }}", "test.jinja, line 1: tojson() got an unexpected keyword argument 'spaces'")]
    [TestCase("{% include 'other' %}", "test.jinja, line 1: the tag 'include' is not supported: a chat template is one file and writes plain text")]
    [TestCase("\n{% nothing %}", "test.jinja, line 2: Encountered unknown tag 'nothing'.")]
    [TestCase("{% if t %}\n{% for i in l %}\n", "test.jinja, line 2: the template ends where 'else' or 'endfor' is wanted; the block began in line 2")]
    [TestCase("{{ n", "test.jinja, line 1: a tag does not end in '}}'")]
    [TestCase("{{ (1 }}", "test.jinja, line 1: unexpected '}', expected ')'")]
    [TestCase("{{ 'a }}", "test.jinja, line 1: unexpected char \"'\": a text does not end in it")]
    [TestCase("{{ 0e0_n }}", "test.jinja, line 1: expected '}}', got '_n'")]
    [TestCase("{{ 0_n }}", "test.jinja, line 1: expected '}}', got '_n'")]
    [TestCase("{{ 0x_n }}", "test.jinja, line 1: expected '}}', got 'x_n'")]
    [TestCase("{{ n }} {{ n %}", "test.jinja, line 1: unexpected '}'")]
    [TestCase("{% if n n %}{% endif %}", "test.jinja, line 1: expected '%}', got 'n'")]
    [TestCase("{% macro %}{% endmacro %}", "test.jinja, line 1: expected a name, got '%}'")]
    [TestCase("{{ n ? 1 }}", "test.jinja, line 1: unexpected char '?'")]
    [TestCase("a {# b", "test.jinja, line 1: Missing end of comment tag")]
    [TestCase("{% break %}", "test.jinja, line 1: 'break' outside loop")]
    [TestCase("a\r\nb\r{{ x.y }}", "test.jinja, line 3: 'x' is undefined")]
    public void An_error_names_template_line_and_cause(string template, string message) => Assert.That(Rendering.Error(template), Is.EqualTo(message));

    [Test]
    public void What_the_template_raises_is_told_apart_and_kept_word_for_word()
    {
        TemplateException raised = Assert.Throws<TemplateException>(() => Rendering.Of("{% if t %}\n{{ raise_exception('Roles must alternate: ' ~ l) }}{% endif %}"))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(raised.Fault, Is.EqualTo("Roles must alternate: [3, 1, 2]"));
            Assert.That(raised.IsRaised);
            Assert.That(raised.Message, Is.EqualTo("test.jinja, line 2: Roles must alternate: [3, 1, 2]"));
            Assert.That(Assert.Throws<TemplateException>(() => Rendering.Of("{{ 1 / 0 }}"))!.IsRaised, Is.False);
        }
    }

    [Test]
    public void A_filter_that_is_unknown_matters_behind_a_condition_only_where_it_is_run()
    {
        Assert.That(Rendering.Of("{% if not t %}{{ n | nothing }}{% endif %}{{ (n | nothing) if not t else 5 }}"), Is.EqualTo("5"));
        Assert.That(Rendering.Error("{% if t %}{{ n | nothing }}{% endif %}"), Does.EndWith("No filter named 'nothing'."));
        Assert.That(Rendering.Error("{% if t %}{{ n is nothing }}{% endif %}"), Does.EndWith("No test named 'nothing'."));
    }

    [Test]
    public void A_date_has_to_be_given() => Assert.That(() => JinjaTemplate.Parse("{{ strftime_now('%Y') }}", "t").Render(new Dictionary<string, Value>()),
        Throws.TypeOf<TemplateException>().With.Message.EqualTo("t, line 1: strftime_now needs a date, and none was given: \"templateDate\" in the recipe gives one"));
}
