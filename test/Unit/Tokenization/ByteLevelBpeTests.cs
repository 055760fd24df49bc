using System.Text;
using Alignment.Files;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class ByteLevelBpeTests
{
    private readonly ByteLevelBpe _tokenizer = SmallVocabulary.Tokenizer();

    [Test]
    public void Merges_are_taken_in_their_order() =>
        Assert.That(_tokenizer.EncodeToIds("hello help").Select(_tokenizer.PieceOf), Is.EqualTo(new[] { "hello", "Ġ", "he", "l", "p" }));

    [Test]
    public void A_token_that_no_merge_makes_is_a_marker_found_in_text()
    {
        Assert.That(_tokenizer.EncodeToIds("a<|end|>b"), Is.EqualTo(new[] { 97, 264, 98 }));
        Assert.That(_tokenizer.Decode([97, 264, 98]), Is.EqualTo("a<|end|>b"));
        Assert.That(_tokenizer.AddedTokens.Select(a => a.Content), Is.EqualTo(
            new[] { "<|endoftext|>", "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>" }));
    }

    [Test]
    public void Any_text_comes_back_as_it_was([Values("", " ", "\n\n a  b\t", "naïve 日本 😀", "it's they'll 12 x2", "\0<|x|>")] string text) =>
        Assert.That(_tokenizer.Decode(_tokenizer.EncodeToIds(text)), Is.EqualTo(text));

    [Test]
    public void Random_bytes_of_text_come_back_and_half_a_surrogate_pair_becomes_the_replacement_character()
    {
        SeededRandom random = new(3, "test/text");
        for (int i = 0; i < 200; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.NextInt(30)).Select(_ => new Rune(random.NextInt(0xD800)).ToString()));
            Assert.That(_tokenizer.Decode(_tokenizer.EncodeToIds(text)), Is.EqualTo(text));
        }
        Assert.That(_tokenizer.Decode(_tokenizer.EncodeToIds("a\uD83Db")), Is.EqualTo("a\uFFFDb"));
    }

    [Test]
    public void Microsoft_s_calls_count_limit_and_decode()
    {
        Assert.That(_tokenizer.CountTokens("hello help"), Is.EqualTo(5));
        Assert.That(_tokenizer.EncodeToIds("hello help", 2, out _, out _), Is.EqualTo(new[] { 259, 32 }));
        Assert.That(_tokenizer.EncodeToTokens("hello", out _).Single().Value, Is.EqualTo("hello"));
        Span<char> small = new char[3], large = new char[9];
        Assert.That(_tokenizer.Decode([259], small, out _, out _), Is.EqualTo(System.Buffers.OperationStatus.DestinationTooSmall));
        Assert.That(_tokenizer.Decode([259], large, out int used, out int written), Is.EqualTo(System.Buffers.OperationStatus.Done));
        Assert.That((used, written, new string(large[..5])), Is.EqualTo((1, 5, "hello")));
        Assert.Throws<NotSupportedException>(() => _tokenizer.GetIndexByTokenCount("hello", 1, out _, out _));
    }

    [Test]
    public void An_id_outside_the_vocabulary_is_named() => Assert.That(
        Assert.Throws<ArgumentOutOfRangeException>(() => _tokenizer.Decode([265]))!.Message,
        Does.StartWith("token 265 is not in the vocabulary of 265 tokens"));

    [TestCase("h e\nl\n", "merges.txt(2): \"l\" is not a merge of two tokens")]
    [TestCase("h e\nl l l\n", "merges.txt(2): \"l l l\" is not a merge of two tokens")]
    [TestCase("h e\nh l\n", "merges.txt: merge 2 needs \"hl\", which the vocabulary does not have")]
    public void Broken_merges_are_named(string merges, string message) =>
        Assert.That(Assert.Throws<InvalidDataException>(() => SmallVocabulary.Tokenizer(merges))!.Message, Is.EqualTo(message));

    [Test]
    public void Broken_vocabularies_are_named()
    {
        Dictionary<string, int> twice = SmallVocabulary.Vocabulary(), missing = SmallVocabulary.Vocabulary();
        twice["x!"] = 7;
        missing.Remove("A");
        Assert.That(Message(() => SmallVocabulary.Tokenizer(vocabulary: twice)), Does.Match("vocab.json: id 7 is both \".+\" and \"x!\""));
        Assert.That(Message(() => SmallVocabulary.Tokenizer(vocabulary: missing)),
            Is.EqualTo("vocab.json: the vocabulary has no token for byte 0x41 (\"A\")"));
        Assert.That(Message(() => ByteLevelBpe.FromStreams(new MemoryStream("[1]"u8.ToArray()), new MemoryStream())),
            Does.StartWith("vocab.json: not a vocabulary (one JSON object of token: id), damaged at line 1, "));
        Assert.That(Message(() => ByteLevelBpe.FromStreams(new MemoryStream("{\"\\ud800\":1}"u8.ToArray()), new MemoryStream())),
            Does.StartWith("vocab.json: not a vocabulary (one JSON object of token: id), damaged at line 1, "));
    }

    private static string Message(Action act) => Assert.Throws<InvalidDataException>(act)!.Message;
}
