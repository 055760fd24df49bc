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
    [TestCase("a+?", "aaa", "a|a|a")]
    [TestCase("a*?b", "aab", "aab")]
    [TestCase("xa??b", "xabxb", "xab|xb")]
    [TestCase("(?:ab|c)+d", "abcd", "abcd")]
    [TestCase(@"(?<!x)\d", "x1y2", "2")]
    [TestCase("(?!b)[a-c]", "abc", "a|c")]
    [TestCase("(?>a+)b", "aab", "aab")]
    [TestCase("a{2}", "aaaa", "aa|aa")]
    [TestCase("a{2,}", "a aaa", "aaa")]
    [TestCase(@"\r|\n|\t", "a\r\n\tb", "\r|\n|\t")]
    [TestCase(@"\.\*\\", @"a.*\", @".*\")]
    [TestCase(@"\S+", "a b\u00A0c", "a|b|c")]
    [TestCase(@"\s+", "a \t\u3000b", " \t\u3000")]
    [TestCase(@"\d+", "1²٣ 4", "1|٣|4")]
    [TestCase(@"\D+", "a1b", "a|b")]
    [TestCase(@"\P{L}+", "a1😀b", "1😀")]
    [TestCase(@"[\p{Lu}\d]+", "aB1c", "B1")]
    [TestCase("[^a-c]+", "axyb", "xy")]
    [TestCase(@"[a\-]+", "a-b", "a-")]
    [TestCase("[a-]+", "a-b", "a-")]
    [TestCase(@"[\n\]]", "\n]", "\n|]")]
    [TestCase("(?i:[ab]-)+", "A-b-c", "A-b-")]
    [TestCase("(?i:a)b", "AbAB", "Ab")]
    [TestCase("(a)(?i:b)c", "aBc", "aBc")]
    [TestCase("a*+b", "aab", "aab")]
    [TestCase("(ab)++", "ababc", "abab")]
    [TestCase("x|", "ax", "|x")]
    [TestCase("[&]&", "&&", "&&")]
    [TestCase(".", "\r\n", "\r")]
    [TestCase(@"\d++1|\d", "11", "1|1")]
    [TestCase(".++b|b", "ab", "b")]
    [TestCase("a++a|c", "aac", "c")]
    [TestCase("(?i:(?i:a)b)", "AB", "AB")]
    [TestCase("[a-a]+", "aab", "aa")]
    [TestCase("[a]", "aA", "a")]
    [TestCase("(?i:]a)", "]A", "]A")]
    [TestCase("(?i:k)", "\u212Ak", "\u212A|k")]
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
    [TestCase("a$", "$ is not read")]
    [TestCase(@"a\b", @"\b is not read")]
    [TestCase("{2}", "{2} is not read")]
    [TestCase("a{", "{ is not read")]
    [TestCase("a{x}", "{x} is not read")]
    [TestCase("a{}", "{} is not read")]
    [TestCase("a{1x}", "{1x} is not read")]
    [TestCase("a(?", "(? is not read")]
    [TestCase("[", "[ is not read")]
    [TestCase(@"\h{L}", @"\h is not read")]
    [TestCase("a{1,2,3}", "{1,2,3} is not read")]
    [TestCase("a{12345}", "{12345} is not read")]
    [TestCase("a{,2}", "{,2} is not read")]
    [TestCase("a{1,x}", "{1,x} is not read")]
    [TestCase("a{1}?", "{1}? is not read")]
    [TestCase("a**", "* is not read")]
    [TestCase("a|*", "* is not read")]
    [TestCase("(*a)", "*a) is not read")]
    [TestCase("[]", "[] is not read")]
    [TestCase("[^]", "[^] is not read")]
    [TestCase("[a", "[a is not read")]
    [TestCase("[z-a]", "a range that ends in a class is not read")]
    [TestCase(@"[a-\d]", "a range that ends in a class is not read")]
    [TestCase("[😀]", "a character beyond U+FFFF is not read")]
    [TestCase("(?i:é)", "é inside (?i: is not read")]
    [TestCase("(?i:[a-z])", "a-z inside (?i: is not read")]
    [TestCase("(?i:[é])", "é-é inside (?i: is not read")]
    [TestCase("(?P<n>a)", "(?P< is not read")]
    [TestCase("(?", "(? is not read")]
    [TestCase("a\\", "\\ is not read")]
    [TestCase("[a\\", "\\ is not read")]
    [TestCase(@"\p", @"\p is not read")]
    [TestCase(@"\pL", @"\p is not read")]
    [TestCase(@"\p{}", @"\p{} is not read")]
    [TestCase(@"\p{Foo}", @"\p{Foo} is not read")]
    [TestCase(@"\u0041", @"\u is not read")]
    [TestCase("[ɐ-\uFFFE]", "it names every character of category UppercaseLetter")]
    public void What_would_not_run_exactly_is_named(string pattern, string message) =>
        Assert.That(() => new OnigExpression(pattern), Throws.TypeOf<NotSupportedException>().With.Message.EqualTo(message));

    [TestCase("L Lu Ll Lt Lm Lo", "Aaǅʰª"), TestCase("M Mn Mc Me", "\u0301\u093E\u20DD"), TestCase("N Nd Nl No", "5Ⅷ²"), TestCase("P Pc Pd Ps Pe Pi Pf Po", "_-()«»!")]
    [TestCase("S Sm Sc Sk So", "+€^©"), TestCase("Z Zs Zl Zp", "\u00A0\u2028\u2029")]
    public void A_category_is_read(string names, string text)
    {
        string[] all = names.Split(' ');
        Assert.That(all.Select(name => Found($@"\p{{{name}}}", text)), Is.EqualTo(text.Select(c => $"{c}").Prepend(text)), "all, and one of each");
    }

    // a character that stands for those beyond U+FFFF must be none that the expression names
    [TestCase("[b-d]x", "bcdx"), TestCase(@"\.\n", ".\n"), TestCase("(?i:k)", "k"), TestCase(@"[\-q]\p{Lu}", "-q"), TestCase("ab+", "ab")]
    public void An_expression_names_its_literals_and_ranges(string pattern, string named) =>
        Assert.That(string.Concat(Enumerable.Range(0, 0x100).Select(c => (char)c).Where(OnigTranslation.Of(pattern).Names).Order()), Is.EqualTo(string.Concat(named.Order())));

    // as long as an array that is lent may be
    [TestCase(1), TestCase(14), TestCase(15), TestCase(16), TestCase(31), TestCase(32)]
    public void Half_a_surrogate_pair_is_one_character(int length)
    {
        List<(int Start, int End)> found = [];
        new OnigExpression("a+").Matches("\uD83D" + new string('a', length), found);
        Assert.That(found, Is.EqualTo(new[] { (1, length + 1) }));
    }

    private static string Found(string pattern, string text)
    {
        List<(int Start, int End)> found = [];
        new OnigExpression(pattern).Matches(text, found);
        return string.Concat(found.Select(match => text[match.Start..match.End]));
    }
}
