using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Functions that every template finds; expected values by Jinja2 3.1.6.</summary>
public class FunctionTests
{
    [TestCase("range(3)[3]", "")]
    [TestCase("range(3)[-3]", "0")]
    [TestCase("range(0,10,3)[2]", "6")]
    [TestCase("range(10,0,-3)|length", "4")]
    [TestCase("range(9,0,-3)|length", "3")]
    [TestCase("range(10,0,3)|list", "[]")]
    [TestCase("range(0,10,-1)|list", "[]")]
    [TestCase("range(0,9,3)|list", "[0, 3, 6]")]
    [TestCase("range(0,10,3)|list", "[0, 3, 6, 9]")]
    [TestCase("range(0)|length", "0")]
    [TestCase("range(1,2)|length", "1")]
    [TestCase("range(2,8)|list", "[2, 3, 4, 5, 6, 7]")]
    [TestCase("range(8,2,-2)|list", "[8, 6, 4]")]
    [TestCase("range(5,2)", "range(5, 2)")]
    [TestCase("range(-3)", "range(0, -3)")]
    [TestCase("(range(3) and 1) or 2", "1")]
    [TestCase("(range(0) and 1) or 2", "2")]
    [TestCase("range(3)[true]", "1")]
    [TestCase("dict()", "{}")]
    [TestCase("dict([[1,2]])", "{1: 2}")]
    [TestCase("dict(('ab','cd'))", "{'a': 'b', 'c': 'd'}")]
    [TestCase("dict(a=1)['a']", "1")]
    [TestCase("dict({'a':1},a=2)", "{'a': 2}")]
    [TestCase("dict(d.items())|length", "3")]
    [TestCase("namespace([('a',1)]).a", "1")]
    [TestCase("namespace()", "<Namespace {}>")]
    [TestCase("namespace(a=1)['a']", "1")]
    [TestCase("namespace(a=namespace(b=2)).a.b", "2")]
    [TestCase("cycler('a').next()", "a")]
    [TestCase("cycler('a','b').current", "a")]
    [TestCase("joiner()()", "")]
    [TestCase("strftime_now('%Y')", "2026")]
    [TestCase("[range]|length", "1")]
    [TestCase("range(*[1,3])|list", "[1, 2]")]
    [TestCase("dict(**{'a':1})", "{'a': 1}")]
    [TestCase("dict(a=1,**{'b':2})", "{'a': 1, 'b': 2}")]
    [TestCase("dict(*[[(1,2)]],**{'b':2})", "{1: 2, 'b': 2}")]
    [TestCase("range(100000)|length", "100000")]
    public void A_function_gives_what_it_does_in_Jinja(string expression, string expected) => Assert.That(Rendering.Value(expression), Is.EqualTo(expected));
}
