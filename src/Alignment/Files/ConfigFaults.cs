using System.Text.Json;

namespace Alignment.Files;

/// <summary>All faults of a model's config.json; what it says beyond what is asked is passed over.</summary>
/// <param name="path">The file.</param>
internal sealed class ConfigFaults(string path) : JsonFaults
{
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
        try
        {
            JsonElement root = WholeJson.Parse(File.ReadAllBytes(path));
            return root.ValueKind == JsonValueKind.Object ? new JsonObjectReader(root, "$", this)
                : throw new InvalidDataException($"{path} must hold a JSON object, but holds {root.ValueKind}");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not JSON: {exception.Message}", exception);
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
    public override string Describe(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "absent" : value.GetRawText();
}
