using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data.World;

/// <summary>
/// The embedded world: short help-desk dialogues, generated from a seed, in which a model of a million parameters can learn to speak and
/// every response has an exact gold score. Training pairs and test prompts come from different annotators.
/// </summary>
internal static class EmbeddedWorld
{
    /// <summary>Test prompts to be had; annotator B can ask for more, this many are found fast.</summary>
    public const int MaxTestPrompts = 2000;

    private static readonly Lazy<ModelTokenizer> s_tokenizer = new(WorldVocabulary.CreateTokenizer);

    /// <summary>The tokenizer made for the world's text: <see cref="WorldVocabulary.MaxSize"/> ids, dialogues in Phi-3's template.</summary>
    public static ModelTokenizer Tokenizer => s_tokenizer.Value;

    /// <summary>Pairs of annotator A.</summary>
    /// <param name="seed">The recipe's seed.</param>
    /// <param name="count">How many; a longer list begins with the shorter one.</param>
    public static IReadOnlyList<PreferencePair> TrainingPairs(ulong seed, int count) =>
        [.. Enumerable.Range(0, count).Select(index => Draw(WorldAnnotator.A, seed, $"{index}"))];

    /// <summary>
    /// Prompts of annotator B, no two alike, with its better response as chosen: good, not perfect. <see cref="TrainingPairs"/> of any seed
    /// contain none of the prompts.
    /// </summary>
    /// <param name="seed">The recipe's seed.</param>
    /// <param name="count">How many, at most <see cref="MaxTestPrompts"/>; a longer list begins with the shorter one.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxTestPrompts"/>.</exception>
    public static IReadOnlyList<PreferencePair> TestPrompts(ulong seed, int count)
    {
        if (count > MaxTestPrompts)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"the embedded world has at most {MaxTestPrompts} different test prompts");
        return [.. Enumerable.InfiniteSequence(0, 1)
            .Select(index => Draw(WorldAnnotator.B, seed, $"{index}"))
            .DistinctBy(pair => pair.Prompt[^1].Text)
            .Take(count)];
    }

    private static PreferencePair Draw(WorldAnnotator annotator, ulong seed, string index)
    {
        SeededRandom random = new(seed, $"world/{annotator.Name}/{index}");
        (WorldTopic topic, string prompt) = annotator.Ask(random);
        WorldWriter writer = new(random, annotator.Verbosity);
        string first = Response();
        string second = Response();
        while (second == first)
            second = Response();
        (string chosen, string rejected) = annotator.PrefersFirst(prompt, (first, second), random) ? (first, second) : (second, first);
        return new($"world {annotator.Name} {index}", [new Message(Role.User, prompt)], chosen, rejected);

        string Response() =>
            writer.Write(topic, annotator.Care.Worst + (annotator.Care.Best - annotator.Care.Worst) * random.NextDouble());
    }
}
