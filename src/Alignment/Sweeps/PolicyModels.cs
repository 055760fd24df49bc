using Alignment.Models;
using Alignment.Recipes;
using Alignment.Tokenization;
using static TorchSharp.torch;

namespace Alignment.Sweeps;

/// <summary>Makes the models of a sweep: fresh ones for SFT, and stored ones for everything after it.</summary>
internal sealed class PolicyModels(Recipe recipe, SweepOptions options, ModelTokenizer tokenizer)
{
    private readonly Placement _place = Placement.Of(recipe.Policy.Precision, device(options.Device));

    /// <summary>The model every SFT run starts from; without SFT, every preference run.</summary>
    public Decoder Start() => recipe.Policy switch
    {
        NewPolicy fresh => Decoder.Initialised(Config(fresh.Shape), recipe.Seed, _place),
        PolicyFolder named => Load(RecipePath.Policy(recipe, options, named)),
        _ => throw new NotSupportedException($"{recipe.Policy.GetType().Name} is not a kind of policy"),
    };

    /// <summary>The folder of the weights of a run that preference runs start from.</summary>
    public string WeightsOf(StoredRun start, WeightStore weights) => start.Point.Method == Grid.Start && StartFolder is { } whole ? whole : weights.Folder(start.Weights);

    /// <summary>Refuses adapters on layers the policy lacks.</summary>
    /// <exception cref="RecipeException">Names the targets, and the layers there are.</exception>
    public static void RequireTargets(Recipe recipe, SweepOptions options)
    {
        (string Key, LoraSettings? Lora)[] given = [("policy.lora", recipe.Policy.Lora), ("sft.lora", recipe.Sft?.Lora)];
        if (given.All(item => item.Lora is null))
            return;
        DecoderConfig config = recipe.Policy is PolicyFolder named ? RecipePath.Policy(recipe, options, named).Config()
            : new() { Shape = ((NewPolicy)recipe.Policy).Shape };
        List<string> faults = [];
        foreach ((string key, LoraSettings? lora) in given)
            try
            {
                lora?.RequireIn(config);
            }
            catch (ArgumentException e)
            {
                faults.Add($"{recipe.At("$." + key)}: {e.Message}");
            }

        if (faults.Count > 0)
            throw new RecipeException(faults);
    }

    /// <summary>A whole model as it was stored.</summary>
    /// <exception cref="InvalidDataException">The folder's weights do not fit its config.json, or its vocabulary is smaller than the tokenizer's.</exception>
    public Decoder Load(string folder) => Load(new ModelFolder(folder, null));

    private Decoder Load(ModelFolder folder)
    {
        DecoderConfig config = folder.Config();
        if (config.Shape.Vocabulary < tokenizer.VocabularySize)
            throw new InvalidDataException(
                $"{folder.Named}: the model knows {config.Shape.Vocabulary} tokens and the tokenizer has {tokenizer.VocabularySize}; "
                + "give the tokenizer this model was trained with");
        return folder.Load(config, _place);
    }

    /// <summary>The model of a run that was trained: its own weights, or its adapters on those it started from.</summary>
    public Decoder Load(string weights, string? start)
    {
        if (!PeftFolder.IsOne(weights))
            return Load(weights);
        Decoder model = Load(start!);
        PeftFolder.Load(model, weights);
        return model;
    }

    /// <summary>The policy's own folder, where preference runs can start from it as it is: it holds one whole model.</summary>
    public string? StartFolder => recipe.Policy is PolicyFolder named && RecipePath.Policy(recipe, options, named) is { Adapter: null } whole ? whole.Base : null;

    /// <summary>
    /// Writes a model as a Hugging Face folder with its tokenizer. Of one with adapters only these are written, as PEFT's folder whose base is
    /// what they were trained on: small, and those weights stand once.
    /// </summary>
    public void Save(Decoder model, string folder, string? start)
    {
        IReadOnlyDictionary<string, byte[]> files = RecipeTokenizer.ModelFiles(recipe, options, tokenizer.Template);
        if (model.Adapters is { } adapters)
            PeftFolder.Save(adapters, folder, Path.GetFullPath(start!), files);
        else
            model.Save(folder, files);
    }

    /// <summary>Ids that end a response: the template's end first, then every end token the policy's folder names.</summary>
    public static IReadOnlySet<int> EndTokens(Recipe recipe, SweepOptions options, ModelTokenizer tokenizer) => new HashSet<int>(
        [tokenizer.Eos, .. recipe.Policy is PolicyFolder named ? RecipePath.Policy(recipe, options, named).Config().EndTokens.Select(id => (int)id) : []]);

    private DecoderConfig Config(ModelShape shape) => new()
    {
        Shape = shape with { Vocabulary = tokenizer.VocabularySize },
        BeginToken = tokenizer.Bos,
        EndTokens = [tokenizer.Eos],
        PadToken = tokenizer.Pad,
    };
}
