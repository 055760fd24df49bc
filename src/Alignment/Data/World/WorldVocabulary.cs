using Alignment.Tokenization;

namespace Alignment.Data.World;

/// <summary>The vocabulary made for the embedded world: vocab.json and merges.txt beside this file, and how they were made.</summary>
internal static class WorldVocabulary
{
    /// <summary>Ends a conversation that is not to be continued.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>Fills batches; never predicted.</summary>
    public const string Padding = "<|pad|>";

    /// <summary>Opens the user's turn.</summary>
    public const string User = "<|user|>";

    /// <summary>Opens the assistant's turn.</summary>
    public const string Assistant = "<|assistant|>";

    /// <summary>Closes a turn; the EOS of a response, as in Phi-3.</summary>
    public const string EndOfTurn = "<|end|>";

    /// <summary>Ids there are at most.</summary>
    public const int MaxSize = 768;

    /// <summary>The special tokens in the order of their ids.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } = [EndOfText, Padding, User, Assistant, EndOfTurn];

    /// <summary>vocab.json as it is stored in this assembly; the caller disposes it.</summary>
    public static Stream OpenVocabulary() => Open("vocab.json");

    /// <summary>merges.txt as it is stored in this assembly; the caller disposes it.</summary>
    public static Stream OpenMerges() => Open("merges.txt");

    /// <summary>Makes the vocabulary anew from the text of both annotators; the stored files hold exactly this.</summary>
    public static BpeVocabulary Train()
    {
        IEnumerable<string> texts = EmbeddedWorld.TrainingPairs(0, 2000)
            .Concat(EmbeddedWorld.TestPrompts(0, 1000))
            .SelectMany(pair => new[] { pair.Prompt[^1].Text, pair.Chosen, pair.Rejected });
        return BpeTrainer.Train(texts, MaxSize - 256 - SpecialTokens.Count, SpecialTokens);
    }

    /// <summary>The stored vocabulary as a tokenizer with Phi-3's template: what a folder with the two files is opened as.</summary>
    public static ModelTokenizer CreateTokenizer()
    {
        using Stream vocabulary = OpenVocabulary(), merges = OpenMerges();
        return ModelTokenizer.For(ByteLevelBpe.FromStreams(vocabulary, merges), ChatTemplate.Phi3);
    }

    private static Stream Open(string file) => typeof(WorldVocabulary).Assembly.GetManifestResourceStream($"Alignment.Data.World.{file}")!;
}
