using Alignment.Checkpoints.Hub;

namespace Alignment.Models;

/// <summary>A policy on disk: a Hugging Face folder, or a PEFT folder over one, which stands for the base with the adapters merged into it.</summary>
/// <param name="Base">Holds config.json and the weights.</param>
/// <param name="Adapter">Holds adapter_config.json and the adapters; null where the model is whole.</param>
internal sealed record ModelFolder(string Base, string? Adapter)
{
    private const string ConfigFile = "config.json";

    /// <summary>What a user calls the model's folder; its tokenizer goes before the base's.</summary>
    public string Named => Adapter ?? Base;

    /// <summary>Every folder whose bytes make the model.</summary>
    public IReadOnlyList<string> Folders => Adapter is null ? [Base] : [Base, Adapter];

    /// <summary>Tells a folder's kind and finds the base of adapters by the name their adapter_config.json gives.</summary>
    /// <param name="folder">Either kind.</param>
    /// <param name="places">Where that name may start, beside the folder itself; also its last part, for a name on the hub, and for a full path that
    /// was another machine's: in a store that was moved, the base still lies beside the adapters.</param>
    /// <exception cref="InvalidDataException">The base is in no place; the message names them.</exception>
    public static ModelFolder Find(string folder, IReadOnlyList<string> places)
    {
        if (!PeftFolder.IsOne(folder))
            return new(folder, null);
        string name = PeftFolder.BaseModel(folder);
        string[] candidates = [.. places.Prepend(folder).Select(place => Path.GetFullPath(name, place))
            .Concat(places.Append(Beside(folder)).Select(place => Path.Combine(place, Path.GetFileName(Path.TrimEndingDirectorySeparator(name))))).Distinct()];
        return candidates.FirstOrDefault(IsWhole) is { } found ? new(found, folder)
            : throw new InvalidDataException($"{folder}: adapter_config.json names the base model {name}, and none of {string.Join(", ", candidates)} "
                + $"is a folder with {ConfigFile}; put it there, or name it as the recipe's policy.base");
    }

    /// <summary>As <see cref="Find(string, IReadOnlyList{string})"/>, where the user says what the base of the adapters is.</summary>
    /// <exception cref="InvalidDataException">The folder holds no adapters, or the base no model.</exception>
    public static ModelFolder Over(string folder, string given) =>
        !PeftFolder.IsOne(folder) ? throw new InvalidDataException($"{folder} holds no adapters, so it has no base: leave policy.base out")
        : !IsWhole(given) ? throw new InvalidDataException($"{given}: a base model's folder holds {ConfigFile}, and this one does not")
        : new(given, folder);

    /// <summary>The model's configuration.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="DecoderConfig.Read"/>.</exception>
    public DecoderConfig Config() => DecoderConfig.ReadFolder(Base);

    /// <summary>Refuses weights that do not fill the model, by their headers alone.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Load"/>.</exception>
    public void Require(DecoderConfig config)
    {
        HubCheckpoint.Require(Base, DecoderWeights.Of(config), DecoderWeights.Ties(config));
        if (Adapter != null)
            PeftFolder.Require(config, Adapter);
    }

    /// <summary>The model, without adapters: those of the folder are merged.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Decoder.Load(DecoderConfig, string, Placement)"/> and <see cref="PeftFolder.Load"/>.</exception>
    public Decoder Load(DecoderConfig config, Placement? place = null)
    {
        Decoder model = Decoder.Load(config, Base, place);
        if (Adapter is null)
            return model;
        try
        {
            PeftFolder.Load(model, Adapter).Merge();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    // a run's "weights" is a link to them
    private static string Beside(string folder)
    {
        var place = new DirectoryInfo(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return Path.GetDirectoryName((place.ResolveLinkTarget(returnFinalTarget: true) ?? place).FullName)!;
    }

    private static bool IsWhole(string folder) => File.Exists(Path.Combine(folder, ConfigFile));
}
