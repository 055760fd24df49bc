using System.Text.Json;

namespace Alignment.Files;

/// <summary>Reads a model's config.json and gathers every fault, so that one message names them all.</summary>
internal sealed class ConfigJson : IDisposable
{
    private readonly JsonDocument _document;
    private readonly JsonElement _root;
    private readonly string _path, _place = "$";
    private readonly List<string> _faults = [];

    /// <exception cref="InvalidDataException">The file is no JSON object.</exception>
    public ConfigJson(string path)
    {
        _path = path;
        try
        {
            _document = WholeJson.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not JSON: {exception.Message}", exception);
        }
        if (_document.RootElement.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{path} must hold a JSON object, but holds {_document.RootElement.ValueKind}");
        _root = _document.RootElement;
    }

    private ConfigJson(ConfigJson parent, string key, JsonElement root) =>
        (_document, _path, _faults, _place, _root) = (parent._document, parent._path, parent._faults, $"{parent._place}.{key}", root);

    public void Dispose() => _document.Dispose();

    /// <summary>The object of a key, whose faults are its parent's; null where the key is absent or null.</summary>
    public ConfigJson? Object(string key) => Value(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new(this, key, value) : Fault<ConfigJson?>(key, value, "an object", null);

    /// <summary>A positive integer.</summary>
    public long Size(string key) => Value(key) is { } value
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long size) && size is > 0 and <= int.MaxValue ? size : Fault(key,
            value, "a positive integer", 1L)
        : Missing(key, 1L);

    /// <summary>A positive integer, or <paramref name="otherwise"/> where the key is absent or null.</summary>
    public long Size(string key, long otherwise) => Value(key) is null ? otherwise : Size(key);

    /// <summary>A positive integer, or null where the key is absent or null.</summary>
    public long? SizeOrNull(string key) => Value(key) is null ? null : Size(key);

    /// <summary>A positive number, or <paramref name="otherwise"/> where the key is absent or null.</summary>
    public double Positive(string key, double otherwise) => Value(key) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number > 0 && double.IsFinite(number) ? number
        : Fault(key, value, "a positive number", otherwise);

    /// <summary>A positive number.</summary>
    public double Positive(string key) => Value(key) is null ? Missing(key, 1.0) : Positive(key, 1);

    /// <summary>A boolean, or <paramref name="otherwise"/> where the key is absent or null.</summary>
    public bool Flag(string key, bool otherwise) => Value(key) is not { } value ? otherwise
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Fault(key, value, "true or false", otherwise);

    /// <summary>Token ids: an integer ≥ 0 or a list of them; empty where the key is absent or null.</summary>
    public long[] Tokens(string key)
    {
        if (Value(key) is not { } value)
            return [];
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return items.All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long id) && id >= 0)
            ? [.. items.Select(item => item.GetInt64())] : Fault(key, value, "a token id ≥ 0 or a list of them", Array.Empty<long>());
    }

    /// <summary>A list of at least one text.</summary>
    public string[] Names(string key)
    {
        if (Value(key) is not { } value)
            return Missing(key, Array.Empty<string>());
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [];
        return items.Length > 0 && items.All(item => item.ValueKind == JsonValueKind.String)
            ? [.. items.Select(item => item.GetString()!)] : Fault(key, value, "a list of names", Array.Empty<string>());
    }

    /// <summary>One of the given texts; null, and a fault, where it is another or absent.</summary>
    public string? OneOf(string key, IEnumerable<string> allowed)
    {
        JsonElement? value = Value(key);
        string? text = value is { ValueKind: JsonValueKind.String } ? value.Value.GetString() : null;
        if (text != null && allowed.Contains(text))
            return text;
        _faults.Add($"{_place}.{key} must be one of {string.Join(", ", allowed)}, was {(value is { } found ? found.GetRawText() : "absent")}");
        return null;
    }

    /// <summary>Refuses every value but one, given as JSON: what the code computes only in that way.</summary>
    public void Only(string key, string wanted, bool required = false)
    {
        if (Value(key) is { } value ? value.GetRawText() != wanted : required)
            _faults.Add($"{_place}.{key} must be {wanted}, was {(Value(key) is { } found ? found.GetRawText() : "absent")}");
    }

    /// <summary>Refuses any value but null.</summary>
    public void OnlyNull(string key)
    {
        if (Value(key) is { } value)
            _faults.Add($"{_place}.{key} must be null, was {value.GetRawText()}");
    }

    /// <summary>Adds a fault unless the condition holds.</summary>
    public void Require(bool condition, string fault)
    {
        if (!condition)
            _faults.Add(fault);
    }

    /// <exception cref="InvalidDataException">There were faults; the message names all.</exception>
    public void ThrowFaults(string what)
    {
        if (_faults.Count > 0)
            throw new InvalidDataException($"{_path} is no {what} this code can run: {string.Join("; ", _faults)}");
    }

    private JsonElement? Value(string key) =>
        _root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private T Fault<T>(string key, JsonElement value, string wanted, T standIn)
    {
        _faults.Add($"{_place}.{key} must be {wanted}, was {value.GetRawText()}");
        return standIn;
    }

    private T Missing<T>(string key, T standIn)
    {
        _faults.Add($"{_place}.{key} is missing");
        return standIn;
    }
}
