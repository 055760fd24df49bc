using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>What would run for ever, fill memory or overflow the stack is refused.</summary>
public class TemplateBoundsTests
{
    private const long MostBytes = 2L << 30;

    [TestCase("{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}", "runs for more than 10000000 steps")]
    [TestCase("{{ range(1000000) }}", "Range too big. The sandbox blocks ranges larger than 100000.")]
    [TestCase("{{ 'a' * 1000000000 }}", "a text gets longer than 4000000 characters")]
    [TestCase("{{ [1] * 1000000000 }}", "a list gets longer than 100000 items")]
    [TestCase("{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}", "a text gets longer than 4000000 characters")]
    [TestCase("{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "a list gets longer than 100000 items")]
    [TestCase("{% set ns = namespace(x=[1]) %}{% for i in range(30) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}", "a text gets longer than 4000000 characters")]
    [TestCase("{% set ns = namespace(x=[1]) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}", "nested too deeply")]
    [TestCase("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "nested too deeply")]
    [TestCase("{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns.x | tojson }}", "Object of type Namespace is not JSON serializable")]
    [TestCase("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested too deeply")]
    [TestCase("{% for a in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}", "nested too deeply")]
    [TestCase("{{ 9 ** 99999 }}", "an int gets more than 4300 digits")]
    [TestCase("{{ 'ab'.replace('', 'x' * 3000000) }}", "a text gets longer than 4000000 characters")]
    [TestCase("{{ ('a' * 3000).replace('a', 'b' * 3000) }}", "a text gets longer than 4000000 characters")]
    [TestCase("{{ '%1000000000d' % 1 }}", "a format's width or precision is too large")]
    [TestCase("{{ '{:>9999999}'.format(1) }}", "a format's width or precision is too large")]
    [TestCase("{{ 'a'.center(1000000000) }}", "a text gets longer than 4000000 characters")]
    [TestCase("{{ ('\\n' * 2000000) | indent(1000, true, true) }}", "a text gets longer than 4000000 characters")]
    [TestCase("{% for a in range(99999) %}{{ 'a' * 1000 }}{% endfor %}", "a text gets longer than 4000000 characters")]
    [TestCase("{% for a in range(99999) %}{% set x = 'a' * 3000000 %}{% endfor %}", "runs for more than 10000000 steps")]
    [TestCase("{% set x = 'a' * 3000000 %}{% set y = x[:-1] ~ 'b' %}{% for a in range(99999) %}{% if x == y or x < y or 'b' in x %}{% endif %}{% endfor %}", "runs for more than 10000000 steps")]
    [TestCase("{% for a in range(50) %}{% set x = 'a' * 1000000 %}{% endfor %}", "runs for more than 10000000 steps")]
    public void A_template_without_end_is_refused(string template, string because)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Rendering.Error(template), Does.EndWith(because));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostBytes), "bytes allocated, garbage included");
    }

    [TestCase("(", ")")]
    [TestCase("[", "]")]
    [TestCase("-", "")]
    [TestCase("f(", ")")]
    [TestCase("l[", "]")]
    public void Expressions_in_expressions_have_a_deepest_level(string open, string close)
    {
        Assert.That(Rendering.Error("{{ " + Repeated(open, 20_000) + "1" + Repeated(close, 20_000) + " }}"), Does.EndWith("nested too deeply"));
        Assert.That(Rendering.Error("{% if " + Repeated("not ", 20_000) + "1 %}{% endif %}"), Does.EndWith("more than 200 operators in a row"));
    }

    [TestCase(" + 1"), TestCase(" or 1"), TestCase(" | abs"), TestCase(".real"), TestCase(" if 1")]
    public void A_chain_has_a_longest_length(string link) => Assert.That(Rendering.Error("{{ 1" + Repeated(link, 20_000) + " }}"), Does.EndWith("more than 200 operators in a row"));

    [TestCase("{% if t %}"), TestCase("{% for i in l %}"), TestCase("{% macro m() %}"), TestCase("{% filter upper %}")]
    public void Statements_in_statements_have_a_deepest_level(string open) => Assert.That(Rendering.Error(Repeated(open, 20_000)), Does.EndWith("nested too deeply"));

