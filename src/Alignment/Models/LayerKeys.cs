using System.Text.Json;
using Alignment.Files;

namespace Alignment.Models;

/// <summary>What a config.json says of single layers: which see a window and which are turned.</summary>
internal static class LayerKeys
{
    private const string Window = "sliding_window", Uses = "use_sliding_window", Types = "layer_types", Unturned = "no_rope_layers", Full = "full_attention", Sliding = "sliding_attention";

    private static readonly JsonKind<string> s_type = JsonKind.OneOf($"{Full} or {Sliding}", [Full, Sliding]);
    private static readonly JsonKind<long> s_flag = new("0 or 1", 1, static (JsonElement value, out long read) =>
    {
        read = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out read) && read is 0 or 1;
    });

    /// <summary>The configuration with its layers.</summary>
    public static DecoderConfig Read(JsonObjectReader json, DecoderConfig config)
    {
        (DecoderFamily family, int layers) = (config.Family, config.Shape.Layers);
        if (family.UnturnedLayers && layers <= MostLayers)
            config = config with { TurnedLayers = Turned(json, layers) };
        bool used = family.Window is not (WindowRule.None or WindowRule.FromLayer or WindowRule.Unturned) || (family.Window != WindowRule.None && json.Get(Uses, JsonKind.Truth, false));
        _ = (json.Has(Window), json.Has("max_window_layers")); // read only where it is used
        long? window = !used || json.IsNull(Window) ? null : json.Has(Window) ? json.Get(Window, JsonKind.Size) : family.Absent.Window;
        ValueList<bool>? types = ReadTypes(json, layers);
        if (family.Window is WindowRule.None or WindowRule.All)
        {
            json.Require(types is null || types.All(windowed => windowed == window is not null),
                $"$.{Types} must name {(window is null ? Full : Sliding)} for every layer, as the other keys do");
            return config with { SlidingWindow = window };
        }
        if (layers > MostLayers)
            return config;
        ValueList<bool> windowed = types ?? ByRule(json, config, window);
        if (!windowed.Any(has => has))
            return config;
        json.Require(window is not null, $"$.{Types} has layers of {Sliding}, and no $.{Window} is {(used ? "given" : $"used: $.{Uses} must be true")}");
        return config with { SlidingWindow = window, WindowedLayers = windowed };
    }

    /// <summary>The keys of a configuration's layers, for a config.json.</summary>
    public static IEnumerable<(string Key, object? Value)> ToJson(DecoderConfig config)
    {
        DecoderFamily family = config.Family;
        if (family.Window is WindowRule.FromLayer or WindowRule.Unturned)
            yield return (Uses, config.SlidingWindow is not null);
        if (family.UnturnedLayers)
            yield return (Unturned, Enumerable.Range(0, config.Shape.Layers).Select(layer => config.Turned(layer) ? 1 : 0));
        if (family.Window is not (WindowRule.None or WindowRule.All) && (config.WindowedLayers is not null || family.Window == WindowRule.Pattern))
            yield return (Types, Enumerable.Range(0, config.Shape.Layers).Select(layer => config.Windowed(layer) ? Sliding : Full));
    }

    // a configuration may say more than a list could hold; it is refused for its weights then
    private const int MostLayers = 100_000;

    private static ValueList<bool>? ReadTypes(JsonObjectReader json, int layers)
    {
        if (!json.Has(Types))
            return null;
        IReadOnlyList<string> types = json.List(Types, s_type, "a list of names");
        json.Require(types.Count == layers, $"$.{Types} must have one name for each of the {layers} layers, was {types.Count}");
        return types.Count == layers ? [.. types.Select(type => type == Sliding)] : null;
    }

    private static ValueList<bool> Turned(JsonObjectReader json, int layers)
    {
        long every = json.Get("no_rope_layer_interval", JsonKind.Size, 4);
        if (!json.Has(Unturned))
            return [.. Enumerable.Range(1, layers).Select(layer => layer % every != 0)];
        IReadOnlyList<long> flags = json.List(Unturned, s_flag, "a list of 0 and 1");
        json.Require(flags.Count == layers, $"$.{Unturned} must have one number for each of the {layers} layers, was {flags.Count}");
        return flags.Count == layers ? [.. flags.Select(flag => flag == 1)] : [.. Enumerable.Repeat(true, layers)];
    }

    private static ValueList<bool> ByRule(JsonObjectReader json, DecoderConfig config, long? window)
    {
        int from = config.Family.Window == WindowRule.FromLayer && window is not null ? json.Get("max_window_layers", JsonKind.Whole(0), 28) : 0;
        // transformers 5 writes it under either name
        long every = config.Family.Window != WindowRule.Pattern ? 1
            : json.Get("sliding_window_pattern", JsonKind.Size, json.Get("_sliding_window_pattern", JsonKind.Size, config.Family.Absent.Pattern));
        return [.. Enumerable.Range(0, config.Shape.Layers).Select(layer => window is not null && config.Family.Window switch
        {
            WindowRule.FromLayer => layer >= from,
            WindowRule.Unturned => !config.Turned(layer),
            _ => (layer + 1) % every != 0,
        })];
    }
}
