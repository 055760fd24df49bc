using System.Globalization;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Methods of Python's str.</summary>
internal static class TextMethods
{
    /// <summary>A text's method; null where it has none of that name.</summary>
    public static Func<Arguments, Budget, Value>? Find(TextValue subject, string name)
    {
        string text = subject.Text;
        return name switch
        {
            "upper" or "lower" or "title" or "capitalize" or "swapcase" or "casefold" => Made(subject, name, 0, [], _ => TextCase.Change(text, name)),
            "strip" or "lstrip" or "rstrip" => Made(subject, name, 0, ["chars"], bound => TextParts.Strip(text, Optional(bound[0]), name != "rstrip", name != "lstrip")),
            "replace" => Made(subject, name, 2, ["old", "new", "count"], bound => TextParts.Replace(text, Text(bound[0]!), Text(bound[1]!), Count(bound[2], -1))),
            "removeprefix" => Made(subject, name, 1, ["prefix"], bound => text.StartsWith(Text(bound[0]!), StringComparison.Ordinal) ? text[Text(bound[0]!).Length..] : text),
            "removesuffix" => Made(subject, name, 1, ["suffix"], bound => text.EndsWith(Text(bound[0]!), StringComparison.Ordinal) ? text[..^Text(bound[0]!).Length] : text),
            "center" or "ljust" or "rjust" => Made(subject, name, 1, ["width", "fillchar"], bound => TextParts.Justify(text, Count(bound[0], 0), bound[1] is { } fill ? Text(fill) : " ", name)),
            "zfill" => Made(subject, name, 1, ["width"], bound => TextParts.ZeroFill(text, Count(bound[0], 0))),
            "expandtabs" => Made(subject, name, 0, ["tabsize"], bound => TextParts.ExpandTabs(text, Count(bound[0], 8))),
            "split" or "rsplit" => Bound(name, 0, ["sep", "maxsplit"], (bound, budget) =>
                List(TextSplit.Parts(text, Optional(bound[0]), Count(bound[1], -1), name == "rsplit"), subject.IsMarkup, budget)),
            "splitlines" => Bound(name, 0, ["keepends"], (bound, budget) => List(TextSplit.Lines(text, bound[0] is { IsTrue: true }), subject.IsMarkup, budget)),
            "partition" or "rpartition" => Bound(name, 1, ["sep"], (bound, _) =>
                new TupleValue([.. TextSplit.Partition(text, Text(bound[0]!), name == "rpartition").Select(part => new TextValue(part, subject.IsMarkup))])),
            "join" => Bound(name, 1, ["iterable"], (bound, budget) => Joined(subject, bound[0]!, budget)),
            "startswith" or "endswith" => Bound(name, 1, ["prefix", "start", "end"], (bound, budget) => BoolValue.Of(Affixed(Part(subject, bound, budget), bound[0]!, name == "endswith"))),
            "find" or "rfind" or "index" or "rindex" => Bound(name, 1, ["sub", "start", "end"], (bound, budget) => Found(subject, name, bound, budget)),
            "count" => Bound(name, 1, ["sub", "start", "end"], (bound, budget) => new IntValue(TextParts.Occurrences(Part(subject, bound, budget), Text(bound[0]!)))),
            "format" => (arguments, budget) => BraceFormat.Apply(subject, arguments, budget),
            _ => TextCase.Test(name) is { } test ? Bound(name, 0, [], (_, _) => BoolValue.Of(test(text))) : null,
        };
    }

    /// <summary>A text argument.</summary>
    /// <exception cref="TemplateException">It is of another type.</exception>
    public static string Text(Value value) => value is TextValue text ? text.Text : value is UndefinedValue undefined ? throw undefined.Used()
        : throw new TemplateException($"a str is wanted, not {value.Kind}");

    /// <summary>An int argument, or what stands for it where it was left out.</summary>
    /// <exception cref="TemplateException">It is of another type.</exception>
    public static int Count(Value? value, int otherwise) => value == null ? otherwise : Numbers.IsWhole(value, out var whole)
        ? (int)System.Numerics.BigInteger.Max(-Budget.LongestText - 1, System.Numerics.BigInteger.Min(Budget.LongestText + 1, whole))
        : value is UndefinedValue undefined ? throw undefined.Used() : throw new TemplateException($"an int is wanted, not {value.Kind}");

    private static string? Optional(Value? value) => value is null or NoneValue ? null : Text(value);

    private static Func<Arguments, Budget, Value> Bound(string name, int required, string[] parameters, Func<Value?[], Budget, Value> call) =>
        (arguments, budget) => call(arguments.Bind(name, required, parameters), budget);

    private static Func<Arguments, Budget, Value> Made(TextValue subject, string name, int required, string[] parameters, Func<Value?[], string> make) => (arguments, budget) =>
    {
        budget.Characters(subject.Text.Length);
        string made = make(arguments.Bind(name, required, parameters));
        budget.Characters(made.Length);
        return new TextValue(made, subject.IsMarkup);
    };

    private static ListValue List(List<string> parts, bool isMarkup, Budget budget)
    {
        budget.Characters(parts.Sum(part => (long)part.Length));
        budget.List(parts.Count);
        return new([.. parts.Select(part => new TextValue(part, isMarkup))]);
    }

    private static TextValue Joined(TextValue between, Value items, Budget budget)
    {
        BoundedText joined = new(budget);
        int index = 0;
        foreach (Value item in items.Items ?? throw new TemplateException("can only join an iterable"))
        {
            if (item is not TextValue text)
                throw new TemplateException(string.Create(CultureInfo.InvariantCulture, $"sequence item {index}: expected str instance, {item.Kind} found"));
            joined.Add(index++ == 0 ? "" : between.Text).Add(between.IsMarkup ? Markup.Escape(text, budget).Text : text.Text);
        }

        return new(joined.ToString(), between.IsMarkup);
    }

    // the text between optional bounds, by code points
    private static string Part(TextValue subject, Value?[] bound, Budget budget) =>
        ((TextValue)Slicing.Slice(subject, bound[1] ?? NoneValue.None, bound[2] ?? NoneValue.None, NoneValue.None, budget)).Text;

    private static bool Affixed(string text, Value affix, bool atEnd) => affix is TupleValue several ? several.Values.Any(one => Affixed(text, one, atEnd))
        : atEnd ? text.EndsWith(Text(affix), StringComparison.Ordinal) : text.StartsWith(Text(affix), StringComparison.Ordinal);

    private static IntValue Found(TextValue subject, string name, Value?[] bound, Budget budget)
    {
        int length = subject.Length!.Value, start = Count(bound[1] is NoneValue ? null : bound[1], 0);
        start = start < 0 ? Math.Max(0, start + length) : start;
        string part = Part(subject, bound, budget), wanted = Text(bound[0]!);
        int at = name[0] == 'r' ? part.LastIndexOf(wanted, StringComparison.Ordinal) : part.IndexOf(wanted, StringComparison.Ordinal);
        if (at < 0 || start > length)
            return name.EndsWith("find", StringComparison.Ordinal) ? new(-1) : throw new TemplateException("substring not found");
        return new(start + CodePoints.Count(part[..at]));
    }
}