    // as far as it goes, and one more
    [TestCase("{{ ('a' * COUNT) | length }}", 4_000_000, "a text gets longer than 4000000 characters")]
    [TestCase("{{ ([1] * COUNT) | length }}", 100_000, "a list gets longer than 100000 items")]
    [TestCase("{{ range(COUNT) | length }}", 100_000, "Range too big. The sandbox blocks ranges larger than 100000.")]
    [TestCase("{{ (2 ** (COUNT - 1)) is integer }}", 14_000, "an int gets more than 4300 digits")]
    [TestCase("{{ ('%.COUNTf' % 1) | length }}", 1000, "a format's width or precision is too large")]
    [TestCase("{{ ('%COUNTs' % 'a') | length }}", 4_000_000, "a format's width or precision is too large")]
    [TestCase("{{ ('{:.COUNTf}'.format(1)) | length }}", 1000, "a format's width or precision is too large")]
    [TestCase("{% macro m(i) %}{% if i %}{{ m(i - 1) }}{% endif %}{% endmacro %}{{ m(COUNT - 1) }}", 100, "nested too deeply")]
    [TestCase("{% for a in [COUNT] recursive %}{% if a %}{{ loop([a - 1]) }}{% endif %}{% endfor %}", 100, "nested too deeply")]
    [TestCase("{% set x = 'a' * 1000 %}{% for i in range(COUNT) %}{{ x }}{% endfor %}", 4000, "a text gets longer than 4000000 characters")]
    [TestCase("{% set ns = namespace(x=[]) %}{% for i in range(COUNT - 1) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson | length }}", 100, "nested too deeply")]
    [TestCase("{% set ns = namespace(x=[]) %}{% for i in range(COUNT - 1) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | string | length }}", 100, "nested too deeply")]
    public void A_bound_is_reached_and_not_passed(string template, int most, string because)
    {
        Assert.That(Rendering.Error(Counted(most)), Does.StartWith("no error, but: "));
        Assert.That(Rendering.Error(Counted(most + 1)), Is.EqualTo($"test.jinja, line 1: {because}"));
        string Counted(int count) => template.Replace("COUNT", $"{count}", StringComparison.Ordinal);
    }

    [TestCase("{{ (1 }}", "(", ")", 98, "nested too deeply")]
    [TestCase("{{ - 1 }}", "- ", "", 98, "nested too deeply")]
    [TestCase("{{ not 1 }}", "not ", "", 200, "more than 200 operators in a row")]
    [TestCase("{{ 1 + 1 }}", "1 + ", "", 200, "more than 200 operators in a row")]
    [TestCase("{{ 1 or 1 }}", "1 or ", "", 200, "more than 200 operators in a row")]
    [TestCase("{{ 1 and 1 }}", "1 and ", "", 200, "more than 200 operators in a row")]
    [TestCase("{{ 1 | abs }}", "", " | abs", 199, "more than 200 operators in a row")]
    public void An_expression_is_as_deep_or_long_as_the_bound(string like, string before, string behind, int most, string because)
    {
        Assert.That(Rendering.Error(Repeating(most)), Does.StartWith("no error, but: "), like);
        Assert.That(Rendering.Error(Repeating(most + 1)), Is.EqualTo($"test.jinja, line 1: {because}"), like);
        string Repeating(int count) => $"{{{{ {Repeated(before, count)}1{Repeated(behind, count)} }}}}";
    }

    [TestCase("{% if t %}", "{% endif %}"), TestCase("{% for i in [1] %}", "{% endfor %}"), TestCase("{% with %}", "{% endwith %}")]
    public void Statements_stand_in_99_others(string open, string close)
    {
        Assert.That(Rendering.Of(Repeated(open, 99) + "x" + Repeated(close, 99)), Is.EqualTo("x"));
        Assert.That(Rendering.Error(Repeated(open, 100) + "x" + Repeated(close, 100)), Is.EqualTo("test.jinja, line 1: nested too deeply"));
    }

    // of each the next stands beside the one before, not in it
    [TestCase("{% if t %}x{% endif %}"), TestCase("{% macro m() %}x{% endmacro %}{{ m() }}"), TestCase("{{ -1 }}")]
    public void As_many_as_may_be_stand_beside_each_other(string one) => Assert.That(Rendering.Of(Repeated(one, 150)), Is.EqualTo(Repeated(Rendering.Of(one), 150)));

    [Test]
    public void A_name_stands_in_100_brackets_where_it_is_set()
    {
        Assert.That(Rendering.Of(Set(100)), Is.EqualTo("1"));
        Assert.That(Rendering.Error(Set(101)), Is.EqualTo("test.jinja, line 1: nested too deeply"));
        static string Set(int count) => $"{{% set {Repeated("(", count)}a{Repeated(")", count)} = 1 %}}{{{{ a }}}}";
    }

    [Test]
    public void A_conversation_of_a_million_characters_is_rendered() =>
        Assert.That(Rendering.Of("{% set long = 'word ' * 20000 %}{% for i in range(10) %}{{ long.replace('o', '0').strip() ~ '|' }}{% endfor %}"), Has.Length.EqualTo(1_000_000));

    private static string Repeated(string part, int count) => string.Concat(Enumerable.Repeat(part, count));
}
