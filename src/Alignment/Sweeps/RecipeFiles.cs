using System.Text;
using System.Text.Json;
using Alignment.Data;
using Alignment.Data.World;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>Opens the tokenizer a recipe names.</summary>
internal static class RecipeTokenizer
{
    /// <summary>The tokenizer a recipe names (a SentencePiece model file or a folder), or the one in its policy's folder.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    /// <exception cref="InvalidDataException">The recipe names no template, and nothing tells one.</exception>
    public static ToldTemplate Load(Recipe recipe, FileChoice files, SweepOptions options)
    {
        ChatTemplate? named = files.Template == null ? null : ChatTemplate.Known.First(known => known.Name == files.Template);
        ToldTemplate told = ToldTemplate.Load(Place(recipe, files, options), named, "\"template\" in the recipe's data", files.TemplateSettings);
        return told with { Tokenizer = told.Tokenizer.With(files.Markers) };
    }

    /// <summary>The tokenizer's files by name, to be stored beside a model's weights.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files(Recipe recipe, SweepOptions options) =>
        recipe.Data is FileChoice files ? FilesAt(Place(recipe, files, options)) : WorldFiles();

    /// <summary>As <see cref="Files"/>, for a model that was trained with a template: the folder tells it from now on, too.</summary>
    public static IReadOnlyDictionary<string, byte[]> ModelFiles(Recipe recipe, SweepOptions options, IChatTemplate template) =>
        new Dictionary<string, byte[]>(Files(recipe, options)) { [TemplateJinja.FileName] = Encoding.UTF8.GetBytes(template.Jinja) };

    private static IReadOnlyDictionary<string, byte[]> FilesAt(string path) =>
        File.Exists(path) ? new Dictionary<string, byte[]> { ["tokenizer.model"] = File.ReadAllBytes(path) } : TokenizerFolder.Files(path);

    // a SentencePiece model file or a folder
    private static string Place(Recipe recipe, FileChoice files, SweepOptions options) => (files.Tokenizer, recipe.Policy) switch
    {
        ({ } named, _) => RecipePath.Find(recipe, options, named, "data.tokenizer"),
        (null, PolicyFolder policy) => PolicyPlace(RecipePath.Policy(recipe, options, policy)),
        _ => throw new RecipeException([$"{recipe.At("$.data")} needs \"tokenizer\": a new policy has no folder to take one from"]),
    };

    private static string PolicyPlace(ModelFolder policy) => TokenizerFolder.IsOne(policy.Named) ? policy.Named : policy.Base;

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

/// <summary>Finds the files and folders a recipe names: in the data folder the user gave, else beside the recipe.</summary>
internal static class RecipePath
{
    /// <summary>The full path of a file or folder.</summary>
    /// <param name="recipe">The recipe that names it.</param>
    /// <param name="options">May say where data is.</param>
    /// <param name="name">Absolute, or relative to the data folder or the recipe.</param>
    /// <param name="key">Where the recipe names it, for the message.</param>
    /// <exception cref="RecipeException">It is in neither place.</exception>
    public static string Find(Recipe recipe, SweepOptions options, string name, string key)
    {
        string[] places = [.. Places(recipe, options).Select(folder => Path.GetFullPath(name, folder)).Distinct()];
        return places.FirstOrDefault(DataFiles.Exist) ?? throw new RecipeException(
            [$"{recipe.At("$." + key)} names {name}, which is not there: looked at {string.Join(" and ", places)}"
                + (options.DataFolder == null ? "; name the folder that holds it with -p:DataDir=FOLDER" : "")]);
    }

    /// <summary>The policy's folder with the base of its adapters, where it holds some.</summary>
    /// <exception cref="RecipeException">The folder or the base is not there.</exception>
    public static ModelFolder Policy(Recipe recipe, SweepOptions options, PolicyFolder policy)
    {
        string folder = Find(recipe, options, policy.Folder, "policy.folder");
        try
        {
            return policy.Base is { } given ? ModelFolder.Over(folder, Find(recipe, options, given, "policy.base"))
                : ModelFolder.Find(folder, [.. Places(recipe, options)]);
        }
        catch (InvalidDataException e)
        {
            throw new RecipeException([$"{recipe.At("$.policy")}: {e.Message}"]);
        }
    }

    private static IEnumerable<string> Places(Recipe recipe, SweepOptions options) =>
        new[] { options.DataFolder, recipe.PathsFolder }.OfType<string>();
}
