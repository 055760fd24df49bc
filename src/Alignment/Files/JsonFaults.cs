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
