using Alignment.Tokenization;
using NUnit.Framework;
using static Alignment.Tests.Unit.Tokenization.SmallModel;

namespace Alignment.Tests.Unit.Tokenization;

public class SentencePieceModelTests
{
    private static readonly byte[] s_bpe = Number(3, 2), s_identity = Number(4, 0);

    [Test]
    public void A_model_without_settings_is_refused() => Fault(Field(1, Field(1, "a"u8.ToArray())),
        "tokenizer.model: not a whole SentencePiece model: 1 pieces, trainer settings missing, normaliser settings missing");

    [Test]
    public void A_cut_file_is_refused_at_its_byte() => Fault([.. Field(1, Field(1, "a"u8.ToArray())), 10, 100, 1],
        "tokenizer.model: not a SentencePiece model, or cut: 100 bytes wanted, 1 left at byte 7. Download the file again");

    [Test]
    public void A_file_of_another_kind_is_refused() => Fault("{}"u8.ToArray(),
        "tokenizer.model: not a SentencePiece model, or cut: wire type 3 at byte 0. Download the file again");

    [Test]
    public void A_unigram_model_is_refused() => Fault(Write(Pieces, Number(3, 1), s_identity),
        "tokenizer.model: model_type is 1, wanted 2 (BPE)");

    [Test]
    public void A_normaliser_that_changes_the_text_is_refused()
    {
        const string End = "; only identity normalisation is read";
        Fault(Write(Pieces, s_bpe, []), $"tokenizer.model: the normaliser changes the text (removes extra spaces){End}");
        Fault(Write(Pieces, s_bpe, [.. s_identity, .. Field(2, [1])]), $"tokenizer.model: the normaliser changes the text (character map){End}");
        Fault(Write(Pieces, s_bpe, [.. s_identity, .. Number(5, 0)]),
            $"tokenizer.model: the normaliser changes the text (does not escape spaces){End}");
    }

    [Test]
    public void Pieces_that_cannot_be_are_named()
    {
        Fault(Write([("a", float.NaN, Normal)], s_bpe, s_identity), "tokenizer.model: piece 0 is \"a\" of kind 1 with score NaN");
        Fault(Write([(new('a', 1025), 0, Normal)], s_bpe, s_identity), "tokenizer.model: piece 0 has 1025 characters; at most 1024 are read");
        Fault(Write([("a", 0, 9)], s_bpe, s_identity), "tokenizer.model: piece 0 is \"a\" of kind 9 with score 0");
        Fault(Write([("a", 0, Unused)], s_bpe, s_identity),
            "tokenizer.model: piece 0 \"a\" is marked unused; models with unused pieces are not read");
        Fault(Write([("a", 0, Normal)], s_bpe, s_identity), "tokenizer.model: 0 unknown pieces, exactly one is wanted");
        Fault(Write([.. Pieces, ("a", 0, Normal)], s_bpe, s_identity), "tokenizer.model: piece \"a\" is there twice");
        Fault(Write([.. Pieces, .. Bytes.SkipLast(1)], [.. s_bpe, .. Number(35, 1)], s_identity),
            "tokenizer.model: byte fallback without a piece for byte 0xFF");
    }

    [Test]
    public void Settings_that_are_not_read_are_named()
    {
        Fault(Write(Pieces, [.. s_bpe, .. Number(24, 1)], s_identity), "tokenizer.model: treat_whitespace_as_suffix is set; only models with a space before the word are read");
        Fault(Write(Pieces, [], s_identity), "tokenizer.model: model_type is 1, wanted 2 (BPE)");
        Fault(Write(Pieces, [.. s_bpe, .. Field(44, [0xFF])], s_identity), "tokenizer.model: unk_surface is not UTF-8");
        Fault(Write([.. Pieces, ("<unk2>", 0, Unknown)], s_bpe, s_identity), "tokenizer.model: 2 unknown pieces, exactly one is wanted");
        Fault([.. Field(1, Field(1, [0xFF])), .. Field(2, s_bpe), .. Field(3, s_identity)], "tokenizer.model: piece 0 is not UTF-8");
        Fault(Write([("", 0, Normal)], s_bpe, s_identity), "tokenizer.model: piece 0 is \"\" of kind 1 with score 0");
        Fault(Write([("a", 0, 0)], s_bpe, s_identity), "tokenizer.model: piece 0 is \"a\" of kind 0 with score 0");
        Fault(Write([.. Pieces, ("<0xZZ>", 0, SmallModel.Byte)], [.. s_bpe, .. Number(35, 1)], s_identity), "tokenizer.model: byte piece 11 is \"<0xZZ>\", wanted <0x..>");
        Fault([.. Field(1, Number(3, 1)), .. Field(2, s_bpe), .. Field(3, s_identity)], "tokenizer.model: piece 0 is \"\" of kind 1 with score 0");
        Fault(Write(Pieces, s_bpe, [.. s_identity, .. Field(2, [1]), .. Field(2, [1])]), "tokenizer.model: the normaliser changes the text (character map); only identity normalisation is read");
        Fault(Write([.. Pieces, .. Bytes.Skip(1)], [.. s_bpe, .. Number(35, 1)], s_identity), "tokenizer.model: byte fallback without a piece for byte 0x00");
        Fault([.. Field(2, s_bpe), .. Field(3, s_identity)], "tokenizer.model: not a whole SentencePiece model: 0 pieces, trainer settings present, normaliser settings present");
    }

