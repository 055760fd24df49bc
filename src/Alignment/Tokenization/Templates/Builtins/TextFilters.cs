using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>Filters that make texts.</summary>
internal static class TextFilters
{
    /// <summary>By name.</summary>
    public static readonly Dictionary<string, Filter> All = new()
    {
        ["upper"] = Method("upper"),
        ["lower"] = Method("lower"),
        ["capitalize"] = Method("capitalize"),
        ["trim"] = Method("strip", "chars"),
        ["title"] = Title,
        ["string"] = (value, arguments, budget) => Bound(arguments, "string", 0) is var _ ? Markup.Soft(value, budget) : value,
        ["safe"] = (value, arguments, budget) => Bound(arguments, "safe", 0) is var _ ? new TextValue(value.Str(budget), isMarkup: true) : value,
        ["escape"] = Escape,
        ["e"] = Escape,
        ["forceescape"] = (value, _, budget) => Markup.Escape(new(value.Str(budget)), budget),
        ["replace"] = Replace,
        ["indent"] = Indent,
        ["center"] = (value, arguments, budget) => Call(Markup.Soft(value, budget), "center", [Bound(arguments, "center", 0, "width")[0] ?? new IntValue(80)], budget),
        ["truncate"] = Truncate,
        ["wordcount"] = (value, _, budget) => new IntValue(Words(value.Str(budget))),
        ["format"] = (value, arguments, budget) => arguments.Positional.Count > 0 && arguments.Named.Count > 0
            ? throw new TemplateException("can't handle positional and keyword arguments at the same time")
            : PercentFormat.Apply(Markup.Soft(value, budget), arguments.Named.Count > 0 ? Named(arguments) : new TupleValue(arguments.Positional), budget),
        ["join"] = Join,
        ["tojson"] = ToJson,
    };

    private static Value?[] Bound(Arguments arguments, string name, int required, params ReadOnlySpan<string> parameters) => arguments.Bind(name, required, parameters);

    private static DictValue Named(Arguments arguments)
    {
        OrderedDictionary<Value, Value> named = [];
        foreach ((string name, Value value) in arguments.Named)
            named[new TextValue(name)] = value;
        return new(named);
    }

    private static TextValue Call(TextValue text, string method, Value[] arguments, Budget budget) => (TextValue)TextMethods.Find(text, method)!(new(arguments, []), budget);

    private static Filter Method(string method, params string[] parameters) => (value, arguments, budget) =>
        Call(Markup.Soft(value, budget), method, [.. arguments.Bind(method, 0, parameters).OfType<Value>()], budget);

    private static TextValue Escape(Value value, Arguments arguments, Budget budget) => Markup.Escape(Markup.Soft(value, budget), budget);

    // each word's first letter; words are parted by white space, hyphens and opening brackets
    private static TextValue Title(Value value, Arguments arguments, Budget budget)
    {
        TextValue text = Markup.Soft(value, budget);
        BoundedText titled = new(budget);
        for (int at = 0; at < text.Text.Length;)
        {
            int end = at;
            bool parts = IsParting(text.Text[at]);
            while (end < text.Text.Length && IsParting(text.Text[end]) == parts)
                end++;
            titled.Add(parts ? text.Text[at..end] : TextCase.Change(CodePoints.Slice(text.Text[at..end], 0, 1), "upper")
                + TextCase.Change(text.Text[CodePoints.Offset(text.Text, at, 1)..end], "lower"));
            at = end;
        }

        return new(titled.ToString());
    }

    private static bool IsParting(char letter) => CodePoints.IsSpace(letter) || letter is '-' or '(' or '{' or '[' or '<';

    private static TextValue Replace(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = Bound(arguments, "replace", 2, "old", "new", "count");
        return Call(new TextValue(value.Str(budget)), "replace",
            [new TextValue(bound[0]!.Str(budget)), new TextValue(bound[1]!.Str(budget)), bound[2] is null or NoneValue ? new IntValue(-1) : bound[2]!], budget);
    }

    private static TextValue Indent(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = Bound(arguments, "indent", 0, "width", "first", "blank");
        TextValue text = value as TextValue ?? throw (value is UndefinedValue undefined ? undefined.Used() : new TemplateException($"indent() needs a str, not {value.Kind}"));
        string before = bound[0] is TextValue given ? given.Text : new string(' ', Math.Min(Budget.LongestText, Math.Max(0, TextMethods.Count(bound[0], 4))));
        bool blank = bound[2] is { IsTrue: true };
        List<string> lines = TextSplit.Lines(text.Text + "\n", keepEnds: false);
        BoundedText indented = new(budget);
        for (int line = 0; line < lines.Count; line++)
            indented.Add(line == 0 ? "" : "\n").Add(line == 0 ? bound[1] is { IsTrue: true } ? before : "" : blank || lines[line].Length > 0 ? before : "").Add(lines[line]);
        return new(indented.ToString(), text.IsMarkup);
    }

    private static TextValue Truncate(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = Bound(arguments, "truncate", 0, "length", "killwords", "end", "leeway");
        TextValue text = value as TextValue ?? (value is UndefinedValue ? TextValue.Empty : throw new TemplateException($"truncate() needs a str, not {value.Kind}"));
        string end = bound[2]?.Str(budget) ?? "...";
        int length = TextMethods.Count(bound[0], 255), kept = length - CodePoints.Count(end), leeway = TextMethods.Count(bound[3] is NoneValue ? null : bound[3], 5);
        if (kept < 0 || leeway < 0)
            throw new TemplateException($"truncate() needs a length of at least that of '{end}' and a leeway of at least 0");
        if (text.Length <= length + leeway)
            return text;
        string part = CodePoints.Slice(text.Text, 0, kept);
        return new((bound[1] is { IsTrue: true } || part.LastIndexOf(' ') is var space && space < 0 ? part : part[..space]) + end, text.IsMarkup);
    }

    private static int Words(string text)
    {
        int words = 0;
        bool inside = false;
        foreach (char letter in text)
        {
            bool word = letter == '_' || char.IsLetterOrDigit(letter) || char.IsSurrogate(letter);
            words += word && !inside ? 1 : 0;
            inside = word;
        }

        return words;
    }

    private static TextValue Join(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = Bound(arguments, "join", 0, "d", "attribute");
        Func<Value, Value> get = ItemPath.Getter(bound[1], null, budget);
        string between = bound[0]?.Str(budget) ?? "", next = "";
        BoundedText joined = new(budget);
        foreach (Value item in Iteration.Of(value, budget))
        {
            joined.Add(next).Add(get(item).Str(budget));
            next = between;
        }

        return new(joined.ToString());
    }

    private static TextValue ToJson(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = Bound(arguments, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = bound[1] is null or NoneValue ? null : bound[1] is TextValue text ? text.Text : new string(' ', Math.Clamp(TextMethods.Count(bound[1], 0), 0, 1000));
        Value[] separators = bound[2] is null or NoneValue ? [] : [.. Iteration.List(bound[2]!, budget)];
        if (separators.Length is not (0 or 2))
            throw new TemplateException("tojson() takes two separators");
        return new(new JsonText
        {
            AsciiOnly = bound[0] is { IsTrue: true },
            Indent = indent,
            ItemSeparator = separators.Length == 0 ? indent == null ? ", " : "," : TextMethods.Text(separators[0]),
            KeySeparator = separators.Length == 0 ? ": " : TextMethods.Text(separators[1]),
            SortKeys = bound[3] is { IsTrue: true },
        }.Of(value, budget));
    }
}
