using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>SentencePiece's table of characters; the texts are those of Hugging Face tokenizers.</summary>
public class CharacterMapTests
{
    private static readonly CharacterMap s_map = new(SmallCharacterMap.Write(
        ("ﬁ", "fi"), ("\u3000", " "), ("\u0001", ""), ("①", "1"), ("e\u0301", "é"), ("\r", "R"), ("x", "y"), ("𝟘", "0")));

    [TestCase("ﬁn①\u3000𝟘", "fin1 0")]
    [TestCase("a\u0001b", "ab")]
    [TestCase("e\u0301\u0301", "é")] // a grapheme of five bytes is one for its beginning
    [TestCase("e\u0301\u0301\u0301", "e\u0301\u0301\u0301")] // and one of seven goes by its characters
    [TestCase("x\u0301", "y")]
    [TestCase("ex", "ey")]
    [TestCase("a\r\nb\rc", "aRbRc")]
    [TestCase("日本", "日本")]
    [TestCase("", "")]
    public void A_grapheme_is_written_as_the_table_says(string text, string normal) => Assert.That(s_map.Apply(text), Is.EqualTo(normal));

    [TestCase(0), TestCase(3), TestCase(40)]
    public void A_table_that_is_cut_is_refused(int length) => Assert.That(() => new CharacterMap(SmallCharacterMap.Write(("ﬁ", "fi")).AsSpan(0, length)),
        Throws.TypeOf<FormatException>().With.Message.EqualTo("is no table of characters, or cut"));

    [Test]
    public void A_damaged_table_maps_something_or_nothing()
    {
        Random random = new(1);
        byte[] table = SmallCharacterMap.Write(("ﬁ", "fi"), ("①", "1"), ("\u3000", " "));
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. table];
            for (int count = random.Next(1, 6); count > 0; count--)
                damaged[random.Next(4, damaged.Length)] = (byte)random.Next(256);
            Assert.That(new CharacterMap(damaged).Apply("aﬁ①\u3000"), Is.Not.Null);
        }
    }
}
