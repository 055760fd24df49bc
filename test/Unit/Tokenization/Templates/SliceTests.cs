using Alignment.Tokenization.Templates.Values;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Parts of texts, lists and ranges; expected values by Jinja2 3.1.6.</summary>
public class SliceTests
{
    [TestCase("😀a", 0, 5, "😀a"), TestCase("😀a", 1, 1, "a"), TestCase("a😀b", 1, 1, "😀"), TestCase("😀", 4, 1, ""), TestCase("ab", 1, 9, "b")]
    public void Code_points_end_with_their_text(string text, int from, int count, string slice) => Assert.That(CodePoints.Slice(text, from, count), Is.EqualTo(slice));

    [TestCase("l[-1:]", "[2]")]
    [TestCase("l[:1]", "[3]")]
    [TestCase("l[1:2]", "[1]")]
    [TestCase("l[2:0:-1]", "[2, 1]")]
    [TestCase("l[10:]", "[]")]
    [TestCase("l[:10]", "[3, 1, 2]")]
    [TestCase("l[-10:2]", "[3, 1]")]
    [TestCase("l[-10:-5]", "[]")]
    [TestCase("l[::-2]", "[2, 3]")]
    [TestCase("l[:0:-1]", "[2, 1]")]
    [TestCase("l[-1::-1]", "[2, 1, 3]")]
    [TestCase("l[5::-1]", "[2, 1, 3]")]
    [TestCase("l[:-5:-1]", "[2, 1, 3]")]
    [TestCase("l[-5::-1]", "[]")]
    [TestCase("l[0:0]", "[]")]
    [TestCase("l[::10**30]", "[3]")]
    [TestCase("l[::-(10**30)]", "[2]")]
    [TestCase("l[10**30:]", "[]")]
    [TestCase("l[:2:1]", "[3, 1]")]
    [TestCase("l[none:none:none]", "[3, 1, 2]")]
    [TestCase("l[true:]", "[1, 2]")]
    [TestCase("(1,2,3)[1:]", "(2, 3)")]
    [TestCase("(1,2,3)[::2]", "(1, 3)")]
    [TestCase("'abc'[::2]", "ac")]
    [TestCase("'a😀b'[::-1]", "b😀a")]
    [TestCase("'a😀b'[0:2]", "a😀")]
    [TestCase("'abc'[2:1]", "")]
    [TestCase("'abc'[5:]", "")]
    [TestCase("''[::-1]", "")]
    [TestCase("range(10)[::-1]", "range(9, -1, -1)")]
    [TestCase("range(10)[2:8:3]|list", "[2, 5]")]
    [TestCase("range(10)[8:2:-3]|list", "[8, 5]")]
    [TestCase("range(5)[10:]|list", "[]")]
    [TestCase("range(10,0,-3)[1:3]", "range(7, 1, -3)")]
    public void A_part_is_that_of_Python(string expression, string expected) => Assert.That(Rendering.Value(expression), Is.EqualTo(expected));
}
