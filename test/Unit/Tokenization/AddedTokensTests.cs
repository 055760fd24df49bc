using System.Text.Json.Nodes;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Added tokens found in text; the pieces are those of Hugging Face tokenizers.</summary>
public class AddedTokensTests
{
    [TestCase("[W] x", "[W] Ġ x")]
    [TestCase("h[W] [W]h [W]", "h [ W ] Ġ [ W ] h Ġ [W]")]
    [TestCase("_[W]", "_ [ W ]")]
    [TestCase("\u200D[W]", "â Ģ į [ W ]")]
    [TestCase("-[W]-[W]-", "- [W] - [W] -")]
    [TestCase("Ⓐ[W]", "â Ĵ ¶ [ W ]")] // a circled letter is one of a word
    public void A_token_that_is_a_word_is_found_alone(string text, string pieces) => Assert.That(Pieces(text), Is.EqualTo(pieces));

    [TestCase("h \n[L] h", "h [L] Ġ h")]
    [TestCase("h[R] \nh", "h [R] h")]
    [TestCase("[L][R] [L]", "[L] [R] [L]")]
    [TestCase("h[R]  h", "h [R] ĠĠ h")] // two spaces are a token: [R] takes them, and it is found all the same
    public void White_space_beside_a_token_is_its_own(string text, string pieces) => Assert.That(Pieces(text), Is.EqualTo(pieces));

    [TestCase("xabcab", 0, "abc", 1)]
    [TestCase("xabcab", 1, "abc", 1)]
    [TestCase("xabcab", 2, "ab", 4)]
    [TestCase("aab", 0, "ab", 1)] // begins as one does
    [TestCase("ba", 0, null, 2)]
    [TestCase("", 0, null, 0)]
    public void The_leftmost_is_found_and_of_those_at_one_place_the_longest(string text, int from, string? content, int start)
    {
        (AddedToken? token, int at) = new AddedTokens([new("", 0), new("ab", 1), new("abc", 2), new("bb", 3)]).Next(text, from);
        Assert.That((token?.Content, at), Is.EqualTo((content, start)));
    }

    [TestCase("aaab aa", "0 2", "ab", 2)]
    [TestCase("aaaa", "0 2", null, 4)]
    [TestCase("aab", "0", null, 3)]
    public void Behind_a_token_that_is_passed_over_the_next_is_looked_for(string text, string asked, string? content, int start)
    {
        List<int> places = [];
        (AddedToken? token, int at) = new AddedTokens([new("aa", 1), new("ab", 2)]).Next(text, 0, (token, place) =>
        {
            places.Add(place);
            return token.Id == 1;
        });
        Assert.That((string.Join(' ', places), token?.Content, at), Is.EqualTo((asked, content, start)));
    }

    [TestCase("a  [L]  b", 3, 0, 1, 8)]
    [TestCase("a  [L]  b", 3, 2, 2, 8)] // what is done already is not taken
    [TestCase("  [L]  ", 2, 0, 0, 7)]
    [TestCase("[L]", 0, 0, 0, 3)]
    public void A_token_takes_the_white_space_on_its_sides(string text, int at, int from, int start, int end)
    {
        AddedToken both = new("[L]", 1) { StripsLeft = true, StripsRight = true };
        Assert.That(AddedTokens.Range(text, both, at, from), Is.EqualTo((start, end)));
        Assert.That(AddedTokens.Range(text, new("[L]", 1), at, from), Is.EqualTo((at, at + 3)));
    }

    private static string Pieces(string text)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("tokenizer.json"), TokenizerJsonText.Changed(TokenizerJsonText.ByteLevel, json =>
        {
            JsonArray added = json["added_tokens"]!.AsArray();
            foreach ((string content, string set) in new[] { ("[W]", "single_word"), ("[L]", "lstrip"), ("[R]", "rstrip"), ("  ", "") })
            {
                JsonNode token = added[0]!.DeepClone();
                (token["content"], token["id"]) = (content, json["model"]!["vocab"]!.AsObject().Count + added.Count);
                foreach (string name in new[] { "single_word", "lstrip", "rstrip" })
                    token[name] = name == set;
                added.Add(token);
            }
        }));
        VocabularyTokenizer tokenizer = TokenizerFolder.OpenJson(folder.File("tokenizer.json"));
        return string.Join(' ', tokenizer.EncodeToIds(text).Select(id => tokenizer.PieceOf(id).Replace("  ", "ĠĠ")));
    }
}
