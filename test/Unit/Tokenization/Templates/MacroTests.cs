using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Macros and call blocks; expected texts by Jinja2 3.1.6.</summary>
public class MacroTests
{
    [TestCase("{% macro m() %}a{% endmacro %}{{ m() }}{{ m.name }}{{ m.arguments }}{{ m.catch_varargs }}{{ m.catch_kwargs }}{{ m.caller }}", "am()FalseFalseFalse")]
    [TestCase("{% macro m(a, b=1) %}{{ varargs }}{{ kwargs }}{{ caller() }}{% endmacro %}{{ m.arguments }}{{ m.catch_varargs }}{{ m.catch_kwargs }}{{ m.caller }}", "('a', 'b')TrueTrueTrue")]
    [TestCase("{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}{{ m() }}", "111243")]
    [TestCase("{% macro m(a='x', b='y') %}{{ a }}{{ b }}{% endmacro %}{{ m(b=1) }}{{ m(1) }}", "x11y")]
    [TestCase("{% macro m(a) %}{{ varargs|length }}{% endmacro %}{{ m() }}{{ m(1) }}{{ m(1, 2, 3) }}", "002")]
    [TestCase("{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(x=1) }}{{ m() }}", "{'x': 1}{}")]
    [TestCase("{% macro m(kwargs) %}{{ kwargs }}{% endmacro %}{{ m(1) }}", "1")]
    [TestCase("{% macro m(varargs) %}{{ varargs }}{% endmacro %}{{ m(1) }}", "1")]
    [TestCase("{% macro m(caller=none) %}{% if caller %}{{ caller() }}{% else %}-{% endif %}{% endmacro %}{{ m() }}{% call m() %}x{% endcall %}", "-x")]
    [TestCase("{% macro m() %}{% if caller %}{{ caller() }}{% else %}-{% endif %}{% endmacro %}{{ m() }}{% call m() %}x{% endcall %}", "-x")]
    [TestCase("{% macro m(a) %}{{ a }}{{ caller(1, b=2) }}{% endmacro %}{% call(c, b) m(5) %}<{{ c }}{{ b }}>{% endcall %}", "5<12>")]
    [TestCase("{% macro m() %}{{ caller(1) }}{{ caller(2) }}{% endmacro %}{% call(i=0) m() %}{{ i }}{% endcall %}", "12")]
    [TestCase("{% macro m() %}{% set z = 1 %}{{ z }}{% endmacro %}{{ m() }}{{ z }}", "1")]
    [TestCase("{% macro m() %}{{ n }}{% endmacro %}{% with n = 1 %}{{ m() }}{{ n }}{% endwith %}", "71")]
    [TestCase("{% macro m(x) %}{% if x %}{{ m(x - 1) }}{{ x }}{% endif %}{% endmacro %}{{ m(3) }}", "123")]
    [TestCase("{% macro m() %}<b>{% endmacro %}{{ m()|upper }}{{ m()|length }}{{ m() ~ 1 }}", "<B>3<b>1")]
    [TestCase("{% macro m() %}{% endmacro %}{{ m is callable }}{{ m() == '' }}", "TrueTrue")]
    [TestCase("{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}", "iFalse")]
    public void A_macro_writes_what_it_does_in_Jinja(string template, string expected) => Assert.That(Rendering.Of(template), Is.EqualTo(expected));
}
