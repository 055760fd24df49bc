using System.Text.Json;

namespace Alignment.Files;

/// <summary>A value of a JSON text and where it stands; read as one kind or, where the file leaves a choice, after a look at what it is.</summary>
internal readonly struct JsonMember(JsonElement value, JsonPlace place, JsonFaults faults)
{
    /// <summary>It is a list.</summary>
    public bool IsList => value.ValueKind == JsonValueKind.Array;

    /// <summary>It is an object.</summary>
    public bool IsObject => value.ValueKind == JsonValueKind.Object;

    /// <summary>It is a text.</summary>
    public bool IsText => value.ValueKind == JsonValueKind.String;

    /// <summary>It is null.</summary>
    public bool IsNull => value.ValueKind == JsonValueKind.Null;

    /// <summary>The members of what must be an object.</summary>
    public JsonObjectReader Object(string wanted) => new(value, place, faults, wanted);

    /// <summary>The value as one of a kind, or after a fault its stand-in.</summary>
    public T Read<T>(JsonKind<T> kind)
    {
        if (value.ValueKind == JsonValueKind.Undefined) // that there is none is told already
            return kind.StandIn;
        try
        {
            if (kind.Read(value, out T read))
                return read;
            faults.Wrong(value, place.ToString(), kind.Wanted);
        }
        catch (InvalidOperationException)
        {
            faults.HalfPair(value, place.ToString());
        }

        return kind.StandIn;
    }

    /// <summary>The values of a list, be it empty.</summary>
    public List<JsonMember> Items()
    {
        List<JsonMember> items = [];
        foreach (JsonElement item in value.EnumerateArray())
            items.Add(new JsonMember(item, place.Item(items.Count), faults));
        return items;
    }

    /// <summary>The objects of a list, be it empty.</summary>
    public List<JsonObjectReader> Objects(string wanted)
    {
        List<JsonObjectReader> objects = [];
        foreach (JsonElement item in value.EnumerateArray())
            objects.Add(new JsonObjectReader(item, place.Item(objects.Count), faults, wanted));
        return objects;
    }
}

/// <summary>A JSON path, put together only where a fault is told.</summary>
/// <param name="parent">The object, null at the root.</param>
/// <param name="name">In the object; at the root, what the whole is called: "$", or nothing.</param>
/// <param name="index">In a list, or below 0.</param>
internal readonly struct JsonPlace(JsonObjectReader? parent, string name, int index = -1)
{
    /// <summary>The place of one of the list that is here.</summary>
    public JsonPlace Item(int position) => new(parent, name, position);

    /// <inheritdoc/>
    public override string ToString() => (parent?.Place is { Length: > 0 } above ? $"{above}.{name}" : name) + (index < 0 ? "" : $"[{index}]");
}
