using System.Text.Json;
using Alignment.Checkpoints;
using Alignment.Data.World;
using Alignment.Recipes;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>Opens the tokenizer a recipe names.</summary>
internal static class RecipeTokenizer
{
    /// <summary>The tokenizer a recipe names (a SentencePiece model file or a folder), or the one in its policy's folder.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public static ModelTokenizer Load(Recipe recipe, FileChoice files, SweepOptions options)
    {
        ChatTemplate template = ChatTemplate.Known.First(known => known.Name == files.Template);
        string path = Place(recipe, files, options);
        return File.Exists(path) ? ModelTokenizer.For(SentencePieceBpe.FromModel(path), template) : TokenizerFolder.Load(path, template);
    }

    /// <summary>The tokenizer's files by name, to be stored beside a model's weights.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files(Recipe recipe, SweepOptions options) =>
        recipe.Data is FileChoice files ? FilesAt(Place(recipe, files, options)) : WorldFiles();

    private static IReadOnlyDictionary<string, byte[]> FilesAt(string path) =>
        File.Exists(path) ? new Dictionary<string, byte[]> { ["tokenizer.model"] = File.ReadAllBytes(path) } : TokenizerFiles.In(path);

    // a SentencePiece model file or a folder
    private static string Place(Recipe recipe, FileChoice files, SweepOptions options) => (files.Tokenizer, recipe.Policy) switch
    {
        ({ } named, _) => RecipePath.Find(recipe, options, named, "data.tokenizer"),
        (null, PolicyFolder policy) => RecipePath.Find(recipe, options, policy.Folder, "policy.folder"),
        _ => throw new RecipeException([$"{Path.GetFileName(recipe.File)}: $.data needs \"tokenizer\": a new policy has no folder to take one from"]),
    };

    private static Dictionary<string, byte[]> WorldFiles()
    {
        using Stream vocabulary = WorldVocabulary.OpenVocabulary(), merges = WorldVocabulary.OpenMerges();
        return new()
        {
            ["vocab.json"] = Content(vocabulary),
            ["merges.txt"] = Content(merges),
            ["tokenizer_config.json"] = JsonSerializer.SerializeToUtf8Bytes(new
            {
                tokenizer_class = "GPT2Tokenizer",
                eos_token = WorldVocabulary.EndOfTurn,
                pad_token = WorldVocabulary.Padding,
                unk_token = WorldVocabulary.EndOfText,
                additional_special_tokens = WorldVocabulary.SpecialTokens,
            }),
        };
    }

    private static byte[] Content(Stream stream)
    {
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
