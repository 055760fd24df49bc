using Alignment.Files;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class SentencePieceBpeTests
{
    private static SentencePieceBpe Plain => Of(SmallModel.Write(SmallModel.Pieces, byteFallback: false));
    private static SentencePieceBpe Spelling => Of(SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));

    // by hand: aa (−1) before ▁a and ab (−2); among equals the leftmost
    [TestCase("", "")]
    [TestCase("a", "▁a")]
    [TestCase("ab", "▁a b")]
    [TestCase("aa", "▁ aa")]
    [TestCase("aaa", "▁ aa a")]
    [TestCase("aab", "▁ aa b")]
    [TestCase("bab", "▁ b ab")]
    [TestCase(" a", "▁ ▁a")]
    [TestCase("b  a", "▁ b ▁ ▁a")]
    [TestCase("a[x]a", "▁a [x] a")]
    [TestCase("[a", "▁ [ a")]
    [TestCase("<s>", "▁ <unk>")]
    public void Pieces_are_those_of_the_leftmost_best_merges(string text, string pieces) =>
        Assert.That(string.Join(' ', Plain.EncodeToIds(text).Select(Plain.PieceOf)), Is.EqualTo(pieces));

    [Test]
    public void Without_byte_fallback_a_run_of_unknown_characters_is_one_token()
    {
        Assert.That(Plain.EncodeToIds("日本"), Is.EqualTo(new[] { 7, 0 }));
        Assert.That(Plain.EncodeToIds("日a本"), Is.EqualTo(new[] { 7, 0, 8, 0 }));
        Assert.That(Plain.Decode([7, 0, 8]), Is.EqualTo(" \u2047 a"));
    }

    [Test]
    public void With_byte_fallback_unknown_characters_are_spelled_in_bytes_and_come_back()
    {
        int first = SmallModel.Pieces.Length;
        Assert.That(Spelling.EncodeToIds("é"), Is.EqualTo(new[] { 7, first + 0xC3, first + 0xA9 }));
        Assert.That(Spelling.Decode(Spelling.EncodeToIds("  日本 a\n😀b ")), Is.EqualTo("  日本 a\n😀b "));
        Assert.That(Spelling.Decode([first + 0xE6, first + 0x97, 8]), Is.EqualTo("\uFFFD\uFFFDa"));
    }

    // <unk> <s> </s> aa ▁a ab [x] ▁ a b [, and the bytes behind them
    [TestCase("▁a ▁a", "a a")]
    [TestCase("<s> ▁a </s> ▁a", "a a")] // a control piece writes nothing, so that the first piece is the one behind it
    [TestCase("▁ ▁a", " a")]
    [TestCase("<unk> ▁a", " \u2047  a")]
    [TestCase("[x] ▁a", "[x] a")]
    [TestCase("a ▁a", "a a")]
    [TestCase("<0x41> ▁a", "A a")]
    [TestCase("▁a <0xE2> <0x82> <0xAC> <0xE2> <0x82>", "a€\uFFFD\uFFFD")]
    [TestCase("", "")]
    public void Pieces_are_shown_as_the_C_library_does(string pieces, string text) =>
        Assert.That(Spelling.Decode(pieces.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(piece => Spelling.IdOf(piece)!.Value)), Is.EqualTo(text));

    // c is no piece by itself: its symbol is the first behind the pieces, and where nothing joins it, it is unknown or spelled
    [TestCase("ca", "▁ ca", "▁ ca")]
    [TestCase("c", "▁ <unk>", "▁ <0x63>")]
    [TestCase("cc", "▁ <unk>", "▁ <0x63> <0x63>")]
    [TestCase("日c", "▁ <unk>", "▁ <0xE6> <0x97> <0xA5> <0x63>")]
    [TestCase("c日a", "▁ <unk> a", "▁ <0x63> <0xE6> <0x97> <0xA5> a")]
    public void A_character_that_stands_only_inside_pieces_is_none(string text, string plain, string spelled)
    {
        (string, float, int)[] pieces = [("<unk>", 0, SmallModel.Unknown), ("ca", -1, SmallModel.Normal), ("▁", -3, SmallModel.Normal), ("a", -3, SmallModel.Normal)];
        Assert.That(Pieces(Of(SmallModel.Write(pieces, byteFallback: false)), text), Is.EqualTo(plain));
        Assert.That(Pieces(Of(SmallModel.Write([.. pieces, .. SmallModel.Bytes], byteFallback: true)), text), Is.EqualTo(spelled));
    }

    [Test]
    public void A_byte_may_be_the_first_piece() =>
        Assert.That(Of(SmallModel.Write([.. SmallModel.Bytes, .. SmallModel.Pieces], byteFallback: true)).EncodeToIds("\0"), Is.EqualTo(new[] { 256 + 7, 0 }));

    [Test]
    public void A_control_piece_that_begins_with_a_space_takes_none_from_the_next()
    {
        SentencePieceBpe tokenizer = Of(SmallModel.Write([.. SmallModel.Pieces, ("▁c", 0, SmallModel.Control)], byteFallback: false));
        Assert.That(tokenizer.Decode([SmallModel.Pieces.Length, 4]), Is.EqualTo("a"));
    }

    [Test]
    public void Without_a_dummy_prefix_nothing_is_written_before_the_text()
    {
        SentencePieceBpe tokenizer = Of(SmallModel.Write(SmallModel.Pieces, SmallModel.Number(3, 2), [.. SmallModel.Number(3, 0), .. SmallModel.Number(4, 0)]));
        Assert.That((Pieces(tokenizer, "ab a"), tokenizer.Decode([9, 4]), tokenizer.Prefix), Is.EqualTo(("ab ▁a", "b a", SpacePrefix.None)));
        Assert.That(Plain.Prefix, Is.EqualTo(SpacePrefix.Always));
    }

    [Test]
    public void The_order_of_merges_is_that_of_a_slow_twin()
    {
        SeededRandom random = new(11, "test/merges");
        (string Text, float Score, int Kind)[] letters = [("<unk>", 0, SmallModel.Unknown), ("▁", -9, SmallModel.Normal),
            ("a", -9, SmallModel.Normal), ("b", -9, SmallModel.Normal), ("c", -9, SmallModel.Normal)];
        for (int trial = 0; trial < 200; trial++)
        {
            HashSet<string> words = [];
            for (int i = 0; i < 8; i++)
                words.Add(string.Concat(Enumerable.Range(0, 2 + random.NextInt(3)).Select(_ => "▁abc"[random.NextInt(4)])));
            (string Text, float Score, int Kind)[] pieces = [.. letters, .. words.Select(w => (w, -1f - random.NextInt(3), SmallModel.Normal))];
            SentencePieceBpe tokenizer = Of(SmallModel.Write(pieces, byteFallback: false));
            string text = string.Concat(Enumerable.Range(0, random.NextInt(25)).Select(_ => " abc"[random.NextInt(4)]));
            Assert.That(tokenizer.EncodeToIds(text).Select(tokenizer.PieceOf), Is.EqualTo(Twin(text, pieces)), string.Join(' ', pieces));
        }
    }

    [Test]
    public void Long_texts_without_a_space_take_no_quadratic_time() =>
        Assert.That(Plain.EncodeToIds(new string('a', 400_001)), Has.Count.EqualTo(200_002));

    private static List<string> Twin(string text, (string Text, float Score, int Kind)[] pieces)
    {
        List<string> symbols = text.Length == 0 ? [] : [.. $"▁{text.Replace(' ', '▁')}".Select(c => c.ToString())];
        while (true)
        {
            var best = Enumerable.Range(0, Math.Max(0, symbols.Count - 1))
                .SelectMany(i => pieces.Where(p => p.Text == symbols[i] + symbols[i + 1]).Select(p => (p.Score, At: i)))
                .OrderByDescending(m => m.Score).ThenBy(m => m.At).Take(1).ToArray();
            if (best.Length == 0)
                return symbols;
            symbols[best[0].At] += symbols[best[0].At + 1];
            symbols.RemoveAt(best[0].At + 1);
        }
    }

    private static string Pieces(SentencePieceBpe tokenizer, string text) => string.Join(' ', tokenizer.EncodeToIds(text).Select(tokenizer.PieceOf));

    private static SentencePieceBpe Of(byte[] model) => new(SentencePieceParts.Of(SentencePieceModel.Read(model, "tokenizer.model")));
}
