using System.Text.Json;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Decoders of tokenizer.json whose pieces hold ▁; the texts are those of Hugging Face tokenizers.</summary>
public class PieceDecoderTests
{
    [TestCase("""{"type":"ByteFallback"}""", "a <0xE2> <0x82> <0xAC> b", "a€b")]
    [TestCase("""{"type":"ByteFallback"}""", "<0xE2> <0x82> a <0xFF>", "\uFFFD\uFFFDa\uFFFD")]
    [TestCase("""{"type":"ByteFallback"}""", "<0x41> <0x4> <0x411> <0xGG> (0x41> <0x41)", "A<0x4><0x411><0xGG>(0x41><0x41)")]
    [TestCase("""{"type":"Fuse"}, {"type":"Strip","content":"a","start":1,"stop":0}""", "a a b a", "aba")]
    [TestCase("""{"type":"Strip","content":"a","start":1,"stop":0}""", "aab a", "ab")]
    [TestCase("""{"type":"Strip","content":"ab","start":2,"stop":1}""", "abababxabab ab", "abxab")]
    [TestCase("""{"type":"Strip","content":"a","start":5,"stop":5}""", "aaa bab", "bab")]
    [TestCase("""{"type":"Strip","content":"","start":1,"stop":1}""", "a b", "ab")]
    [TestCase("""{"type":"Replace","pattern":{"String":"▁"},"content":" "}""", "▁a▁ b", " a b")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁a▁ ▁b", "a b")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}""", "a ▁b", "a b")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "▁a ▁b", " a b")]
    [TestCase("""{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁a ▁b", "a b")]
    public void Pieces_become_text(string steps, string pieces, string text)
    {
        string[] spelled = pieces.Split(' ');
        Assert.That(Read(steps).Decode(Enumerable.Range(0, spelled.Length), id => spelled[id]), Is.EqualTo(text));
    }

    [TestCase("", "t: decoder is null, which is not read")]
    [TestCase("""{"type":"WordPiece"}""", "t: decoder WordPiece is not read; known here: ByteFallback, Fuse, Metaspace, Replace, Sequence, Strip, and ByteLevel alone")]
    public void What_is_not_read_is_named(string steps, string message) => Assert.That(() => Read(steps), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(message));

    [Test]
    public void A_byte_s_piece_is_written_and_read_as_one() =>
        Assert.That(Enumerable.Range(0, 256).Select(value => (int?)BytePiece.Value(BytePiece.Of(value))), Is.EqualTo(Enumerable.Range(0, 256)));

    private static PieceDecoder Read(string steps) => PieceDecoder.Read([.. JsonDocument.Parse($"[{steps}]").RootElement.EnumerateArray()], "t");
}
