using Alignment.Models;
using Alignment.Recipes;
using Alignment.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Sweeps;

/// <summary>Makes the models of a sweep: fresh ones for SFT, and stored ones for everything after it.</summary>
internal sealed class PolicyModels(Recipe recipe, SweepOptions options, ModelTokenizer tokenizer)
{
    private readonly Device _device = device(options.Device);

    /// <summary>The model every SFT run starts from.</summary>
    /// <exception cref="ArgumentException">The recipe puts adapters on layers this model lacks.</exception>
    public Decoder Start()
    {
        Decoder model = Fresh();
        if (recipe.Policy.Lora is { } lora) // said before SFT, not after it
            LoraAdapters.RequireTargets(model, lora);
        return model;
    }

    /// <summary>A model as it was stored.</summary>
    /// <exception cref="InvalidDataException">The folder's weights do not fit its config.json, or its vocabulary is smaller than the tokenizer's.</exception>
    public Decoder Load(string folder)
    {
        DecoderConfig config = DecoderConfig.ReadFolder(folder);
        if (config.Shape.Vocabulary < tokenizer.VocabularySize)
            throw new InvalidDataException(
                $"{folder}: the model knows {config.Shape.Vocabulary} tokens and the tokenizer has {tokenizer.VocabularySize}; "
                + "give the tokenizer this model was trained with");
        return Placed(Decoder.Load(config, folder));
    }

    /// <summary>The model of a run that was trained: its own weights, or its adapters on those of the SFT run.</summary>
    public Decoder Load(string weights, StoredRun? sft)
    {
        if (!PeftFolder.IsOne(weights))
            return Load(weights);
        Decoder model = Load(Weights(sft!));
        PeftFolder.Load(model, weights);
        return model;
    }

    /// <summary>The folder of a run's weights.</summary>
    public static string Weights(StoredRun run) => Path.Combine(run.Folder, "weights");

    /// <summary>Puts the recipe's adapters, if it has any, on a model that preference optimisation begins with.</summary>
    /// <param name="model">Changed.</param>
    /// <param name="seed">Of the adapters' random half.</param>
    public void Adapt(Decoder model, ulong seed)
    {
        if (recipe.Policy.Lora is { } lora)
            LoraAdapters.Attach(model, lora, seed);
    }

    /// <summary>
    /// Writes a model as a Hugging Face folder with its tokenizer. Of one with adapters only these are written, as PEFT's folder whose base is
    /// the SFT run's weights (a path from the folder itself): small, and the SFT weights stand once.
    /// </summary>
    public void Save(Decoder model, string folder, StoredRun? sft)
    {
        if (model.Adapters is { } adapters)
            PeftFolder.Save(adapters, folder, Path.Combine("..", "..", sft!.Id, "weights"));
        else
            model.Save(folder, RecipeTokenizer.Files(recipe, options));
    }

    private Decoder Fresh() => recipe.Policy switch
    {
        NewPolicy fresh => Placed(Decoder.Initialised(Config(fresh.Shape), recipe.Seed)),
        PolicyFolder named => Load(RecipePath.Find(recipe, options, named.Folder, "policy.folder")),
        _ => throw new NotSupportedException($"{recipe.Policy.GetType().Name} is not a kind of policy"),
    };

    private DecoderConfig Config(ModelShape shape) => new()
    {
        Shape = shape with { Vocabulary = tokenizer.VocabularySize },
        BeginToken = tokenizer.Bos,
        EndTokens = [tokenizer.Eos],
        PadToken = tokenizer.Pad,
    };

    private Decoder Placed(Decoder model)
    {
        if (_device.type != TorchSharp.DeviceType.CPU)
            model.Module.to(_device);
        return model;
    }
}
