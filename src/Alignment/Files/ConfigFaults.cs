using System.Text.Json;
using System.Text.RegularExpressions;

namespace Alignment.Files;

/// <summary>All faults of a model's config.json; what it says beyond what is asked is passed over.</summary>
/// <param name="path">The file.</param>
internal sealed class ConfigFaults(string path) : JsonFaults
{
    private const int LongestValue = 80;

    private readonly List<string> _faults = [];

    /// <summary>There are faults so far: what was read is in part a stand-in.</summary>
    public bool Any => _faults.Count > 0;

    /// <inheritdoc/>
    public override bool NullIsAbsent => true;

    /// <inheritdoc/>
    public override bool NullIsMissing => true;

    /// <summary>The members of the file's object.</summary>
    /// <exception cref="InvalidDataException">The file is no JSON object.</exception>
    public JsonObjectReader Read()
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path} is not there; it belongs to the folder of a model: get it from where the model was made", path);
        byte[] text = File.ReadAllBytes(path);
        try
        {
            JsonElement root = WholeJson.Parse(text);
            return root.ValueKind == JsonValueKind.Object ? new JsonObjectReader(root, "$", this)
                : throw new InvalidDataException($"{path} must hold a JSON object, but holds {base.Describe(root)}");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not JSON: {JsonErrors.Text(text, exception)}", exception);
        }
    }

    /// <exception cref="InvalidDataException">There were faults; the message names all.</exception>
    public void Throw(string what)
    {
        if (_faults.Count > 0)
            throw new InvalidDataException($"{path} is no {what} this code can run: {string.Join("; ", _faults)}");
    }

    /// <inheritdoc/>
    public override void Add(JsonElement at, string reason, string text) => _faults.Add(text);

    /// <inheritdoc/>
    public override void Missing(JsonElement parent, string place, string name, string wanted) => Add(parent, "missing field", $"{place}.{name} is missing");

    /// <inheritdoc/>
    public override string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined => "absent",
        JsonValueKind.Object or JsonValueKind.Array => Regex.Replace(value.GetRawText(), @"\s+", " ") is var line && line.Length <= LongestValue ? line : line[..LongestValue] + "…",
        _ => value.GetRawText(),
    };
}
