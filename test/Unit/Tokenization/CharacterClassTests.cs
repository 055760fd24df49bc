using System.Text;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class CharacterClassTests
{
    [TestCase("aZéßªʰ漢𐐀", nameof(CharacterClass.Letter))]
    [TestCase("09²½Ⅷ٣𝟘", nameof(CharacterClass.Number))]
    [TestCase(" \t\n\r\v\f\u0085\u00A0\u2028\u3000", nameof(CharacterClass.Space))]
    [TestCase("!_~\0\u001C\u0080\u0301\u200B😀€", nameof(CharacterClass.Other))]
    public void A_code_point_is_of_one_class(string text, string expected)
    {
        for (int at = 0, next; at < text.Length; at = next)
        {
            Assert.That($"{CharacterClasses.At(text, at, out next)}", Is.EqualTo(expected), $"U+{(int)text[at]:X4}");
            Assert.That(next - at, Is.EqualTo(char.IsHighSurrogate(text[at]) ? 2 : 1));
        }
    }

    // the borders of what looks like a letter, and what stands beside them
    [TestCase(new[] { 'a', 'é', 0x301, '5', 0x2167, '_', 0x203F, 0x200C, 0x200D, 0x24B6, 0x24E9, 0x1F130, 0x1F149, 0x1F150, 0x1F169, 0x1F170, 0x1F189 }, true)]
    [TestCase(new[] { '²', '½', '-', ' ', 0x200B, 0x200E, 0x24B5, 0x24EA, 0x1F12F, 0x1F14A, 0x1F14F, 0x1F16A, 0x1F16F, 0x1F18A }, false)]
    public void A_word_is_made_of_what_Rust_s_expressions_take_for_one(int[] points, bool expected) =>
        Assert.That(points.Where(point => CharacterClasses.IsOfWord(new Rune(point)) != expected).Select(point => $"U+{point:X4}"), Is.Empty);

    // punctuation since 2014 is none, what was it until then is, and the symbols of ASCII are
    [TestCase(new[] { '!', '$', '~', '_', '«', '…', '、', 0x203F, 0x2E42, 0x166D, 0x111C9, 0x10AF6 }, true)]
    [TestCase(new[] { 'a', ' ', '5', '€', '©', 0x2E43, 0x2E4F, 0x2E52, 0x2E5D, 0x61D, 0x9FD, 0x1E95E, 0x1E95F, 0x11EF7 }, false)]
    public void Punctuation_is_that_of_Unicode_8(int[] points, bool expected) =>
        Assert.That(points.Where(point => Punctuation.Is(new Rune(point)) != expected).Select(point => $"U+{point:X4}"), Is.Empty);
}
