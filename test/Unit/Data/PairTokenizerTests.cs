using Alignment.Data;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class PairTokenizerTests
{
    // markers: <|user|> 262, <|assistant|> 263, <|end|> 264 = EOS; a byte is its own id
    private static readonly ModelTokenizer s_tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3);
    private static readonly PreferencePair s_pair = new("pairs.jsonl(7)", [new(Role.User, "q")], "abc", "d");
    private static readonly int[] s_prompt = [262, '\n', 'q', 264, '\n', 263, '\n'];

    [Test]
    public void A_pair_within_its_limits_keeps_every_token_and_ends_in_EOS()
    {
        PairTokenizer tokenizer = new(s_tokenizer, new() { MaxPrompt = 7, MaxTotal = 11 });
        TokenizedPair pair = tokenizer.Tokenize(s_pair)!;
        Assert.That(pair.Prompt, Is.EqualTo(s_prompt));
        Assert.That(pair.Chosen, Is.EqualTo(new[] { 'a', 'b', 'c', 264 }));
        Assert.That(pair.Rejected, Is.EqualTo(new[] { 'd', 264 }));
        Assert.That((pair.ChosenCut, pair.RejectedCut, pair.Source), Is.EqualTo((false, false, "pairs.jsonl(7)")));
    }

    [Test]
    public void A_response_cut_at_the_limit_has_no_EOS_and_is_flagged()
    {
        TokenizedPair pair = new PairTokenizer(s_tokenizer, new() { MaxPrompt = 7, MaxTotal = 10 }).Tokenize(s_pair)!;
        Assert.That(pair.Chosen, Is.EqualTo(new[] { 'a', 'b', 'c' }));
        Assert.That((pair.ChosenCut, pair.RejectedCut), Is.EqualTo((true, false)));
    }

    [TestCase("abc", "d", false, false), TestCase("d", "abc", false, false), TestCase("abcd", "abc", true, false), TestCase("abc", "abcd", false, true)]
    public void A_response_that_fills_its_room_is_not_cut(string chosen, string rejected, bool chosenCut, bool rejectedCut)
    {
        TokenizedPair pair = new PairTokenizer(s_tokenizer, new() { MaxPrompt = 7, MaxTotal = 11 }).Tokenize(s_pair with { Chosen = chosen, Rejected = rejected })!;
        Assert.That((pair.ChosenCut, pair.RejectedCut), Is.EqualTo((chosenCut, rejectedCut)));
        Assert.That((pair.Chosen[^1] == 264, pair.Rejected[^1] == 264), Is.EqualTo((!chosenCut, !rejectedCut)), "EOS");
    }

    [Test]
    public void One_token_of_prompt_and_one_of_response_are_enough()
    {
        TokenizedPair pair = new PairTokenizer(s_tokenizer, new() { MaxPrompt = 1, MaxTotal = 2 }).Tokenize(s_pair)!;
        Assert.That((pair.Prompt.Single(), pair.Chosen.Single(), pair.Rejected.Single()), Is.EqualTo(((int)'\n', (int)'a', (int)'d')));
    }

    [Test]
    public void A_long_prompt_keeps_its_end()
    {
        TokenizedPair pair = new PairTokenizer(s_tokenizer, new() { MaxPrompt = 3, MaxTotal = 20 }).Tokenize(s_pair)!;
        Assert.That(pair.Prompt, Is.EqualTo(s_prompt[^3..]));
    }

    [Test]
    public void A_long_prompt_keeps_BOS_before_its_end()
    {
        TokenizedPair pair = new PairTokenizer(s_tokenizer with { Bos = 260 }, new() { MaxPrompt = 3, MaxTotal = 20 }).Tokenize(s_pair)!;
        Assert.That(pair.Prompt, Is.EqualTo(new[] { 260, 263, '\n' }));
    }

    [Test]
    public void A_long_prompt_can_be_refused_by_name()
    {
        PairTokenizer tokenizer = new(s_tokenizer, new() { MaxPrompt = 6, MaxTotal = 20, OnLongPrompt = LongRow.Refuse });
        Assert.That(Assert.Throws<InvalidDataException>(() => tokenizer.Tokenize(s_pair))!.Message, Is.EqualTo(
            "pairs.jsonl(7): the prompt has 7 tokens, maxPrompt is 6; raise the limit, or let the recipe's lengths cut or drop such rows"));
    }

    [Test]
    public void A_long_prompt_can_be_left_out_and_is_named()
    {
        PairTokenizer tokenizer = new(s_tokenizer, new() { MaxPrompt = 7, MaxTotal = 20, OnLongPrompt = LongRow.Drop });
        List<PreferencePair> texts = [];
        IReadOnlyList<TokenizedPair> kept = tokenizer.TokenizeAll([s_pair, s_pair with { Prompt = [new(Role.User, "quite")], Source = "pairs.jsonl(8)" }], texts);
        Assert.That(kept.Select(pair => pair.Source), Is.EqualTo(new[] { "pairs.jsonl(7)" }));
        Assert.That(texts, Is.EqualTo(new[] { s_pair }));
        Assert.That(tokenizer.Dropped, Is.EqualTo(new[] { "pairs.jsonl(8): the prompt has 11 tokens, maxPrompt is 7" }));
        Assert.That(tokenizer.Report.ToString(), Is.EqualTo(
            "1 pairs; cut: 0 (0.0 %) prompts, 0 (0.0 %) chosen, 0 (0.0 %) rejected; dropped: 1 long prompts, 0 long pairs"));
    }

    [Test]
    public void A_pair_with_one_long_response_can_be_left_out_or_refused()
    {
        LengthLimits limits = new() { MaxPrompt = 7, MaxTotal = 11 };
        PairTokenizer drops = new(s_tokenizer, limits with { OnLongPair = LongRow.Drop }), refuses = new(s_tokenizer, limits with { OnLongPair = LongRow.Refuse });
        PreferencePair[] pairs = [s_pair, s_pair with { Rejected = "abcd", Source = "pairs.jsonl(8)" }];
        Assert.That(drops.TokenizeAll(pairs).Single().Source, Is.EqualTo("pairs.jsonl(7)"));
        Assert.That((drops.Report.Dropped, drops.Report.RejectedCut), Is.EqualTo((1, 0)));
        Assert.That(drops.Dropped, Is.EqualTo(new[] { "pairs.jsonl(8): prompt and response have 12 tokens, maxTotal is 11" }));
        Assert.That(() => refuses.TokenizeAll(pairs), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            "pairs.jsonl(8): prompt and response have 12 tokens, maxTotal is 11; raise the limit"));
    }

    [Test]
    public void The_first_twenty_that_are_left_out_are_named_and_none_that_is_cut()
    {
        PairTokenizer drops = new(s_tokenizer, new() { MaxPrompt = 6, MaxTotal = 20, OnLongPrompt = LongRow.Drop }), cuts = new(s_tokenizer, new() { MaxPrompt = 6, MaxTotal = 7 });
        PreferencePair[] pairs = [.. Enumerable.Range(1, 21).Select(row => s_pair with { Source = $"pairs.jsonl({row})" })];
        Assert.That(drops.TokenizeAll(pairs), Is.Empty);
        Assert.That(drops.Dropped.Select(row => row.Split(':')[0]), Is.EqualTo(pairs[..20].Select(pair => pair.Source)));
        Assert.That((drops.Report.PromptsDropped, drops.Report.PairsDropped, drops.Report.Dropped, drops.Report.Pairs), Is.EqualTo((21, 0, 21, 0)));
        Assert.That(cuts.TokenizeAll(pairs).Select(pair => pair.Chosen.Length + pair.Rejected.Length), Is.All.EqualTo(2));
        Assert.That((cuts.Dropped.Count, cuts.Report.PromptsCut, cuts.Report.ChosenCut, cuts.Report.RejectedCut), Is.EqualTo((0, 21, 21, 21)));
    }

    [Test]
    public void Long_pairs_are_told_apart_from_long_prompts()
    {
        PairTokenizer tokenizer = new(s_tokenizer, new() { MaxPrompt = 7, MaxTotal = 10, OnLongPair = LongRow.Drop });
        tokenizer.TokenizeAll([s_pair, s_pair with { Chosen = "a" }]);
        Assert.That(tokenizer.Report.ToString(), Is.EqualTo("1 pairs; cut: 0 (0.0 %) prompts, 0 (0.0 %) chosen, 0 (0.0 %) rejected; dropped: 0 long prompts, 1 long pairs"));
    }

    [Test]
    public void A_prompt_alone_is_cut_or_left_out_as_a_pair_is()
    {
        Assert.That(new PairTokenizer(s_tokenizer, new() { MaxPrompt = 3, MaxTotal = 20 }).TokenizePrompt(s_pair), Has.Property("Cut").True.And.Property("Tokens").EqualTo(s_prompt[^3..]));
        Assert.That(new PairTokenizer(s_tokenizer, new() { MaxPrompt = 3, MaxTotal = 20, OnLongPrompt = LongRow.Drop }).TokenizePrompt(s_pair), Is.Null);
        Assert.That(new PairTokenizer(s_tokenizer, new() { MaxPrompt = 7, MaxTotal = 20 }).TokenizePrompt(s_pair), Has.Property("Cut").False.And.Property("Tokens").EqualTo(s_prompt));
    }

    [Test]
    public void The_report_counts_what_was_cut()
    {
        PairTokenizer tokenizer = new(s_tokenizer, new() { MaxPrompt = 6, MaxTotal = 9 });
        tokenizer.TokenizeAll([s_pair, s_pair with { Chosen = "e" }]);
        Assert.That(tokenizer.Report, Is.EqualTo(new TruncationReport { Pairs = 2, PromptsCut = 2, ChosenCut = 1 }));
        Assert.That(tokenizer.Report.ToString(), Is.EqualTo("2 pairs; cut: 2 (100.0 %) prompts, 1 (50.0 %) chosen, 0 (0.0 %) rejected"));
        Assert.That(new TruncationReport().ToString(), Is.EqualTo("0 pairs; cut: 0 (0.0 %) prompts, 0 (0.0 %) chosen, 0 (0.0 %) rejected"));
    }

    [Test]
    public void All_pairs_become_what_each_becomes_alone_in_their_order()
    {
        PreferencePair[] pairs = [.. Enumerable.Range(0, 3000).Select(i => new PreferencePair($"row {i}", [new(Role.User, new string('q', 1 + i % 9))], $"a{i}", $"b{i * 7 % 11}"))];
        LengthLimits limits = new() { MaxPrompt = 12, MaxTotal = 17, OnLongPrompt = LongRow.Drop, OnLongPair = LongRow.Cut };
        PairTokenizer alone = new(s_tokenizer, limits), together = new(s_tokenizer, limits);
        List<PreferencePair> kept = [];
        (PreferencePair Pair, TokenizedPair? Ids)[] each = [.. pairs.Select(pair => (pair, alone.Tokenize(pair)))];
        TokenizedPair[] all = [.. together.TokenizeAll(pairs, kept)];
        Assert.That(kept, Is.EqualTo(each.Where(one => one.Ids != null).Select(one => one.Pair)).And.Count.InRange(1, 2999));
        Assert.That(all.Select(Written), Is.EqualTo(each.Where(one => one.Ids != null).Select(one => Written(one.Ids!))));
        Assert.That(together.Report, Is.EqualTo(alone.Report));

        static string Written(TokenizedPair pair) =>
            $"{pair.Source}: {string.Join(' ', pair.Prompt)}; {string.Join(' ', pair.Chosen)} {pair.ChosenCut}; {string.Join(' ', pair.Rejected)} {pair.RejectedCut}";
    }

    [TestCase(0, 5)]
    [TestCase(5, 5)]
    public void Limits_without_room_for_a_response_are_refused(int prompt, int total) => Assert.That(
        Assert.Throws<ArgumentException>(() => _ = new PairTokenizer(s_tokenizer, new() { MaxPrompt = prompt, MaxTotal = total }))!.Message,
        Does.StartWith($"max prompt must be ≥ 1 and below max total, were {prompt} and {total}"));
}
