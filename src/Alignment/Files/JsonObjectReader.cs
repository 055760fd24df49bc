using System.Text.Json;

namespace Alignment.Files;

/// <summary>
/// The members of one JSON object by name. A fault goes to the <see cref="JsonFaults"/> of its file, and reading goes on with a value that passes, so
/// that all faults of a file can be told at once.
/// </summary>
internal sealed class JsonObjectReader
{
    private readonly JsonElement _object;
    private readonly JsonPlace _place;
    private readonly JsonFaults _faults;
    private readonly HashSet<string> _asked = [];

    /// <summary>Begins to read a file.</summary>
    /// <param name="value">What must be an object.</param>
    /// <param name="root">The JSON path of the whole.</param>
    /// <param name="faults">Get what is wrong with it.</param>
    public JsonObjectReader(JsonElement value, string root, JsonFaults faults)
        : this(value, new JsonPlace(null, root), faults)
    {
    }

    internal JsonObjectReader(JsonElement value, JsonPlace place, JsonFaults faults, string wanted = "an object")
    {
        (_object, _place, _faults) = (value, place, faults);
        if (!IsObject && value.ValueKind != JsonValueKind.Undefined) // that there is none is told already
            faults.Wrong(value, place.ToString(), wanted);
        if (!faults.Strict)
            return;
        foreach (var twice in Members.GroupBy(member => member.Name).Where(group => group.Count() > 1))
            faults.Add(twice.Last().Value, "name twice", $"{At(twice.Key)} is given twice");
    }

    /// <summary>All members in the order of the text.</summary>
    public IEnumerable<JsonProperty> Members => IsObject ? _object.EnumerateObject() : [];

    /// <summary>Names of members that hold something and that nobody asked for.</summary>
    public IEnumerable<string> Unasked => [.. Members.Where(member => member.Value.ValueKind != JsonValueKind.Null).Select(NameOf).Where(name => !_asked.Contains(name))];

    /// <summary>Its JSON path.</summary>
    public string Place => _place.ToString();

    private bool IsObject => _object.ValueKind == JsonValueKind.Object;

    /// <summary>The member is given.</summary>
    public bool Has(string name) => Find(name, _faults.NullIsAbsent, out _);

