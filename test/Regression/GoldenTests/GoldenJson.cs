using System.Text.Json;

namespace Alignment.Tests.Regression;

/// <summary>
/// A value of a golden JSON file that remembers whether a test used it: taking a member or an item is no use, reading what stands in it is.
/// What no test used fails <see cref="GoldenUseTests"/>.
/// </summary>
/// <param name="element">The value.</param>
/// <param name="path">Where it stands, such as runs[0].config.</param>
public sealed class GoldenJson(JsonElement element, string path)
{
    private readonly Dictionary<string, GoldenJson> _members = [];
    private GoldenJson[]? _items;
    private bool _taken, _used;

    /// <summary>Where it stands.</summary>
    public string Path => path;

    /// <summary>A member that must be there.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public GoldenJson this[string name] => Find(name) ?? throw new KeyNotFoundException($"{path}: no member \"{name}\"; it has {Names}");

    /// <summary>An item of a list.</summary>
    public GoldenJson this[int item] => Items[item];

    /// <summary>The items of a list.</summary>
    public IReadOnlyList<GoldenJson> Items
    {
        get
        {
            lock (_members)
                return Taken._items ??= [.. element.EnumerateArray().Select((item, i) => new GoldenJson(item, $"{path}[{i}]"))];
        }
    }

    /// <summary>The members of an object.</summary>
    public IEnumerable<(string Name, GoldenJson Value)> Members => [.. element.EnumerateObject().Select(member => (member.Name, this[member.Name]))];

    /// <summary>The text in it.</summary>
    public string Text => Used.GetString()!;

    /// <summary>The number in it.</summary>
    public double Number => Used.Deserialize<double>(GoldenSet.Json);

    /// <summary>The whole number in it.</summary>
    public int Whole => Used.GetInt32();

    /// <summary>True or false.</summary>
    public bool Holds => Used.GetBoolean();

    /// <summary>A list of numbers, where "NaN", "Infinity" and "-Infinity" are strings.</summary>
    public double[] Numbers => Used.Deserialize<double[]>(GoldenSet.Json)!;

    /// <summary>A list of token ids.</summary>
    public int[] Ids => Used.Deserialize<int[]>()!;

    /// <summary>A list of texts.</summary>
    public string[] Texts => Used.Deserialize<string[]>()!;

    /// <summary>Nothing stands there; asking uses a null, and nothing else.</summary>
    public bool IsNull => element.ValueKind == JsonValueKind.Null && Used.ValueKind == JsonValueKind.Null;

    /// <summary>It is one number.</summary>
    public bool IsNumber => element.ValueKind == JsonValueKind.Number;

    private string Names => string.Join(", ", element.EnumerateObject().Select(member => member.Name));

    private GoldenJson Taken
    {
        get
        {
            GoldenUse.Reading();
            _taken = true;
            return this;
        }
    }

    private JsonElement Used
    {
        get
        {
            Taken._used = true;
            return element;
        }
    }

    /// <summary>A member, or null where there is none.</summary>
    public GoldenJson? Find(string name)
    {
        lock (_members)
            return Taken._members.TryGetValue(name, out GoldenJson? known) ? known
                : element.TryGetProperty(name, out JsonElement value) ? _members[name] = new(value, path.Length == 0 ? name : $"{path}.{name}")
                : null;
    }

    /// <summary>The whole value as a type, such as rows of numbers.</summary>
    public T Read<T>() => Used.Deserialize<T>(GoldenSet.Json)!;

    /// <summary>Says that the value is not compared because it tells about the others; the caller says why.</summary>
    public void Told() => _ = Used;

    /// <summary>The paths below that no test used, each list or object that was never looked into as one.</summary>
    public IEnumerable<string> Unused() => _used ? []
        : !_taken && path.Length > 0 ? [path]
        : element.ValueKind switch
        {
            JsonValueKind.Object => Members.SelectMany(member => member.Value.Unused()),
            JsonValueKind.Array => Items.SelectMany(item => item.Unused()),
            _ => [path],
        };

    /// <summary>As it stands in the file, to name a case; no use of it.</summary>
    public override string ToString() => element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
}
