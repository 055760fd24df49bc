using System.Text;
using Alignment.Data.World;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.World;

public class BpeTrainerTests
{
    // words: "low" ×3, " low" ×1, "lot" ×1; pairs: l+o 5, o+w 4 → lo; lo+w 4 → low; then Ġ+low 1, lo+t 1: "lo" < "Ġ" in ordinal order
    [Test]
    public void The_most_frequent_pair_is_merged_first_and_ties_go_to_the_first_in_order() =>
        Assert.That(BpeTrainer.Train(["low", "low low", "lot"], 4, []).Merges,
            Is.EqualTo(new[] { ("l", "o"), ("lo", "w"), ("lo", "t"), ("Ġ", "low") }));

    [Test]
    public void Pairs_that_begin_alike_go_by_their_second_part() =>
        Assert.That(BpeTrainer.Train(["ac", "ab"], 2, []).Merges, Is.EqualTo(new[] { ("a", "b"), ("a", "c") }));

    [Test]
    public void It_makes_no_more_merges_than_are_asked_for() => Assert.That(BpeTrainer.Train(["abc"], 1, []).Merges, Is.EqualTo(new[] { ("a", "b") }));

    [Test]
    public void It_stops_when_every_word_is_one_token() =>
        Assert.That(BpeTrainer.Train(["ab ab"], 100, []).Merges, Is.EqualTo(new[] { ("a", "b"), ("Ġ", "ab") }));

    [Test]
    public void A_pair_is_merged_from_the_left() =>
        Assert.That(BpeTrainer.Train(["aaa"], 2, []).Merges, Is.EqualTo(new[] { ("a", "a"), ("aa", "a") }));

    [Test]
    public void No_merge_crosses_words() => Assert.That(BpeTrainer.Train(["a.", "a.", "a b"], 100, []).Merges, Is.EqualTo(new[] { ("Ġ", "b") }));

    [Test]
    public void Tokens_are_bytes_then_merges_then_special_tokens()
    {
        BpeVocabulary vocabulary = BpeTrainer.Train(["ab"], 1, ["<|end|>"]);
        Assert.That(vocabulary.Tokens, Has.Count.EqualTo(258));
        Assert.That(vocabulary.Tokens.Take(3).Concat(vocabulary.Tokens.Skip(255)), Is.EqualTo(new[] { "!", "\"", "#", "Ń", "ab", "<|end|>" }));
    }

    [Test]
    public void The_files_are_written_as_gpt_2_has_them()
    {
        BpeVocabulary vocabulary = BpeTrainer.Train([" ab"], 2, ["<|end|>"]);
        Assert.That(Encoding.UTF8.GetString(vocabulary.MergesText()), Is.EqualTo("#version: 0.2\na b\nĠ ab\n"));
        Assert.That(Encoding.UTF8.GetString(vocabulary.VocabularyJson()), Does.StartWith("{\n  \"!\": 0,\n  \"\\\"\": 1,\n").And
            .EndsWith("\n  \"ab\": 256,\n  \"Ġab\": 257,\n  \"<|end|>\": 258\n}\n"));
    }
}
