using System.Text.Json;

namespace Alignment.Files;

/// <summary>
/// The members of one JSON object by name. A fault goes to the <see cref="JsonFaults"/> of its file, and reading goes on with a value that passes, so
/// that all faults of a file can be told at once.
/// </summary>
internal sealed class JsonObjectReader
{
    private readonly JsonElement _object;
    private readonly string _place;
    private readonly JsonFaults _faults;
    private readonly HashSet<string>? _asked;

    /// <param name="value">What must be an object.</param>
    /// <param name="place">Its JSON path.</param>
    /// <param name="faults">Get what is wrong with it.</param>
    /// <param name="wanted">What it must be, in words.</param>
    public JsonObjectReader(JsonElement value, string place, JsonFaults faults, string wanted = "an object")
    {
        (_object, _place, _faults) = (value, place, faults);
        if (!IsObject)
            faults.Wrong(value, place, wanted);
        if (!faults.Strict)
            return;
        _asked = [];
        foreach (var twice in Members.GroupBy(member => member.Name).Where(group => group.Count() > 1))
            faults.Add(twice.Last().Value, "name twice", $"{Place(twice.Key)} is given twice");
    }

    /// <summary>All members in the order of the text.</summary>
    public IEnumerable<JsonProperty> Members => IsObject ? _object.EnumerateObject() : [];

    private bool IsObject => _object.ValueKind == JsonValueKind.Object;

    /// <summary>The member is given.</summary>
    public bool Has(string name) => Find(name, _faults.NullIsAbsent, out _);

    /// <summary>The member is a list.</summary>
    public bool IsList(string name) => Find(name, _faults.NullIsAbsent, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    /// <summary>A member that must be there.</summary>
    public T Get<T>(string name, JsonKind<T> kind) => Required(name, kind.InShort, out JsonElement value) ? Read(value, name, -1, kind) : kind.StandIn;

    /// <summary>A member that may be absent.</summary>
    public T Get<T>(string name, JsonKind<T> kind, T absent) => Find(name, _faults.NullIsAbsent, out JsonElement value) ? Read(value, name, -1, kind) : absent;

    /// <summary>One of some texts; that there is none is told as another wrong value is.</summary>
    public string OneOf(string name, IEnumerable<string> allowed)
    {
        Find(name, _faults.NullIsMissing, out JsonElement value);
        return Read(value, name, -1, JsonKind.OneOf($"one of {string.Join(", ", allowed)}", allowed));
    }

    /// <summary>A list that must be there, with at least one item.</summary>
    public IReadOnlyList<T> List<T>(string name, JsonKind<T> item, string wanted, string? inShort = null) => Required(name, inShort ?? wanted, out JsonElement list)
        ? [.. Items(list, name, wanted).Select((value, index) => Read(value, name, index, item))] : [];

    /// <summary>An object that must be there, or null.</summary>
    public JsonObjectReader? Object(string name) => Required(name, "an object", out JsonElement value) ? new(value, Place(name), _faults) : null;

    /// <summary>An object that may be absent.</summary>
    public JsonObjectReader? OptionalObject(string name) => Find(name, _faults.NullIsAbsent, out JsonElement value) ? new(value, Place(name), _faults) : null;

    /// <summary>A list of at least one object.</summary>
    public IReadOnlyList<JsonObjectReader> Objects(string name) => Required(name, "a list of objects", out JsonElement list)
        ? [.. Items(list, name, "a list with at least one object").Select((item, index) => new JsonObjectReader(item, Place(name, index), _faults))] : [];

    /// <summary>A list of objects, be it empty.</summary>
    public IEnumerable<JsonObjectReader> Rows(string name, string wanted) => Required(name, "a list", out JsonElement list) && list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Select((item, index) => new JsonObjectReader(item, Place(name, index), _faults, wanted)) : [];

    /// <summary>Refuses every value but one, given as JSON: what the code computes only in that way.</summary>
    public void Only(string name, string wanted, bool required = false)
    {
        if (Find(name, _faults.NullIsAbsent, out JsonElement value) ? value.GetRawText() != wanted : required)
            _faults.Wrong(value, Place(name), wanted);
    }

    /// <summary>Refuses any value but null.</summary>
    public void OnlyNull(string name)
    {
        if (Find(name, nullIsAbsent: true, out JsonElement value))
            _faults.Wrong(value, Place(name), "null");
    }

    /// <summary>Adds a fault, which names its place itself, unless the condition holds.</summary>
    public void Require(bool condition, string fault)
    {
        if (!condition)
            _faults.Add(_object, "wrong value", fault);
    }

    /// <summary>A fault of the object as a whole.</summary>
    public void Fault(string message) => _faults.Add(_object, "wrong value", $"{_place} {message}");

    /// <summary>A fault of one item of a list.</summary>
    public void Fault(string name, int index, string message)
    {
        if (Find(name, nullIsAbsent: false, out JsonElement list))
            _faults.Add(list[index], "wrong value", $"{Place(name, index)} {message}");
    }

    /// <summary>Reports the members nobody asked for.</summary>
    public void Finish()
    {
        foreach (JsonProperty member in Members.Where(member => _asked?.Contains(member.Name) == false))
            _faults.Add(member.Value, "unknown key",
                $"{Place(member.Name)} is not a known key; {(_asked!.Count == 0 ? "none is allowed here" : "known here: " + string.Join(", ", _asked.Order(StringComparer.Ordinal)))}");
    }

    private IEnumerable<JsonElement> Items(JsonElement list, string name, string wanted)
    {
        bool isList = list.ValueKind == JsonValueKind.Array;
        if (!isList || list.GetArrayLength() == 0)
            _faults.Wrong(list, Place(name), wanted, isList ? "empty" : null);
        return isList ? list.EnumerateArray() : [];
    }

    private T Read<T>(JsonElement value, string name, int index, JsonKind<T> kind)
    {
        try
        {
            if (kind.Read(value, out T read))
                return read;
            _faults.Wrong(value, Place(name, index), kind.Wanted);
        }
        catch (InvalidOperationException)
        {
            _faults.HalfPair(value, Place(name, index));
        }

        return kind.StandIn;
    }

    private bool Required(string name, string wanted, out JsonElement value)
    {
        if (Find(name, _faults.NullIsMissing, out value))
            return true;
        if (IsObject)
            _faults.Missing(_object, _place, name, wanted);
        return false;
    }

    private bool Find(string name, bool nullIsAbsent, out JsonElement value)
    {
        _asked?.Add(name);
        value = default;
        if (IsObject && _object.TryGetProperty(name, out value) && !(nullIsAbsent && value.ValueKind == JsonValueKind.Null))
            return true;
        value = default;
        return false;
    }

    private string Place(string name, int index = -1) => (_place.Length > 0 ? $"{_place}.{name}" : name) + (index < 0 ? "" : $"[{index}]");
}
