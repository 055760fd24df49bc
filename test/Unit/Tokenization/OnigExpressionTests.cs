using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Expressions written for Oniguruma; the matches are its own.</summary>
public class OnigExpressionTests
{
    [TestCase(@"\p{L}+", "ab 𐐀𠀀c 1", "ab|𐐀𠀀c")]
    [TestCase(@"[^\s\p{L}]", "a😀\u0301 𝟘", "😀|\u0301|𝟘")]
    [TestCase(@"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))", "1234567", "1|234|567")]
    [TestCase(@"(?i:'s|'ll)", "'S'LL'ſ's", "'S|'LL|'ſ|'s")]
    [TestCase(@"'(?i:[sk]|re)", "'K'ſ'RE't", "'K|'ſ|'RE")]
    [TestCase(@"(?=B)|\d*", "1Ba", "1||")]
    [TestCase("[A-Za-z]++a|b", "aba b", "b|b")]
    [TestCase("[一-龥]+", "日本ab中", "日本|中")]
    [TestCase(@"(a|b){2}[\]\-]", "ab]ba-aa", "ab]|ba-")]
    [TestCase(@"(?<=x)\d", "x1y2", "1")]
    [TestCase("a.", "a\na😀", "a😀")]
    public void Matches_are_those_of_Oniguruma_over_code_points(string pattern, string text, string matches)
    {
        List<(int Start, int End)> found = [];
        new OnigExpression(pattern).Matches(text, found);
        Assert.That(string.Join('|', found.Select(match => text[match.Start..match.End])), Is.EqualTo(matches));
    }

    [TestCase(@"\w+", @"\w is not read")]
    [TestCase(@"\p{Han}", @"\p{Han} is not read")]
    [TestCase(@"a{2}+", "{2}+ is not read")]
    [TestCase("^a", "^ is not read")]
    [TestCase("[a[b]]", "[ inside a class is not read")]
    [TestCase("[a&&b]", "&& is not read")]
    [TestCase("(?m:a)", "(?m: is not read")]
    [TestCase(@"(a)\1", @"\1 is not read")]
    [TestCase("[a-", "[a- is not read")]
    [TestCase("(a", "a group is not closed")]
    [TestCase("a)", "a group is closed that was not opened")]
    [TestCase("*a", "*a is not read")]
    [TestCase("😀", "a character beyond U+FFFF is not read")]
    public void What_would_not_run_exactly_is_named(string pattern, string message) =>
        Assert.That(() => new OnigExpression(pattern), Throws.TypeOf<NotSupportedException>().With.Message.EqualTo(message));
}
