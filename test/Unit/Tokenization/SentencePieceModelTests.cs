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
