using System.Globalization;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's json.dumps, as transformers hands it to templates: nothing escaped for HTML, and ASCII only where it is asked for.</summary>
internal sealed record JsonText
{
    /// <summary>What one level is indented by; null: all on one line.</summary>
    public string? Indent { get; init; }

    /// <summary>Between items.</summary>
    public required string ItemSeparator { get; init; }

    /// <summary>Between a key and its value.</summary>
    public required string KeySeparator { get; init; }

    /// <summary>Keys in their order, not in that of the dict.</summary>
    public bool SortKeys { get; init; }

    /// <summary>Characters outside ASCII as \u escapes.</summary>
    public bool AsciiOnly { get; init; }

    /// <summary>The value as JSON.</summary>
    /// <exception cref="TemplateException">JSON has no such type.</exception>
    public string Of(Value value, Budget budget)
    {
        BoundedText text = new(budget);
        Write(text, value, 1, budget);
        return text.ToString();
    }

    private void Write(BoundedText text, Value value, int depth, Budget budget)
    {
        budget.Step();
        Budget.Nest(depth);
        switch (value)
        {
            case NoneValue:
                text.Add("null");
                break;
            case BoolValue:
                text.Add(value.IsTrue ? "true" : "false");
                break;
            case IntValue:
                value.WriteRepr(text);
                break;
            case FloatValue { Number: var number }:
                text.Add(double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? number > 0 ? "Infinity" : "-Infinity" : Numbers.Repr(number));
                break;
            case TextValue { Text: var letters }:
                Quote(text, letters);
                break;
            case SequenceValue { Values: var items }:
                WriteAll(text, "[", items, item => Write(text, item, depth + 1, budget), "]", depth);
                break;
            case DictValue { Entries: var entries }:
                IEnumerable<KeyValuePair<Value, Value>> ordered = SortKeys ? Sorted(entries, budget) : entries;
                WriteAll(text, "{", ordered, entry =>
                {
                    Quote(text, Key(entry.Key));
                    text.Add(KeySeparator);
                    Write(text, entry.Value, depth + 1, budget);
                }, "}", depth);
                break;
            default:
                throw new TemplateException($"Object of type {value.Kind} is not JSON serializable");
        }
    }

    private void WriteAll<T>(BoundedText text, string open, IEnumerable<T> items, Action<T> write, string close, int depth)
    {
        text.Add(open);
        bool any = false;
        foreach (T item in items)
        {
            text.Add(any ? ItemSeparator : "");
            NewLine(text, depth);
            write(item);
            any = true;
        }

        if (any)
            NewLine(text, depth - 1);
        text.Add(close);
    }

    private void NewLine(BoundedText text, int depth)
    {
        if (Indent == null)
            return;
        text.Add("\n");
        for (int level = 0; level < depth; level++)
            text.Add(Indent);
    }

    private static IEnumerable<KeyValuePair<Value, Value>> Sorted(OrderedDictionary<Value, Value> entries, Budget budget) =>
        Ordering.Sorted(entries.Keys, key => key, reverse: false, budget).Select(key => KeyValuePair.Create(key, entries[key]));

    private static string Key(Value key) => key switch
    {
        TextValue text => text.Text,
        BoolValue => key.IsTrue ? "true" : "false",
        NoneValue => "null",
        IntValue whole => whole.Number.ToString(CultureInfo.InvariantCulture),
        FloatValue real => Numbers.Repr(real.Number),
        _ => throw new TemplateException($"keys must be str, int, float, bool or None, not {key.Kind}"),
    };

    private void Quote(BoundedText text, string letters)
    {
        text.Add("\"");
        int from = 0;
        for (int at = 0; at < letters.Length; at++)
        {
            char letter = letters[at];
            if (letter is >= ' ' and not '"' and not '\\' && (!AsciiOnly || letter < '\x7f'))
                continue;
            text.Add(letters.AsSpan(from, at - from)).Add(letter switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\f' => "\\f",
                '\b' => "\\b",
                _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
            });
            from = at + 1;
        }

        text.Add(letters.AsSpan(from)).Add("\"");
    }
}
