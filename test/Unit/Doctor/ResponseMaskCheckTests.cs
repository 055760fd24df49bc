using Alignment.Data;
using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class ResponseMaskCheckTests
{
    private static readonly ModelTokenizer s_tokenizer = EmbeddedWorld.Tokenizer;

    [Test]
    public void The_first_three_pairs_show_what_is_scored_in_brackets()
    {
        PreferencePair[] pairs = [.. Enumerable.Range(1, 4).Select(i => new PreferencePair($"pairs.jsonl({i})", [new(Role.User, $"xy {i}")], "yes", "no\nnever"))];
        string[] lines = Lines(Tokenized(pairs, 100));
        Assert.That(lines, Has.Length.EqualTo(9));
        Assert.That(lines[..2], Is.EqualTo(new[]
        {
            "      pairs.jsonl(1) chosen, 3 of 13 tokens scored, end scored: <|user|>\\nxy 1<|end|>\\n<|assistant|>\\n[yes<|end|>]",
            "      pairs.jsonl(1) rejected, 5 of 15 tokens scored, end scored: <|user|>\\nxy 1<|end|>\\n<|assistant|>\\n[no\\nnever<|end|>]",
        }));
        Assert.That(lines[6..], Is.EqualTo(new[]
        {
            "ok    every response has scored text",
            "ok    no response has <|end|> inside its text",
            "ok    every whole response ends in <|end|>, which is scored",
        }));
    }

    [Test]
    public void A_response_cut_at_the_limit_is_shown_without_its_end() => Assert.That(
        Lines(Tokenized([new("pairs.jsonl(1)", [new(Role.User, "xy")], "yesyesyes", "no")], 11))[0],
        Is.EqualTo("      pairs.jsonl(1) chosen, 3 of 11 tokens scored, end cut off: <|user|>\\nxy<|end|>\\n<|assistant|>\\n[yesy]"));

    [Test]
    public void Long_texts_are_shown_by_their_ends()
    {
        string words = string.Concat(Enumerable.Repeat("word ", 40));
        Assert.That(Lines(Tokenized([new("pairs.jsonl(1)", [new(Role.User, words)], words + "end", "no")], 1000))[0], Does.EndWith(
            ": … word word word word word <|end|>\\n<|assistant|>\\n[word word word word word word word w … rd word word word word word word end<|end|>]"));
    }

    [Test]
    public void Data_that_brings_its_own_markers_fails() => Assert.That(
        Lines(Tokenized([new("pairs.jsonl(7)", [new(Role.User, "xy")], "yes<|end|>", "no")], 100))[^2],
        Is.EqualTo("FAIL  1 of 2 (50.0 %) responses have <|end|> inside their text, first pairs.jsonl(7): "
            + "take the template's markers out of the data; the template writes them"));

    [Test]
    public void Responses_without_scored_text_or_without_an_end_fail()
    {
        int end = s_tokenizer.Eos;
        TokenizedPair[] pairs = [new("pairs.jsonl(1)", [5], [end], [6, end], false, false), new("pairs.jsonl(2)", [5], [6, end], [6, 7], false, false)];
        Assert.That(Lines(pairs).TakeLast(3), Is.EqualTo(new[]
        {
            "FAIL  1 of 4 (25.0 %) responses have no text that is scored, first pairs.jsonl(1): raise maxTotal, or lower maxPrompt, so that a response has room",
            "ok    no response has <|end|> inside its text",
            "FAIL  1 of 4 (25.0 %) whole responses do not end in <|end|>, first pairs.jsonl(2): a model that never sees the end scored never learns to stop",
        }));
    }

    private static IReadOnlyList<TokenizedPair> Tokenized(IReadOnlyList<PreferencePair> pairs, int maxTotal) =>
        new PairTokenizer(s_tokenizer, new() { MaxPrompt = maxTotal - 1, MaxTotal = maxTotal }).TokenizeAll(pairs);

    private static string[] Lines(IReadOnlyList<TokenizedPair> pairs) => [.. ResponseMaskCheck.Of(s_tokenizer, pairs).Select(verdict => verdict.ToString())];
}
