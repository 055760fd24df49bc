using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Alignment.Files;

/// <summary>
/// What is wrong with a JSON text: how that is worded and where it goes. A recipe's faults are gathered with their lines, a model configuration's
/// without, and the first of a data row ends its reading.
/// </summary>
internal abstract class JsonFaults
{
    /// <summary>Members nobody asks for, and names given twice, are faults.</summary>
    public virtual bool Strict => false;

    /// <summary>A null says that a member which may be absent is.</summary>
    public virtual bool NullIsAbsent => false;

    /// <summary>A null says that a member is missing which must be there.</summary>
    public virtual bool NullIsMissing => false;

    /// <summary>Takes a fault.</summary>
    /// <param name="at">The value it is about.</param>
    /// <param name="reason">The kind of fault, the same words for the same kind.</param>
    /// <param name="text">Place and fault.</param>
    public abstract void Add(JsonElement at, string reason, string text);

    /// <summary>A member that must be there is not.</summary>
    public virtual void Missing(JsonElement parent, string place, string name, string wanted) =>
        Add(parent, "missing field", $"{place} \"{name}\" is missing; it must be {wanted}");

    /// <summary>A value is not what it must be.</summary>
    public virtual void Wrong(JsonElement value, string place, string wanted, string? was = null) =>
        Add(value, "wrong type", $"{place} must be {wanted}, was {was ?? Describe(value)}");

    /// <summary>A text has half a surrogate pair; only where the whole was not searched for one.</summary>
    public virtual void HalfPair(JsonElement value, string place) =>
        Add(value, "not UTF-8", $"{place} has half a surrogate pair (\\uD800 … \\uDFFF alone)");

    /// <summary>What a value is, in words.</summary>
    public virtual string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"\"{value.GetString()}\"",
        JsonValueKind.Undefined => "absent",
        _ => value.GetRawText(),
    };
}

/// <summary>All faults of a file that a person wrote, each with file, line and JSON path; comments and trailing commas are allowed.</summary>
/// <param name="file">Its name, for the messages.</param>
internal sealed class DocumentFaults(string file) : JsonFaults
{
    private static readonly JsonDocumentOptions s_options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private readonly List<(int Line, string Text)> _faults = [];
    private byte[] _text = [];

    /// <inheritdoc/>
    public override bool Strict => true;

    /// <summary>The faults in the order of the file.</summary>
    public IReadOnlyList<string> All => [.. _faults.OrderBy(fault => fault.Line).Select(fault => fault.Text)];

    /// <summary>The members of the text's object; null, and a fault, where the text is not JSON.</summary>
    public JsonObjectReader? Read(string text)
    {
        _text = Encoding.UTF8.GetBytes(text);
        try
        {
            return new JsonObjectReader(WholeJson.Parse(_text, s_options), "$", this);
        }
        catch (HalfPairException e)
        {
            Add(e.Line, "not JSON: a string has half a surrogate pair.");
        }
        catch (JsonException e)
        {
            Add((int)(e.LineNumber ?? 0) + 1, $"not JSON: {e.Message.Split(" LineNumber:")[0]}");
        }

        return null;
    }

    /// <inheritdoc/>
    public override void Add(JsonElement at, string reason, string text) => Add(WholeJson.Line(_text, JsonMarshal.GetRawUtf8Value(at)), text);

    private void Add(int line, string text) => _faults.Add((line, $"{file}({line}): {text}"));
}

/// <summary>All faults of a model's config.json; what it says beyond what is asked is passed over.</summary>
/// <param name="path">The file.</param>
internal sealed class ConfigFaults(string path) : JsonFaults
{
    private readonly List<string> _faults = [];

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
