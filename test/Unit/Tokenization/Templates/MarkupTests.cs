using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Texts marked safe; expected values by Jinja2 3.1.6.</summary>
public class MarkupTests
{
    [TestCase("('a\\nb'|safe)|indent~'<'", "a\n    b<")]
    [TestCase("('a'|safe)|title+'<'", "A<")]
    [TestCase("'&<>\\'\"'|e", "&amp;&lt;&gt;&#39;&#34;")]
    [TestCase("n|e", "7")]
    [TestCase("('<'|safe)|forceescape", "&lt;")]
    [TestCase("'&'|e|forceescape", "&amp;amp;")]
    [TestCase("('a'|safe).upper()+'<'", "A&lt;")]
    [TestCase("('<a>'|safe)|upper", "<A>")]
    [TestCase("('a'|safe)*2+'<'", "aa&lt;")]
    [TestCase("('a,b'|safe).split(',')|first+'<'", "a&lt;")]
    [TestCase("('a,b'|safe).partition(',')|first+'<'", "a&lt;")]
    [TestCase("('a\\nb'|safe).splitlines()|first+'<'", "a&lt;")]
    [TestCase("['a'|safe]", "[Markup('a')]")]
    [TestCase("('a'|safe)+1|string", "a1")]
    [TestCase("'<'~('>'|safe)", "<>")]
    [TestCase("('<'|e)~'<'", "&lt;<")]
    [TestCase("('a'|safe)=='a'", "True")]
    [TestCase("('abc'|safe)[1:]+'<'", "bc&lt;")]
    [TestCase("('abcd'|safe)[::2]+'<'", "ac&lt;")]
    [TestCase("('abc'|safe)|reverse+'<'", "cba&lt;")]
    [TestCase("('a'|safe)|replace('a','<')", "<")]
    [TestCase("('<'|safe)|trim+'<'", "<&lt;")]
    [TestCase("('ab'|safe)|truncate(1,true,'',0)+'<'", "a&lt;")]
    [TestCase("'a'|safe", "a")]
    public void What_is_added_to_a_safe_text_is_escaped(string expression, string expected) => Assert.That(Rendering.Value(expression), Is.EqualTo(expected));
}
