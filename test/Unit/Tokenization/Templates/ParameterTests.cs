using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Parameters of functions, filters, tests and methods by their names, and what is said where there are too many.</summary>
public class ParameterTests
{
    [TestCase("range(start=1, stop=9, step=4)|list", "[1, 5]")]
    [TestCase("'x'|int(default=3)", "3")]
    [TestCase("'x'|float(default=3)", "3")]
    [TestCase("2.345|round(precision=1)", "2.3")]
    [TestCase("d|dictsort(case_sensitive=true)|map('first')|join", "Cab")]
    [TestCase("l|slice(slices=2, fill_with=0)|list", "[[3, 1], [2, 0]]")]
    [TestCase("words|unique(case_sensitive=true)|join", "bAcaB")]
    [TestCase("'a'|replace(old='a', new='b')", "b")]
    [TestCase("'a\\nb'|indent(width=2)", "a\n  b")]
    [TestCase("'hello wide world'|truncate(length=9, killwords=true, leeway=0)", "hello ...")]
    [TestCase("'xax'.strip(chars='x')", "a")]
    [TestCase("'aa'.replace(old='a', new='b', count=1)", "ba")]
    [TestCase("'ab'.removeprefix(prefix='a') ~ 'ab'.removesuffix(suffix='b')", "ba")]
    [TestCase("'a'.center(width=3, fillchar='*')", "*a*")]
    [TestCase("'a,b'.split(sep=',')", "['a', 'b']")]
    [TestCase("'a,b,c'.partition(sep=',') ~ 'a,b,c'.rpartition(sep=',')", "('a', ',', 'b,c')('a,b', ',', 'c')")]
    [TestCase("'-'.join(iterable=['a', 'b'])", "a-b")]
    [TestCase("'abc'.startswith(prefix='b', start=1, end=2) ~ 'abc'.endswith(prefix='c', start=1, end=2)", "TrueFalse")]
    [TestCase("'abcb'.find(sub='b', start=2, end=4) ~ 'abcb'.rfind(sub='b', start=0, end=3)", "31")]
    [TestCase("'abcb'.count(sub='b', start=2, end=4)", "1")]
    [TestCase("d.get(key='zz', default=5)", "5")]
    [TestCase("l.index(value=1) ~ l.count(value=1)", "11")]
    [TestCase("4 is divisibleby(num=2)", "True")]
    [TestCase("1 is in(seq=l)", "True")]
    public void They_have_names(string expression, string expected) => Assert.That(Rendering.Value(expression), Is.EqualTo(expected));

    [TestCase("joiner(1, 2)", "joiner", 1, 2)]
    [TestCase("1|int(1, 2, 3)", "int", 2, 3)]
    [TestCase("1|float(1, 2)", "float", 1, 2)]
    [TestCase("1|round(1, 'common', 2)", "round", 2, 3)]
    [TestCase("[1]|sum(1, 2, 3)", "sum", 2, 3)]
    [TestCase("d|dictsort(1, 2, 3, 4)", "dictsort", 3, 4)]
    [TestCase("l|min(1, 2, 3)", "min", 2, 3)]
    [TestCase("l|max(1, 2, 3)", "max", 2, 3)]
    [TestCase("l|slice(1, 2, 3)", "slice", 2, 3)]
    [TestCase("l|unique(1, 2, 3)", "unique", 2, 3)]
    [TestCase("'a'|replace(1, 2, 3, 4)", "replace", 3, 4)]
    [TestCase("'a'|indent(1, 2, 3, 4)", "indent", 3, 4)]
    [TestCase("'a'|truncate(1, 2, 3, 4, 5)", "truncate", 4, 5)]
    [TestCase("1 is divisibleby(1, 2)", "divisibleby", 1, 2)]
    [TestCase("1 is sameas(1, 2)", "sameas", 1, 2)]
    [TestCase("1 is in(1, 2)", "in", 1, 2)]
    [TestCase("1 is le(1, 2)", "le", 1, 2)]
    [TestCase("1 is ge(1, 2)", "ge", 1, 2)]
    [TestCase("1 is lt(1, 2)", "lt", 1, 2)]
    [TestCase("1 is gt(1, 2)", "gt", 1, 2)]
    [TestCase("[1]|select('<=', 1, 2)|list", "<=", 1, 2)]
    [TestCase("[1]|select('>=', 1, 2)|list", ">=", 1, 2)]
    public void Too_many_are_told_with_the_name_of_what_was_called(string expression, string name, int most, int given) => Assert.That(
        Rendering.Error($"{{{{ {expression} }}}}"), Is.EqualTo($"test.jinja, line 1: {name}() takes at most {most} arguments ({given} given)"));

    [TestCase("true", "bool"), TestCase("cycler(1)", "Cycler"), TestCase("namespace()", "Namespace"), TestCase("(l|map('string'))", "generator"), TestCase("('a'|safe)", "Markup")]
    public void A_value_that_cannot_be_called_is_named(string value, string kind) => Assert.That(Rendering.Error($"{{{{ {value}() }}}}"), Is.EqualTo($"test.jinja, line 1: '{kind}' object is not callable"));

    [TestCase("range", "<function range>"), TestCase("joiner()", "<function joiner>"), TestCase("cycler(1)", "<Cycler>"), TestCase("l|reverse", "<generator object>")]
    [TestCase("l|map('string')|reverse", "['2', '1', '3']"), TestCase("x|reverse", "[]")]
    public void A_value_without_a_text_of_its_own_is_shown_by_its_kind(string expression, string expected) => Assert.That(Rendering.Value(expression), Is.EqualTo(expected));
}
