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
