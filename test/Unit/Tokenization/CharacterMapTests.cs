using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>SentencePiece's table of characters; the texts are those of Hugging Face tokenizers.</summary>
public class CharacterMapTests
{
    private static CharacterMap Map => new(SmallCharacterMap.Write(
        ("ﬁ", "fi"), ("\u3000", " "), ("\u0001", ""), ("①", "1"), ("e\u0301", "é"), ("\r", "R"), ("x", "y"), ("𝟘", "0"), ("a\u0300", "à")));

    [TestCase("ﬁn①\u3000𝟘", "fin1 0")]
    [TestCase("a\u0001b", "ab")]
    [TestCase("e\u0301\u0301", "é")] // a grapheme of five bytes is one for its beginning
    [TestCase("e\u0301\u0301\u0301", "e\u0301\u0301\u0301")] // and one of seven goes by its characters
    [TestCase("x\u0301", "y")]
    [TestCase("ex", "ey")]
    [TestCase("a\r\nb\rc", "aRbRc")]
    [TestCase("日本", "日本")]
    [TestCase("\u0300", "\u0300")]
    [TestCase("a\u0300", "à")]
    [TestCase("①\u20DD", "1\u20DD")] // six bytes
    [TestCase("", "")]
    public void A_grapheme_is_written_as_the_table_says(string text, string normal) => Assert.That(Map.Apply(text), Is.EqualTo(normal));

    [TestCase(0), TestCase(3), TestCase(40)]
    public void A_table_that_is_cut_is_refused(int length) => Assert.That(() => new CharacterMap(SmallCharacterMap.Write(("ﬁ", "fi")).AsSpan(0, length)),
        Throws.TypeOf<FormatException>().With.Message.EqualTo("is no table of characters, or cut"));

    // the length of the units, which are 32 bits each, and at least one
    [TestCase(new byte[] { 0, 0, 0, 0, 1, 2, 3, 4 }), TestCase(new byte[] { 6, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }), TestCase(new byte[] { 4, 0, 0, 0, 1, 2, 3 })]
    public void A_table_whose_length_cannot_be_is_refused(byte[] table) =>
        Assert.That(() => new CharacterMap(table), Throws.TypeOf<FormatException>().With.Message.EqualTo("is no table of characters, or cut"));

    [TestCase("ab", "Bb"), TestCase("\0a\0", "\0B\0"), TestCase("aé日", "Bé日")]
    public void A_table_maps_its_keys_and_nothing_else(string text, string normal) => Assert.That(Table(0, "B\0"u8).Apply(text), Is.EqualTo(normal));

    // where a text begins and ends among the texts
    [TestCase(1, "B"), TestCase(2, ""), TestCase(3, "a"), TestCase(0x7FFFFFFF, "a")]
    public void A_text_ends_at_a_zero_byte_or_with_the_table_and_one_behind_it_is_none(int start, string normal) => Assert.That(Table((uint)start, "-B"u8).Apply("a"), Is.EqualTo(normal));

    [Test]
    public void A_key_whose_text_stands_behind_the_units_has_none() => Assert.That(Table(0, "B\0"u8, leaf: (256 ^ 'a') ^ ((256 ^ 'a') + 1)).Apply("a"), Is.EqualTo("a"));

    [Test]
    public void A_table_of_nothing_changes_nothing() => Assert.That(new CharacterMap([4, 0, 0, 0, 0, 0, 0, 0]).Apply("a\0é"), Is.EqualTo("a\0é"));

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

    // the key "a" by hand: the root's offset is 1 in steps of 256, that of the key's unit 1
    private static CharacterMap Table(uint value, ReadOnlySpan<byte> texts, int leaf = 1)
    {
        uint[] units = new uint[(256 ^ 'a') + 1];
        units[0] = (1 << 10) | 0x200;
        units[256 ^ 'a'] = ((uint)leaf << 10) | 0x100 | 'a';
        units[256 ^ 'a' ^ 1] = 0x80000000 | value;
        return new([.. BitConverter.GetBytes(4 * units.Length), .. units.SelectMany(unit => BitConverter.GetBytes(unit)), .. texts]);
    }
}
