using Alignment.Files;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Pre-tokenizers by hand; the words are those of the expressions they stand for.</summary>
public class WordSplitTests
{
    [TestCase("Hello world's we've I'm you're he'd they'll can't", "Hello| world|'s| we|'ve| I|'m| you|'re| he|'d| they|'ll| can|'t")]
    [TestCase("'S 'x '", "'|S| '|x| '")]
    [TestCase("'rex've'l", "'re|x|'ve|'|l")]
    [TestCase("a  b   c", "a| | b|  | c")]
    [TestCase("a \n b", "a| \n| b")]
    [TestCase("a\n\nb  ", "a|\n|\n|b|  ")]
    [TestCase("  ", "  ")]
    [TestCase(" ", " ")]
    [TestCase(" a", " a")]
    [TestCase("12ab34!?", "12|ab|34|!?")]
    [TestCase(" 12 !! é²", " 12| !!| é|²")]
    [TestCase("\ta\t\tb", "\t|a|\t|\t|b")]
    [TestCase("a😀😀 😀b𐐀", "a|😀😀| 😀|b𐐀")]
    public void Words_are_those_of_GPT_2(string text, string words) => Assert.That(Words(text, WordSplit.First), Is.EqualTo(words));

    [TestCase("Hello WORLD'S we'VE i'm 'X ' '", "Hello| WORLD|'S| we|'VE| i|'m| '|X| '| '")]
    [TestCase("'re'LL'd't", "'re|'LL|'d|'t")]
    [TestCase("a\n\n b \n  c", "a|\n\n| b| \n| | c")]
    [TestCase("!!\n\nb ?\r\n", "!!\n\n|b| ?\r\n")]
    [TestCase("(a) \"b\" -c", "(a|)| \"|b|\"| -|c")]
    [TestCase("\ta \t b\u00A0c", "\ta| \t| b|\u00A0c")]
    [TestCase("\na\r\nb", "\n|a|\r\n|b")]
    [TestCase("a   ", "a|   ")]
    [TestCase("  \n  ", "  \n|  ")]
    [TestCase("  1", " | |1")]
    [TestCase("x12345y 6", "x|1|2|3|4|5|y| |6")]
    [TestCase("\u3000!", "\u3000|!")]
    [TestCase(" 😀é", " 😀|é")]
    [TestCase("𝟘😀😀!\n", "𝟘|😀😀!\n")]
    public void Words_are_those_of_Qwen2(string text, string words) => Assert.That(Words(text, TiktokenSplit.Qwen2), Is.EqualTo(words));

    [TestCase("1234567 89", "123|456|7| |89")]
    [TestCase("12a", "12|a")]
    public void Llama_3_takes_three_digits_at_a_time(string text, string words) => Assert.That(Words(text, TiktokenSplit.Llama3), Is.EqualTo(words));

    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    [Test]
    public void Mixtures_are_split_as_by_the_expressions()
    {
        string[] parts = [" ", " ", "\n", "\r", "\t", "'", "s", "LL", "re", "V", "e", "é", "漢", "𐐀", "1", "²", "٣", "𝟘", "!", "-", "\u0301", "😀", "\u00A0", "\u3000"];
        SeededRandom random = new(7, "test/words");
        foreach ((string pattern, FirstWord first) in new[] { (Gpt2Pattern, (FirstWord)WordSplit.First), (TiktokenSplit.Qwen2Pattern, TiktokenSplit.Qwen2), (TiktokenSplit.Llama3Pattern, TiktokenSplit.Llama3) })
        {
            OnigExpression expression = new(pattern);
            for (int i = 0; i < 2000; i++)
            {
                string text = string.Concat(Enumerable.Range(0, random.NextInt(12)).Select(_ => parts[random.NextInt(parts.Length)]));
                List<(int Start, int End)> matches = [];
                expression.Matches(text, matches);
                Assert.That(Words(text, first), Is.EqualTo(string.Join('|', matches.Select(match => text[match.Start..match.End]))), text);
            }
        }
    }

    private static string Words(string text, FirstWord first)
    {
        List<string> words = [];
        for (int at = 0; at < text.Length; at += words[^1].Length)
            words.Add(text.Substring(at, first(text.AsSpan(at))));
        return string.Join('|', words);
    }
}
