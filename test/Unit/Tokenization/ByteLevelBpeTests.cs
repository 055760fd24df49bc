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
        Assert.That(_tokenizer.EncodeToIds("hello help", 5, out _, out _), Has.Count.EqualTo(5));
        Assert.That(_tokenizer.Decode([259], new char[5], out _, out _), Is.EqualTo(System.Buffers.OperationStatus.Done));
        Assert.That((_tokenizer.IdOf("nothing"), _tokenizer.PieceOrNull(-1), _tokenizer.PieceOrNull(265)), Is.EqualTo(((int?)null, (string?)null, (string?)null)));
        Assert.That(_tokenizer.EncodeToTokens("hello", out _).Single().Value, Is.EqualTo("hello"));
        Span<char> small = new char[3], large = new char[9];
        Assert.That(_tokenizer.Decode([259], small, out int none, out int nothing), Is.EqualTo(System.Buffers.OperationStatus.DestinationTooSmall));
        Assert.That((none, nothing), Is.EqualTo((0, 0)));
        Assert.That(_tokenizer.Decode([259], large, out int used, out int written), Is.EqualTo(System.Buffers.OperationStatus.Done));
        Assert.That((used, written, new string(large[..5])), Is.EqualTo((1, 5, "hello")));
        Assert.That(() => _tokenizer.GetIndexByTokenCount("hello", 1, out _, out _), Throws.TypeOf<NotSupportedException>().With.Message.EqualTo(
            "ByteLevelBpe keeps no offsets: encode and cut the ids instead"));
    }

    [Test]
    public void Streams_stay_open()
    {
        using MemoryStream vocabulary = new(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(SmallVocabulary.Vocabulary())), merges = new(Encoding.UTF8.GetBytes(SmallVocabulary.Merges));
        ByteLevelBpe.FromStreams(vocabulary, merges);
        Assert.That((vocabulary.CanRead, merges.CanRead), Is.EqualTo((true, true)));
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

    // printable characters of Latin-1 spell themselves, the 68 others follow each other from U+0100 on
    [TestCase(0x00, 'Ā'), TestCase(0x20, 'Ġ'), TestCase(0x21, '!'), TestCase(0x7E, '~'), TestCase(0x7F, 'ġ'), TestCase(0xA0, 'ł')]
    [TestCase(0xA1, '¡'), TestCase(0xAC, '¬'), TestCase(0xAD, 'Ń'), TestCase(0xAE, '®'), TestCase(0xFF, 'ÿ')]
    public void A_byte_has_GPT_2_s_spelling(int value, char spelling)
    {
        Assert.That(ByteAlphabet.Of((byte)value), Is.EqualTo(spelling));
        Assert.That(ByteAlphabet.Value(spelling), Is.EqualTo((byte)value));
        Assert.That(ByteAlphabet.Value('日'), Is.Null);
    }

    [TestCase(0xC0, true), TestCase(0xC1, true), TestCase(0xF5, true), TestCase(0xFF, true), TestCase(0xC2, false), TestCase(0xF4, false)]
    public void A_byte_that_UTF_8_never_has_may_be_missing(int value, bool may)
    {
        Dictionary<string, int> vocabulary = SmallVocabulary.Vocabulary();
        vocabulary.Remove(ByteAlphabet.Of((byte)value).ToString());
        Assert.That(() => SmallVocabulary.Tokenizer(vocabulary: vocabulary), may ? Throws.Nothing : Throws.TypeOf<InvalidDataException>());
    }

    [TestCase("h e\n\nl l\nhe ll"), TestCase("#version: 0.2\nh e\nl l\nhe ll"), TestCase("#version: 0.2\r\nh e\r\nl l\r\nhe ll")]
    public void A_list_of_merges_may_begin_with_its_version_and_have_empty_lines(string merges) => Assert.That(
        SmallVocabulary.Tokenizer(merges) is var tokenizer ? tokenizer.EncodeToIds("hell").Select(tokenizer.PieceOf) : [], Is.EqualTo(new[] { "hell" }));

    [TestCase("h e\n#version x\n", "merges.txt: merge 2 needs \"#version\", which the vocabulary does not have")]
    [TestCase("h e\n l\n", "merges.txt(2): \" l\" is not a merge of two tokens")]
    [TestCase("l \n", "merges.txt(1): \"l \" is not a merge of two tokens")]
    public void A_line_that_is_no_merge_is_named(string merges, string message) => Assert.That(Message(() => SmallVocabulary.Tokenizer(merges)), Is.EqualTo(message));

    [TestCase("null", "vocab.json: not a vocabulary (one JSON object of token: id), damaged at ")]
    [TestCase("{}", "vocab.json: no tokens")]
    [TestCase("""{"a":-1}""", "vocab.json: 1 tokens with ids -1 … -1")]
    [TestCase("""{"a":0,"b":1005}""", "vocab.json: 2 tokens with ids 0 … 1005")]
    [TestCase("""{"a":0,"b":1004}""", "vocab.json: the vocabulary has no token for byte 0x00 (\"Ā\")")]
    public void A_vocabulary_that_cannot_be_is_named(string json, string message) => Assert.That(
        Message(() => ByteLevelBpe.FromStreams(new MemoryStream(Encoding.UTF8.GetBytes(json)), new MemoryStream())), Does.StartWith(message));

    private static string Message(Action act) => Assert.Throws<InvalidDataException>(act)!.Message;
}