    /// <summary>The member is given, as null.</summary>
    public bool IsNull(string name) => Find(name, nullIsAbsent: false, out JsonElement value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>A member that must be there and may be of several kinds.</summary>
    public JsonMember Member(string name) => new(Required(name, "a value", out JsonElement value) ? value : default, At(name), _faults);

    /// <summary>A member that must be there.</summary>
    public T Get<T>(string name, JsonKind<T> kind) => Required(name, kind.InShort, out JsonElement value) ? Read(value, name, kind) : kind.StandIn;

    /// <summary>A member that may be absent.</summary>
    public T Get<T>(string name, JsonKind<T> kind, T absent) => Find(name, _faults.NullIsAbsent, out JsonElement value) ? Read(value, name, kind) : absent;

    /// <summary>One of some texts; that there is none is told as another wrong value is.</summary>
    public string OneOf(string name, IEnumerable<string> allowed)
    {
        JsonKind<string> kind = JsonKind.OneOf($"one of {string.Join(", ", allowed)}", allowed);
        if (Find(name, _faults.NullIsMissing, out JsonElement value))
            return Read(value, name, kind);
        _faults.Wrong(_object, At(name).ToString(), kind.Wanted, "absent");
        return kind.StandIn;
    }

    /// <summary>A list that must be there, with at least one item.</summary>
    public IReadOnlyList<T> List<T>(string name, JsonKind<T> item, string wanted, string? inShort = null) => Required(name, inShort ?? wanted, out JsonElement list)
        ? [.. Items(list, name, wanted).Select((value, index) => new JsonMember(value, At(name, index), _faults).Read(item))] : [];

    /// <summary>An object that must be there, or null.</summary>
    public JsonObjectReader? Object(string name) => Required(name, "an object", out JsonElement value) ? new(value, At(name), _faults) : null;

    /// <summary>An object that may be absent.</summary>
    public JsonObjectReader? OptionalObject(string name) => Find(name, _faults.NullIsAbsent, out JsonElement value) ? new(value, At(name), _faults) : null;

    /// <summary>An object that may be absent or null, whatever null says elsewhere in the file.</summary>
    public JsonObjectReader? ObjectOrNull(string name) => Find(name, nullIsAbsent: true, out JsonElement value) ? new(value, At(name), _faults) : null;

    /// <summary>An object that must be there, or a list of at least one in its place.</summary>
    public IReadOnlyList<JsonObjectReader> ObjectOrObjects(string name)
    {
        const string wanted = "an object or a list of objects";
        if (!Required(name, wanted, out JsonElement value))
            return [];
        if (value.ValueKind == JsonValueKind.Array)
            return Objects(name);
        if (value.ValueKind == JsonValueKind.Object)
            return [new JsonObjectReader(value, At(name), _faults)];
        _faults.Wrong(value, At(name).ToString(), wanted);
        return [];
    }

    /// <summary>A list of at least one object.</summary>
    public IReadOnlyList<JsonObjectReader> Objects(string name) => Required(name, "a list of objects", out JsonElement list)
        ? [.. Items(list, name, "a list with at least one object").Select((item, index) => new JsonObjectReader(item, At(name, index), _faults))] : [];

    /// <summary>Refuses every value but one, given as JSON: what the code computes only in that way.</summary>
    public void Only(string name, string wanted, bool required = false)
    {
        if (!Find(name, _faults.NullIsAbsent, out JsonElement value))
        {
            if (required)
                _faults.Wrong(_object, At(name).ToString(), wanted, "absent");
        }
        else if (value.GetRawText() != wanted)
            _faults.Wrong(value, At(name).ToString(), wanted);
    }

    /// <summary>Refuses any value but null.</summary>
    public void OnlyNull(string name)
    {
        if (Find(name, nullIsAbsent: true, out JsonElement value))
            _faults.Wrong(value, At(name).ToString(), "null");
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
            _faults.Add(list[index], "wrong value", $"{At(name, index)} {message}");
    }

    /// <summary>Reports the members nobody asked for.</summary>
    public void Finish()
    {
        if (!_faults.Strict)
            return;
        foreach (JsonProperty member in Members.Where(member => !_asked.Contains(member.Name)))
            _faults.Add(member.Value, "unknown key",
                $"{At(member.Name)} is not a known key; {(_asked.Count == 0 ? "none is allowed here" : "known here: " + string.Join(", ", _asked.Order(StringComparer.Ordinal)))}");
    }

    private IEnumerable<JsonElement> Items(JsonElement list, string name, string wanted)
    {
        bool isList = list.ValueKind == JsonValueKind.Array;
        if (!isList || list.GetArrayLength() == 0)
            _faults.Wrong(list, At(name).ToString(), wanted, isList ? "empty" : null);
        return isList ? list.EnumerateArray() : [];
    }

    private T Read<T>(JsonElement value, string name, JsonKind<T> kind) => new JsonMember(value, At(name), _faults).Read(kind);

    private bool Required(string name, string wanted, out JsonElement value)
    {
        if (Find(name, _faults.NullIsMissing, out value))
            return true;
        if (IsObject)
            _faults.Missing(_object, _place.ToString(), name, wanted);
        return false;
    }

    private bool Find(string name, bool nullIsAbsent, out JsonElement value)
    {
        _asked.Add(name);
        value = default;
        if (IsObject && TryGet(name, out value) && !(nullIsAbsent && value.ValueKind == JsonValueKind.Null))
            return true;
        value = default;
        return false;
    }

    private bool TryGet(string name, out JsonElement value)
    {
        try
        {
            return _object.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            // some other name holds half a surrogate pair: it is not this one
            foreach (JsonProperty member in _object.EnumerateObject().Where(member => Named(member, name)))
            {
                value = member.Value;
                return true;
            }

            value = default;
            return false;
        }
    }

    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "(half a character)";
        }
    }

    private static bool Named(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private JsonPlace At(string name, int index = -1) => new(this, name, index);
}
