using Alignment.Data;
using Alignment.Data.World;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.World;

public class WorldVocabularyTests
{
    private const string Way = "for a changed world, run the explicit test Store_the_vocabulary and commit its files";
    private static readonly Lazy<BpeVocabulary> s_trained = new(WorldVocabulary.Train);

    [Test]
    public void The_stored_vocabulary_is_what_training_gives() =>
        Assert.That(Content(WorldVocabulary.OpenVocabulary()), Is.EqualTo(s_trained.Value.VocabularyJson()), Way);

    [Test]
    public void The_stored_merges_are_what_training_gives() =>
        Assert.That(Content(WorldVocabulary.OpenMerges()), Is.EqualTo(s_trained.Value.MergesText()), Way);

    [Test]
    public void The_vocabulary_has_768_different_tokens_and_ends_in_the_special_ones()
    {
        Assert.That(s_trained.Value.Tokens, Has.Count.EqualTo(WorldVocabulary.MaxSize));
        Assert.That(s_trained.Value.Tokens, Is.Unique);
        Assert.That(s_trained.Value.Tokens.TakeLast(5), Is.EqualTo(new[] { "<|endoftext|>", "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>" }));
    }

    [Test]
    public void A_folder_with_the_stored_files_is_opened_as_the_same_tokenizer()
    {
        string folder = Directory.CreateTempSubdirectory("world-vocabulary").FullName;
        File.WriteAllBytes(Path.Combine(folder, "vocab.json"), Content(WorldVocabulary.OpenVocabulary()));
        File.WriteAllBytes(Path.Combine(folder, "merges.txt"), Content(WorldVocabulary.OpenMerges()));
        ModelTokenizer opened = TokenizerFolder.Load(folder);
        Directory.Delete(folder, recursive: true);
        Assert.That(opened with { Text = EmbeddedWorld.Tokenizer.Text }, Is.EqualTo(EmbeddedWorld.Tokenizer));
        Assert.That(Ids(opened), Is.EqualTo(Ids(EmbeddedWorld.Tokenizer)));
    }

    [Test]
    public void A_prompt_is_one_turn_of_phi_3()
    {
        int[] ids = EmbeddedWorld.Tokenizer.EncodePrompt([new Message(Role.User, "how do i clean my lamp?")]);
        Assert.That(EmbeddedWorld.Tokenizer.Text.Decode(ids), Is.EqualTo("<|user|>\nhow do i clean my lamp?<|end|>\n<|assistant|>\n"));
        Assert.That(ids.Where(id => id >= 763), Is.EqualTo(new[] { 765, 767, 766 }), "markers are one token each");
    }

    [Test]
    public void Every_response_survives_the_round_trip_and_ends_in_eos()
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer;
        foreach (PreferencePair pair in EmbeddedWorld.TrainingPairs(4, 300).Concat(EmbeddedWorld.TestPrompts(4, 300)))
        {
            int[] ids = tokenizer.EncodeResponse(pair.Chosen);
            Assert.That(tokenizer.Decode(ids), Is.EqualTo(pair.Chosen));
            Assert.That(ids.AsSpan(..^1).IndexOfAny(tokenizer.Eos, tokenizer.Pad), Is.EqualTo(-1));
            Assert.That(ids[^1], Is.EqualTo(tokenizer.Eos));
        }
    }

    [Test]
    public void Dialogues_are_short_in_tokens()
    {
        int[] lengths = [.. EmbeddedWorld.TrainingPairs(4, 1000).Concat(EmbeddedWorld.TestPrompts(4, 1000)).SelectMany(Lengths).Order()];
        TestContext.Progress.WriteLine($"tokens of prompt and response: median {lengths[2000]}, p99 {lengths[3960]}, longest {lengths[^1]}");
        Assert.That(lengths[3960], Is.LessThanOrEqualTo(80));
        Assert.That(lengths[^1], Is.LessThanOrEqualTo(96));

        static IEnumerable<int> Lengths(PreferencePair pair) => new[] { pair.Chosen, pair.Rejected }
            .Select(response => EmbeddedWorld.Tokenizer.EncodePrompt(pair.Prompt).Length + EmbeddedWorld.Tokenizer.EncodeResponse(response).Length);
    }

    [Test]
    public void A_word_is_seldom_more_than_two_tokens()
    {
        string[] words = [.. EmbeddedWorld.TestPrompts(4, 200).SelectMany(pair => pair.Chosen.TrimEnd('.').Split(' ')).Where(word => !word.EndsWith('.'))];
        Assert.That(words.Average(word => EmbeddedWorld.Tokenizer.Text.EncodeToIds($" {word}").Count <= 2 ? 1.0 : 0.0), Is.GreaterThan(0.9));
    }

    // -- TestRunParameters.Parameter(name="VocabularyDir", value="…/src/Alignment/Data/World")
    [Test, Explicit("writes into the source tree")]
    public void Store_the_vocabulary()
    {
        string folder = TestContext.Parameters["VocabularyDir"] ?? throw new InvalidOperationException("give the folder as VocabularyDir");
        File.WriteAllBytes(Path.Combine(folder, "vocab.json"), s_trained.Value.VocabularyJson());
        File.WriteAllBytes(Path.Combine(folder, "merges.txt"), s_trained.Value.MergesText());
    }

    private static int[][] Ids(ModelTokenizer tokenizer) =>
        [.. EmbeddedWorld.TrainingPairs(4, 50).SelectMany(pair => new[] { tokenizer.EncodePrompt(pair.Prompt), tokenizer.EncodeResponse(pair.Chosen) })];

    private static byte[] Content(Stream stream)
    {
        using MemoryStream content = new();
        using (stream)
            stream.CopyTo(content);
        return content.ToArray();
    }
}
