using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's "…" % values.</summary>
internal static class PercentFormat
{
    /// <summary>The format with its values.</summary>
    /// <exception cref="TemplateException">Too many or too few values, or of the wrong type.</exception>
    public static TextValue Apply(TextValue format, Value values, Budget budget)
    {
        IReadOnlyList<Value> given = values is TupleValue tuple ? tuple.Values : [values];
        BoundedText text = new(budget);
        int used = 0;
        string source = format.Text;
        for (int at = 0; at < source.Length; at++)
        {
            int next = source.IndexOf('%', at) is var found and >= 0 ? found : source.Length;
            text.Add(source.AsSpan(at, next - at));
            if ((at = next) == source.Length)
                break;
            FormatSpec spec = Read(source, ref at, out string? name, () => used < given.Count ? given[used++] : throw NotEnough());
            if (spec.Type == '%')
            {
                text.Add("%");
                continue;
            }

            Value value = name == null ? used < given.Count ? given[used++] : throw NotEnough()
                : values is DictValue dict ? dict.At(new TextValue(name)) ?? throw new TemplateException($"format has no value named '{name}'")
                : throw new TemplateException("format requires a mapping");
            text.Add(Written(spec, value, format.IsMarkup, budget));
        }

        return used < given.Count && values is not (DictValue or ListValue or RangeValue or UndefinedValue) ? throw new TemplateException("not all arguments converted during string formatting")
            : new(text.ToString(), format.IsMarkup);
    }

    private static string Written(FormatSpec spec, Value value, bool escape, Budget budget)
    {
        if (spec.Type is 's' or 'r')
        {
            TextValue text = spec.Type == 'r' ? new(new BoundedText(budget).AddRepr(value).ToString()) : Markup.Soft(value, budget);
            return (spec with { Type = 's', Align = spec.Align == '<' ? '<' : '>', Fill = " " }).Of(escape ? Markup.Escape(text, budget) : text, budget);
        }

        if (spec.Type == 'c' && value is TextValue { Length: 1 })
            return (spec with { Type = 's', Align = spec.Align == '<' ? '<' : '>' }).Of(value, budget);
        return spec.Of(spec.Type == 'd' && value is FloatValue { Number: var real } && double.IsFinite(real) ? new IntValue(new(Math.Truncate(real))) : value, budget);
    }

    // at stands on %, and on the type afterwards
    private static FormatSpec Read(string source, ref int at, out string? name, Func<Value> star)
    {
        name = null;
        FormatSpec spec = new();
        if (++at < source.Length && source[at] == '(')
        {
            int close = source.IndexOf(')', at) is var found and >= 0 ? found : throw new TemplateException("incomplete format key");
            name = source[(at + 1)..close];
            at = close + 1;
        }

        for (; at < source.Length && "-+ 0#".Contains(source[at], StringComparison.Ordinal); at++)
            spec = source[at] switch
            {
                '-' => spec with { Align = '<', Fill = " " },
                '0' => spec.Align == '<' ? spec : spec with { Align = '=', Fill = "0" },
                '#' => spec with { Alternate = true },
                _ => spec.Sign == '+' ? spec : spec with { Sign = source[at] },
            };
        int width = Number(source, ref at, star) ?? 0;
        spec = spec with { Width = Math.Abs(width), Align = width < 0 ? '<' : spec.Align };
        if (at < source.Length && source[at] == '.')
        {
            at++;
            spec = spec with { Precision = Number(source, ref at, star) ?? 0 };
        }

        while (at < source.Length && source[at] is 'l' or 'h' or 'L')
            at++;
        if (at >= source.Length)
            throw new TemplateException("incomplete format");
        return spec with
        {
            Type = source[at] switch
            {
                'i' or 'u' => 'd',
                'a' => 'r',
                's' or 'r' or 'd' or 'f' or 'F' or 'e' or 'E' or 'g' or 'G' or 'x' or 'X' or 'o' or 'c' or '%' => source[at],
                _ => throw new TemplateException($"unsupported format character '{source[at]}'"),
            },
        };
    }

    private static int? Number(string source, ref int at, Func<Value> star)
    {
        if (at < source.Length && source[at] == '*')
        {
            at++;
            return TextMethods.Count(star(), 0);
        }

        int from = at;
        while (at < source.Length && char.IsAsciiDigit(source[at]))
            at++;
        return from == at ? null : at - from < 8 ? int.Parse(source.AsSpan(from, at - from), System.Globalization.CultureInfo.InvariantCulture)
            : throw new TemplateException("a format's width or precision is too large");
    }

    private static TemplateException NotEnough() => new("not enough arguments for format string");
}
