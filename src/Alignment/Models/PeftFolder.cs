using System.Text;
using System.Text.Json;
using Alignment.Checkpoints.Safetensors;
using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Models;

/// <summary>Adapters on disk as PEFT writes and reads them: adapter_config.json and adapter_model.safetensors.</summary>
internal static class PeftFolder
{
    private const string ConfigFile = "adapter_config.json", WeightsFile = "adapter_model.safetensors", KeyPrefix = "base_model.model.";
    private static readonly JsonKind<string[]> s_names = new($"a list of names, or \"{LoraSettings.AllLinear}\"", [], static (JsonElement value, out string[] read) =>
    {
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [];
        if (value.ValueKind == JsonValueKind.String && value.GetString() == LoraSettings.AllLinear)
            items = [value];
        bool allowed = items.Length > 0 && items.All(item => item.ValueKind == JsonValueKind.String);
        read = allowed ? [.. items.Select(item => item.GetString()!)] : [];
        return allowed;
    });

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };
    private static readonly Dictionary<string, string> s_metadata = new() { ["format"] = "pt" };

    /// <summary>Whether a folder holds adapters.</summary>
    public static bool IsOne(string folder) => File.Exists(Path.Combine(folder, ConfigFile));

    /// <summary>Writes a model's adapters into a new folder.</summary>
    /// <param name="adapters">What is written, in its own dtype.</param>
    /// <param name="folder">Must not exist, or be empty.</param>
    /// <param name="baseModel">Where PEFT finds the base model from any working folder: a full path, or a name on the hub.</param>
    /// <param name="files">Content of every other file, by name: the tokenizer's.</param>
    /// <exception cref="IOException">The folder exists and is not empty.</exception>
    public static void Save(LoraAdapters adapters, string folder, string baseModel, IReadOnlyDictionary<string, byte[]> files) => NewFolder.Write(folder, partial =>
    {
        foreach ((string name, byte[] content) in files)
            NewFolder.WriteFile(Path.Combine(partial, name), content);
        Dictionary<string, Tensor> tensors = adapters.Parameters.ToDictionary(item => KeyPrefix + item.Key, item => item.Value);
        SafetensorsWriter.Write(Path.Combine(partial, WeightsFile), tensors, s_metadata);
        NewFolder.WriteFile(Path.Combine(partial, ConfigFile), Encoding.UTF8.GetBytes(Config(adapters.Settings, baseModel)));
    });

    /// <summary>The base model's name, as adapter_config.json spells it.</summary>
    /// <exception cref="InvalidDataException">It names none.</exception>
    public static string BaseModel(string folder)
    {
        var faults = new ConfigFaults(Path.Combine(folder, ConfigFile));
        string name = faults.Read().Get("base_model_name_or_path", JsonKind.Filled);
        faults.Throw("LoRA configuration");
        return name;
    }

    /// <summary>The stored adapters.</summary>
    public static SafetensorsFile Open(string folder) => SafetensorsFile.Open(Path.Combine(folder, WeightsFile));

    /// <summary>Puts stored adapters on a model.</summary>
    /// <exception cref="InvalidDataException">The configuration asks for what this code does not compute, or the tensors do not fit.</exception>
    public static LoraAdapters Load(Decoder model, string folder)
    {
        LoraSettings settings = Require(model.Config, folder);
        using SafetensorsFile file = Open(folder);
        var adapters = new LoraAdapters(model, settings);
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            foreach ((string name, Tensor target) in adapters.Parameters)
                target.copy_(file.Tensor(KeyPrefix + name));
            return adapters;
        }
        catch
        {
            adapters.Dispose();
            throw;
        }
    }

    /// <summary>Refuses adapters that are none of a model's, before any are made: a configuration may ask for any rank.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Load"/>.</exception>
    public static LoraSettings Require(DecoderConfig config, string folder)
    {
        LoraSettings settings = ReadConfig(Path.Combine(folder, ConfigFile));
        string path = Path.Combine(folder, WeightsFile);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        RequireTargets(config, settings, folder);
        RequireFit(config, settings, file, path);
        return settings;
    }

    private static void RequireTargets(DecoderConfig config, LoraSettings settings, string folder)
    {
        try
        {
            settings.RequireIn(config);
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"{folder}: {fault.Message}", fault);
        }
    }

    private static void RequireFit(DecoderConfig config, LoraSettings settings, SafetensorsFile file, string path)
    {
        Dictionary<string, long[]> stored = file.Entries.ToDictionary(entry => entry.Name, entry => entry.Shape);
        Dictionary<string, long[]> wanted = DecoderWeights.Adapters(config, settings)
            .ToDictionary(tensor => KeyPrefix + tensor.Name, tensor => tensor.Shape);
        string[] faults =
        [
            .. wanted.Keys.Except(stored.Keys).Select(name => $"missing: {name}"),
            .. stored.Keys.Except(wanted.Keys).Select(name => $"unexpected: {name}"),
            .. wanted.Keys.Intersect(stored.Keys).Where(name => !stored[name].SequenceEqual(wanted[name])).Select(name =>
                $"wrong shape: {name} is [{string.Join(", ", stored[name])}], wanted [{string.Join(", ", wanted[name])}]"),
        ];
        if (faults.Length > 0)
            throw new InvalidDataException(
                $"{path}: the adapters do not fit the model\n  {string.Join("\n  ", faults.Order(StringComparer.Ordinal))}");
    }

    private static LoraSettings ReadConfig(string path)
    {
        var faults = new ConfigFaults(path);
        JsonObjectReader json = faults.Read();
        json.Only("peft_type", "\"LORA\"", required: true);
        json.Only("bias", "\"none\"");
        foreach (string flag in new[] { "use_dora", "use_rslora", "fan_in_fan_out", "lora_bias" })
            json.Only(flag, "false");
        foreach (string pattern in new[] { "rank_pattern", "alpha_pattern" })
            json.Only(pattern, "{}");
        foreach (string other in new[] { "modules_to_save", "layers_to_transform", "layer_replication", "exclude_modules" })
            json.OnlyNull(other);
        var settings = new LoraSettings
        {
            Rank = (int)json.Get("r", JsonKind.Size),
            Alpha = json.Get("lora_alpha", JsonKind.Positive, 8),
            Targets = json.Get("target_modules", s_names),
        };
        faults.Throw("LoRA configuration");
        return settings;
    }

    private static string Config(LoraSettings settings, string baseModel) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["peft_type"] = "LORA",
        ["task_type"] = "CAUSAL_LM",
        ["base_model_name_or_path"] = baseModel,
        ["r"] = settings.Rank,
        ["lora_alpha"] = settings.Alpha,
        ["lora_dropout"] = 0.0,
        ["target_modules"] = settings.Targets,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["modules_to_save"] = null,
        ["use_dora"] = false,
        ["use_rslora"] = false,
        ["rank_pattern"] = new object(),
        ["alpha_pattern"] = new object(),
    }, s_indented) + "\n";
}
