using System.Text;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Unicode's normal forms against .NET's own, which are those of the machine's ICU, and Hugging Face tokenizers' where newer characters differ.</summary>
public class NormalFormTests
{
    // characters that Unicode 9 lacks stay as they are: U+32FF (2019), U+1E030, U+11938 (2020)
    [TestCase("NFKC", "\u32FF\U0001E030", "\u32FF\U0001E030")]
    [TestCase("NFC", "\U00011935\U00011930", "\U00011935\U00011930")]
    [TestCase("NFC", "\uFFFEe\u0301\uFFFE\u0301", "\uFFFEé\uFFFE\u0301")]
    [TestCase("NFC", "각\u11A8 \u1100\u1161\u11A8", "각\u11A8 각")]
    [TestCase("NFD", "각", "\u1100\u1161\u11A8")]
    [TestCase("NFC", "a\u0302\u0323\u0301 q\u0301\u0323", "\u1EAD\u0301 q\u0323\u0301")]
    [TestCase("NFC", "\u212B\u0958\u0344", "Å\u0915\u093C\u0308\u0301")]
    [TestCase("NFKC", "ﷺ", "صلى الله عليه وسلم")]
    [TestCase("NFKD", "½\u1E9B\u0323", "1\u20442s\u0323\u0307")]
    [TestCase("NFC", "😀\u0301 x😀\u0301", "😀\u0301 x😀\u0301")]
    [TestCase("NFD", "\u0301\u0323 \u0323\u0301", "\u0323\u0301 \u0323\u0301")]
    [TestCase("NFC", "\u0301\u0323a", "\u0323\u0301a")]
    [TestCase("NFC", "\u1100\u0301 \uABE4\u11A8 \uD7A4\u11A8 \uAC00\u1161", "\u1100\u0301 \uABE4\u11A8 \uD7A4\u11A8 \uAC00\u1161")]
    [TestCase("NFD", "\uD7A4\u0301", "\uD7A4\u0301")]
    public void A_text_in_a_form(string form, string text, string normal) => Assert.That(NormalForm.Of(form)!.Apply(text), Is.EqualTo(normal));

    // the first and the last of each kind of letter, and what stands beside them
    [TestCase("\u1100\u1161 \u1112\u1175 \u1100\u1175\u11A8", "\uAC00 \uD788 \uAE31")]
    [TestCase("\u1113\u1161 \u10FF\u1161 \u1100\u1160 \u1100\u1176", "\u1113\u1161 \u10FF\u1161 \u1100\u1160 \u1100\u1176")]
    [TestCase("\uAC00\u11A8 \uD788\u11C2", "\uAC01 \uD7A3")]
    [TestCase("\uAC00\u11A7 \uAC00\u11C3 \uAC01\u11A8 \uD7A3\u11A8", "\uAC00\u11A7 \uAC00\u11C3 \uAC01\u11A8 \uD7A3\u11A8")]
    public void Hangul_letters_make_syllables(string letters, string syllables)
    {
        Assert.That(NormalForm.Of("NFC")!.Apply(letters), Is.EqualTo(syllables));
        Assert.That(NormalForm.Of("NFC")!.Apply(NormalForm.Of("NFD")!.Apply(syllables)), Is.EqualTo(syllables));
    }

    [TestCase("\uAC00", "\u1100\u1161"), TestCase("\uD7A3", "\u1112\u1175\u11C2"), TestCase("\uABFF\uD7A4", "\uABFF\uD7A4"), TestCase("\uAC1C", "\u1100\u1162")]
    public void A_syllable_is_made_of_letters(string syllable, string letters) => Assert.That(NormalForm.Of("NFKD")!.Apply(syllable), Is.EqualTo(letters));

    [TestCase("nfc"), TestCase(""), TestCase(null), TestCase("NFX")]
    public void Another_name_is_no_form(string? name) => Assert.That(NormalForm.Of(name), Is.Null);

    [Test]
    public void A_text_that_does_not_change_is_itself()
    {
        string text = "plain é 日本";
        Assert.That(NormalForm.Of("NFC")!.Apply(text), Is.SameAs(text));
    }

    // the numbers of characters that a form of Unicode 9 changes
    [TestCase("NFC", NormalizationForm.FormC, 1120)]
    [TestCase("NFD", NormalizationForm.FormD, 13232)]
    [TestCase("NFKC", NormalizationForm.FormKC, 4794)]
    [TestCase("NFKD", NormalizationForm.FormKD, 16894)]
    public void Every_character_is_as_ICU_has_it_or_newer(string name, NormalizationForm icu, int changed)
    {
        if ("ﬁ".Normalize(NormalizationForm.FormKC) != "fi")
            Assert.Ignore("there is no ICU here to compare with");
        NormalForm form = NormalForm.Of(name)!;
        List<string> wrong = [];
        int count = 0;
        foreach (string text in Enumerable.Range(0, 0x110000).Where(c => Rune.IsValid(c) && c != 0xFFFE).Select(c => new Rune(c).ToString()))
        {
            string ours = form.Apply(text);
            count += ours == text ? 0 : 1;
            if (ours != text && ours != text.Normalize(icu))
                wrong.Add($"U+{Rune.GetRuneAt(text, 0).Value:X}");
        }

        Assert.That(wrong, Is.Empty);
        Assert.That(count, Is.EqualTo(changed));
    }

    [Test]
    public void Mixtures_of_letters_and_marks_are_as_ICU_has_them([Values] NormalizationForm icu)
    {
        if ("ﬁ".Normalize(NormalizationForm.FormKC) != "fi")
            Assert.Ignore("there is no ICU here to compare with");
        NormalForm form = NormalForm.Of(icu switch { NormalizationForm.FormC => "NFC", NormalizationForm.FormD => "NFD", NormalizationForm.FormKC => "NFKC", _ => "NFKD" })!;
        Random random = new(5);
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => (char)(random.Next(5) switch
            {
                0 => random.Next(0x300, 0x370),
                1 => random.Next(0x41, 0x250),
                2 => random.Next(0x1100, 0x1200),
                3 => random.Next(0xAC00, 0xAC40),
                _ => random.Next(0x1E00, 0x2000),
            })));
            Assert.That(form.Apply(text), Is.EqualTo(text.Normalize(icu)), string.Join(' ', text.Select(c => $"{(int)c:X4}")));
        }
    }
}
