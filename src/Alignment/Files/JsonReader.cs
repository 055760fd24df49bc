using System.Globalization;
using System.Text.Json;

namespace Alignment.Files;

/// <summary>A number as it was written and as it is used.</summary>
public sealed record Spelled(double Value, string Spelling);

/// <summary>Reads the members of one JSON object and collects every fault instead of stopping at the first.</summary>
internal sealed class JsonObjectReader
{
    private readonly JsonTree _tree;
    private readonly RecipeFaults _faults;
    private readonly HashSet<string> _read = [];

    public JsonObjectReader(JsonTree tree, RecipeFaults faults)
    {
        (_tree, _faults) = (tree, faults);
        if (tree.Kind != JsonValueKind.Object)
            faults.Add(tree, $"must be an object, was {Describe(tree)}");
        foreach (var twice in tree.Properties.GroupBy(property => property.Key).Where(group => group.Count() > 1))
            faults.Add(twice.Last().Value, "is given twice");
    }

    public IReadOnlyList<KeyValuePair<string, JsonTree>> Properties => _tree.Properties;

    public bool Has(string name) => Find(name) != null;

    public JsonTree? Find(string name)
    {
        _read.Add(name);
        return _tree.Properties.FirstOrDefault(property => property.Key == name).Value;
    }

    public void Fault(string message) => _faults.Add(_tree, message);

    public JsonObjectReader? Object(string name) => Required(name, "an object") is { } tree ? new JsonObjectReader(tree, _faults) : null;

    public JsonObjectReader? OptionalObject(string name) => Find(name) is { } tree ? new JsonObjectReader(tree, _faults) : null;

    public IReadOnlyList<JsonObjectReader> Objects(string name)
    {
        if (Required(name, "a list of objects") is not { } tree)
            return [];
        if (tree.Kind != JsonValueKind.Array || tree.Items.Count == 0)
            _faults.Add(tree, $"must be a list with at least one object, was {(tree.Kind == JsonValueKind.Array ? "empty" : Describe(tree))}");
        return [.. tree.Items.Select(item => new JsonObjectReader(item, _faults))];
    }

    /// <summary>All members of an object whose names are free: numbers and strings as they are spelled.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Spellings(string name)
    {
        if (Find(name) is not { } tree)
            return [];
        var inner = new JsonObjectReader(tree, _faults);
        foreach (var (_, value) in inner.Properties.Where(property => property.Value.Kind is not (JsonValueKind.Number or JsonValueKind.String)))
            _faults.Add(value, $"must be a number or a string, was {Describe(value)}");
        return [.. inner.Properties.Select(property => KeyValuePair.Create(property.Key, property.Value.Spelling))];
    }

    public string Text(string name) => Required(name, "a string") is { } tree ? Text(tree) : "";

    public string Text(string name, string absent) => Find(name) is { } tree ? Text(tree) : absent;

    /// <summary>A name that becomes a folder's.</summary>
    public string FolderName(string name)
    {
        string text = Text(name);
        if (text.AsSpan().ContainsAny("/\\= :") || text.StartsWith('.'))
            Fault($"{name} \"{text}\" becomes a folder's name: letters, digits, '-', '_' and '.' only");
        return text;
    }

    public IReadOnlyList<string> Texts(string name)
    {
        if (Required(name, "a list of strings") is not { } tree)
            return [];
        if (tree.Kind != JsonValueKind.Array || tree.Items.Count == 0)
            _faults.Add(tree, $"must be a list with at least one string, was {(tree.Kind == JsonValueKind.Array ? "empty" : Describe(tree))}");
        return [.. tree.Items.Select(Text)];
    }

    public string OneOf(string name, string absent, params string[] allowed)
    {
        if (Find(name) is not { } tree)
            return absent;
        if (tree.Kind != JsonValueKind.String || !allowed.Contains(tree.Spelling))
            _faults.Add(tree, $"must be {string.Join(" or ", allowed)}, was {Describe(tree)}");
        return tree.Spelling;
    }

    public double Number(string name, NumberRule rule) => Required(name, rule.Wanted) is { } tree ? Number(tree, rule) : rule.Any;

    public double Number(string name, NumberRule rule, double absent) => Find(name) is { } tree ? Number(tree, rule) : absent;

    public int Whole(string name, NumberRule rule) => (int)Number(name, rule with { Whole = true });

    public int Whole(string name, NumberRule rule, int absent) => (int)Number(name, rule with { Whole = true }, absent);

    public IReadOnlyList<Spelled> Numbers(string name, NumberRule rule) => Required(name, "a list of numbers") is { } tree ? Numbers(tree, rule) : [];