    [Test]
    public void A_model_is_read_with_its_settings()
    {
        SentencePieceModel plain = SentencePieceModel.Read(Write(Pieces, [.. s_bpe, .. Number(24, 0)], s_identity), "tokenizer.model");
        Assert.That((plain.AddsDummyPrefix, plain.ByteFallback, plain.UnknownSurface), Is.EqualTo((true, false, " \u2047 ")));
        SentencePieceModel other = SentencePieceModel.Read(Write(Pieces, [.. s_bpe, .. Number(35, 1), .. Field(44, "?"u8.ToArray())],
            [.. Number(3, 0), .. Number(4, 0), .. Number(5, 1), .. Field(2, [])]), "tokenizer.model");
        Assert.That((other.AddsDummyPrefix, other.ByteFallback, other.UnknownSurface), Is.EqualTo((false, true, "?")));
        Assert.That(other.Pieces, Is.EqualTo(Pieces.Select(piece => new Piece(piece.Item1, piece.Item2, (PieceKind)piece.Item3))));
        Assert.That(SentencePieceModel.Read(Write([.. Pieces, (new('a', 1024), 0, Normal)], s_bpe, s_identity), "tokenizer.model").Pieces[^1].Text, Has.Length.EqualTo(1024));
    }

    // fields of every wire type that nothing here reads: 64 bits, 32 bits, a number of ten bytes, a text
    [Test]
    public void Fields_of_others_are_passed_over()
    {
        byte[] others = [0x39, 1, 2, 3, 4, 5, 6, 7, 8, 0x3D, 1, 2, 3, 4, 0x38, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, .. Field(9, [1, 2])];
        Assert.That(SentencePieceModel.Read([.. others, .. Write(Pieces, [.. others, .. s_bpe], [.. others, .. s_identity]), .. others], "tokenizer.model").Pieces, Has.Count.EqualTo(Pieces.Length));
    }

    [TestCase(new byte[] { 0x38, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 }, "a number of more than 10 bytes at byte 11")]
    [TestCase(new byte[] { 0x38 }, "1 bytes wanted, 0 left at byte 1")]
    [TestCase(new byte[] { 0x39, 1, 2 }, "8 bytes wanted, 2 left at byte 1")]
    [TestCase(new byte[] { 0x3D, 1, 2 }, "4 bytes wanted, 2 left at byte 1")]
    [TestCase(new byte[] { 0x00, 1 }, "field number 0 at byte 0")]
    [TestCase(new byte[] { 0x3C }, "wire type 4 at byte 0")]
    [TestCase(new byte[] { 0x0A, 3, 0x15, 1, 2 }, "4 bytes wanted, 2 left at byte 3")]
    public void A_damaged_message_is_refused_at_its_byte(byte[] file, string what) =>
        Fault(file, $"tokenizer.model: not a SentencePiece model, or cut: {what}. Download the file again");

    // every piece is cut everywhere to find the merges that make it
    [Test]
    public void A_model_of_long_pieces_takes_no_more_memory_than_a_few_times_its_size()
    {
        byte[] model = Write([("<unk>", 0, Unknown), .. Enumerable.Range(0, 200).Select(i => (new string('a', 500 + i), -1f, Normal))], byteFallback: false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SentencePieceParts.Of(SentencePieceModel.Read(model, "tokenizer.model"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100 * model.Length));
    }

    [Test]
    public void Every_prefix_of_a_model_is_refused()
    {
        byte[] model = Write(Pieces, byteFallback: false);
        for (int length = 0; length < model.Length; length++)
            Assert.Throws<InvalidDataException>(() => SentencePieceParts.Of(SentencePieceModel.Read(model.AsSpan(0, length), "tokenizer.model")));
    }

    private static void Fault(byte[] model, string message) => Assert.That(
        Assert.Throws<InvalidDataException>(() => SentencePieceParts.Of(SentencePieceModel.Read(model, "tokenizer.model")))!.Message,
        Is.EqualTo(message));
}
