using Alignment.Data;
using Alignment.Data.World;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class LabelledRowsTests
{
    [TestCase("a b c d", "d a b c", TestName = "all prompts differ: the row before, around the beginning")]
    [TestCase("a a b b", "b b a a", TestName = "a prompt's rows stand side by side")]
    [TestCase("a b b b a", "b a a a b", TestName = "the first prompt ends the data, too")]
    [TestCase("a a a b", "b b b a", TestName = "a long run")]
    [TestCase("a b", "b a", TestName = "two rows")]
    public void A_mismatched_response_is_of_the_nearest_row_before_with_another_prompt(string prompts, string mismatched)
    {
        string[] letters = prompts.Split(' ');
        TokenizedPair[] rows = [.. letters.Select((letter, i) => Row(letter[0], [100 + i], i % 2 == 0))];
        LabelledRows labelled = LabelledRows.Of(rows, 50);
        Assert.That(labelled.HasMismatched);
        Assert.That(labelled.Select(row => letters[row.Rejected[0] - 100]), Is.EqualTo(mismatched.Split(' ')));
        for (int row = 0; row < rows.Length; row++)
        {
            int of = labelled[row].Rejected[0] - 100, steps = (row - of + rows.Length) % rows.Length;
            for (int between = 1; between < steps; between++)
                Assert.That(letters[(row - between + rows.Length) % rows.Length], Is.EqualTo(letters[row]), "a nearer one would do");
        }
    }

    [Test]
    public void A_row_has_its_own_response_first_and_the_mismatched_one_behind_the_same_prompt()
    {
        LabelledRows labelled = LabelledRows.Of([Row('a', [1, 2, 3], true), Row('b', [4, 5], false) with { RejectedCut = true }, Row('c', [6], true)], 50);
        Assert.That(labelled.Select(row => (row.Source, row.Prompt[0], string.Join(',', row.Chosen), string.Join(',', row.Rejected), row.ChosenCut, row.RejectedCut)), Is.EqualTo(new[]
        {
            ("a", (int)'a', "1,2,3", "6", false, false), ("b", 'b', "4,5", "1,2,3", true, false), ("c", 'c', "6", "4,5", false, true),
        }));
        Assert.That(Enumerable.Range(0, 3).Select(labelled.IsDesirable), Is.EqualTo(new[] { true, false, true }));
        Assert.That(labelled.Desirable.Select(row => (row.Source, row.Chosen.Length, row.Rejected.Length)), Is.EqualTo(new[] { ("a", 3, 0), ("c", 1, 0) }));
        Assert.That(labelled, Has.Count.EqualTo(3));
    }

    [TestCase(6, "1,2,3"), TestCase(5, "1,2"), TestCase(4, "1")]
    public void A_mismatched_response_is_cut_where_its_row_would_be_too_long(int maxTotal, string kept)
    {
        LabelledRows labelled = LabelledRows.Of([Row('a', [1, 2, 3], true), Row('b', [9], false) with { Prompt = ['b', 'b', 'b'] }], maxTotal);
        Assert.That((string.Join(',', labelled[1].Rejected), labelled[1].RejectedCut), Is.EqualTo((kept, kept.Length < 5)));
        Assert.That(labelled[0].Chosen, Has.Length.EqualTo(3), "a row's own response is not touched");
    }

    [Test]
    public void One_prompt_alone_has_no_mismatched_response()
    {
        LabelledRows same = LabelledRows.Of([Row('a', [1], true), Row('a', [2], false)], 9);
        Assert.That(same.HasMismatched, Is.False);
        Assert.That(same.Select(row => row.Rejected.Single()), Is.EqualTo(new[] { 1, 1 }), "the first one's stands in its place");
        Assert.That(LabelledRows.Of([Row('a', [1], true)], 9).HasMismatched, Is.False);
    }

    [Test]
    public void Tokenized_rows_keep_their_side_and_are_counted_by_label()
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer;
        PreferencePair pair = EmbeddedWorld.TrainingPairs(3, 1)[0];
        PreferencePair good = PreferencePair.Labelled("g", pair.Prompt, pair.Chosen, true), bad = PreferencePair.Labelled("b", pair.Prompt, pair.Rejected, false);
        var limits = new LengthLimits { MaxPrompt = 60, MaxTotal = 100 };
        TokenizedPair whole = new PairTokenizer(tokenizer, limits).Tokenize(pair)!;
        var cutter = new PairTokenizer(tokenizer, limits);
        IReadOnlyList<TokenizedPair> rows = cutter.TokenizeAll([good, bad]);
        Assert.That(rows.Select(row => (row.Prompt, row.Chosen, row.Rejected)), Is.EqualTo(new[] { (whole.Prompt, whole.Chosen, Array.Empty<int>()), (whole.Prompt, [], whole.Rejected) }));
        Assert.That(rows.Select(row => (row.IsLabelled, row.IsDesirable)), Is.EqualTo(new[] { (true, true), (true, false) }));
        Assert.That(whole.IsLabelled, Is.False);
        Assert.That(cutter.Report.ToString(), Is.EqualTo("2 labelled responses; cut: 0 (0.0 %) prompts, 0 (0.0 %) desirable, 0 (0.0 %) undesirable"));
        var tight = new PairTokenizer(tokenizer, new() { MaxPrompt = whole.Prompt.Length, MaxTotal = whole.Prompt.Length + 2 });
        Assert.That(tight.TokenizeAll([good, bad]).Select(row => (row.Response.Length, row.ResponseCut)), Is.EqualTo(new[] { (2, true), (2, true) }));
        Assert.That((tight.Report.ChosenCut, tight.Report.RejectedCut), Is.EqualTo((1, 1)));
        var drops = new PairTokenizer(tokenizer, new() { MaxPrompt = whole.Prompt.Length, MaxTotal = whole.Prompt.Length + whole.Chosen.Length, OnLongPair = LongRow.Drop });
        PreferencePair longer = PreferencePair.Labelled("l", pair.Prompt, pair.Chosen + pair.Rejected, false);
        Assert.That(drops.TokenizeAll([good, longer]), Has.Count.EqualTo(1));
        Assert.That(drops.Report.ToString(), Does.EndWith("; dropped: 0 long prompts, 1 long responses"));
    }

    private static TokenizedPair Row(char prompt, int[] response, bool isDesirable) =>
        isDesirable ? new($"{prompt}", [prompt], response, [], false, false) : new($"{prompt}", [prompt], [], response, false, false);
}