    public IReadOnlyList<Spelled> Numbers(string name, NumberRule rule, IReadOnlyList<Spelled> absent) => Find(name) is { } tree ? Numbers(tree, rule) : absent;

    /// <summary>Reports the members nobody asked for.</summary>
    public void Finish()
    {
        foreach (var (name, tree) in _tree.Properties.Where(property => !_read.Contains(property.Key)))
            _faults.Add(tree, $"is not a known key; {(_read.Count == 0 ? "none is allowed here" : "known here: " + string.Join(", ", _read.Order(StringComparer.Ordinal)))}");
    }

    private JsonTree? Required(string name, string wanted)
    {
        if (Find(name) is { } tree)
            return tree;
        if (_tree.Kind == JsonValueKind.Object)
            _faults.Add(_tree, $"\"{name}\" is missing; it must be {wanted}");
        return null;
    }

    private string Text(JsonTree tree)
    {
        if (tree.Kind != JsonValueKind.String || tree.Spelling.Length == 0)
            _faults.Add(tree, $"must be a string that is not empty, was {Describe(tree)}");
        return tree.Spelling;
    }

    private IReadOnlyList<Spelled> Numbers(JsonTree tree, NumberRule rule)
    {
        if (tree.Kind != JsonValueKind.Array || tree.Items.Count == 0)
        {
            _faults.Add(tree, $"must be a list with at least one number, was {(tree.Kind == JsonValueKind.Array ? "empty" : Describe(tree))}");
            return [];
        }

        Spelled[] numbers = [.. tree.Items.Select(item => new Spelled(Number(item, rule), item.Spelling))];
        foreach (var twice in tree.Items.GroupBy(item => item.Spelling).Where(group => group.Count() > 1))
            _faults.Add(twice.Last(), $"{twice.Key} is in the list twice");
        return numbers;
    }

    private double Number(JsonTree tree, NumberRule rule)
    {
        if (tree.Kind != JsonValueKind.Number || !double.TryParse(tree.Spelling, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            || !rule.Allows(value))
        {
            _faults.Add(tree, $"must be {rule.Wanted}, was {Describe(tree)}");
            return rule.Any;
        }

        return value;
    }

    private static string Describe(JsonTree tree) => tree.Kind == JsonValueKind.String ? $"\"{tree.Spelling}\"" : tree.Spelling;
}

/// <summary>What a number may be.</summary>
internal sealed record NumberRule(double Low, double High, bool LowIncluded, bool Whole = false)
{
    public static NumberRule Positive { get; } = new(0, double.PositiveInfinity, LowIncluded: false);

    public static NumberRule NotNegative { get; } = new(0, double.PositiveInfinity, LowIncluded: true);

    /// <summary>0 &lt; x ≤ 1.</summary>
    public static NumberRule Share { get; } = new(0, 1, LowIncluded: false);

    /// <summary>0 ≤ x ≤ 1.</summary>
    public static NumberRule Fraction { get; } = new(0, 1, LowIncluded: true);

    /// <summary>0 ≤ x &lt; 1.</summary>
    public static NumberRule BelowOne { get; } = new(0, Math.BitDecrement(1.0), LowIncluded: true);

    /// <summary>0 ≤ x &lt; ½.</summary>
    public static NumberRule BelowHalf { get; } = new(0, Math.BitDecrement(0.5), LowIncluded: true);

    /// <summary>0 &lt; x &lt; ½.</summary>
    public static NumberRule PositiveBelowHalf { get; } = BelowHalf with { LowIncluded = false };

    public static NumberRule AtLeast(int low) => new(low, int.MaxValue, LowIncluded: true, Whole: true);

    /// <summary>A value that passes, to go on with after a fault.</summary>
    public double Any => LowIncluded ? Low : Math.Min(1, High) / 2;

    public string Wanted => (Whole ? "a whole number " : "a number ")
        + string.Create(CultureInfo.InvariantCulture, $"{(LowIncluded ? ">=" : ">")} {Low}{Upper}");

    private string Upper => High < 1 ? string.Create(CultureInfo.InvariantCulture, $" and < {Math.BitIncrement(High)}") : High < int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $" and <= {High}") : "";

    public bool Allows(double value) => double.IsFinite(value) && (LowIncluded ? value >= Low : value > Low) && value <= High
        && (!Whole || (value == Math.Floor(value) && value <= int.MaxValue));
}

/// <summary>The faults found so far.</summary>
internal sealed class RecipeFaults(string file)
{
    private readonly List<(int Line, string Text)> _faults = [];

    public IReadOnlyList<string> All => [.. _faults.OrderBy(fault => fault.Line).Select(fault => fault.Text)];

    public void Add(JsonTree at, string message) => _faults.Add((at.Line, $"{file}({at.Line}): {at.Path} {message}"));
}
