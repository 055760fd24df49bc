using System.Globalization;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's "…".format(…).</summary>
internal static class BraceFormat
{
    /// <summary>The format with its values.</summary>
    /// <exception cref="TemplateException">A field is malformed, or there is no value for it.</exception>
    public static TextValue Apply(TextValue format, Arguments arguments, Budget budget)
    {
        BoundedText text = new(budget);
        int used = 0;
        string source = format.Text;
        for (int at = 0; at < source.Length;)
        {
            int next = source.AsSpan(at).IndexOfAny('{', '}') is var found and >= 0 ? at + found : source.Length;
            text.Add(source.AsSpan(at, next - at));
            if (next == source.Length)
                break;
            if (next + 1 < source.Length && source[next + 1] == source[next])
            {
                text.Add(source.AsSpan(next, 1));
                at = next + 2;
                continue;
            }

            int close = source[next] == '{' ? source.IndexOf('}', next) : throw new TemplateException("Single '}' encountered in format string");
            if (close < 0)
                throw new TemplateException("Single '{' encountered in format string");
            text.Add(Field(source[(next + 1)..close], arguments, ref used, format.IsMarkup, budget));
            at = close + 1;
        }

        return new(text.ToString(), format.IsMarkup);
    }

    private static string Field(string field, Arguments arguments, ref int used, bool escape, Budget budget)
    {
        if (field.Contains('{', StringComparison.Ordinal))
            throw new TemplateException("fields within a field's format are not supported");
        string[] parts = field.Split(':', 2);
        string[] name = parts[0].Split('!', 2);
        Value value = Found(name[0], arguments, ref used, budget);
        value = name.Length == 1 ? value : name[1] switch
        {
            "s" => Markup.Soft(value, budget),
            "r" or "a" => new TextValue(new BoundedText(budget).AddRepr(value).ToString()),
            _ => throw new TemplateException($"Unknown conversion specifier '{name[1]}'"),
        };
        string written = Spec(parts.Length > 1 ? parts[1] : "").Of(value, budget);
        return escape && value is not TextValue { IsMarkup: true } ? Markup.Escape(new(written), budget).Text : written;
    }

    private static Value Found(string path, Arguments arguments, ref int used, Budget budget)
    {
        int end = path.AsSpan().IndexOfAny('.', '[') is var at and >= 0 ? at : path.Length;
        string first = path[..end];
        Value? value = int.TryParse(first.Length == 0 ? (used++).ToString(CultureInfo.InvariantCulture) : first, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? arguments.Positional.ElementAtOrDefault(index) : arguments.Named.FirstOrDefault(named => named.Key == first).Value;
        value = value ?? throw new TemplateException($"format has no value for field '{path}'");
        while (end < path.Length)
        {
            bool bracket = path[end] == '[';
            int next = bracket ? path.IndexOf(']', end) : path.AsSpan(end + 1).IndexOfAny('.', '[') is var more and >= 0 ? end + 1 + more : path.Length;
            if (next < 0)
                throw new TemplateException("Missing ']' in format string");
            string key = path[(end + 1)..next];
            value = !bracket ? Lookup.Attribute(value, key, budget) : Lookup.Item(value, TextNumbers.Whole(key, 10) is { } number ? new IntValue(number) : new TextValue(key), budget);
            end = bracket ? next + 1 : next;
        }

        return value;
    }

    private static FormatSpec Spec(string spec)
    {
        FormatSpec read = new();
        int at = 0;
        if (spec.Length > 1 && "<>^=".Contains(spec[1], StringComparison.Ordinal))
            (read, at) = (read with { Fill = spec[..1], Align = spec[1] }, 2);
        else if (spec.Length > 0 && "<>^=".Contains(spec[0], StringComparison.Ordinal))
            (read, at) = (read with { Align = spec[0] }, 1);
        bool fills = at == 2;
        if (at < spec.Length && spec[at] is '+' or '-' or ' ')
            read = read with { Sign = spec[at++] };
        if (at < spec.Length && spec[at] == '#')
            (read, at) = (read with { Alternate = true }, at + 1);
        if (at < spec.Length && spec[at] == '0')
            read = read with { Fill = fills ? read.Fill : "0", Align = read.Align == '\0' ? '=' : read.Align };
        read = read with { Width = Number(spec, ref at) ?? 0 };
        if (at < spec.Length && spec[at] is ',' or '_')
            read = read with { Thousands = spec[at++].ToString() };
        if (at < spec.Length && spec[at] == '.')
        {
            at++;
            read = read with { Precision = Number(spec, ref at) ?? throw new TemplateException("Format specifier missing precision") };
        }

        string type = spec[at..];
        return type.Length > 1 || !"sdfFeEgGxXobcn%".Contains(type, StringComparison.Ordinal) ? throw new TemplateException($"Invalid format specifier '{spec}'")
            : type.Length == 0 ? read : read with { Type = type[0] };
    }

    private static int? Number(string spec, ref int at)
    {
        int from = at;
        while (at < spec.Length && char.IsAsciiDigit(spec[at]))
            at++;
        return from == at ? null : at - from < 8 ? int.Parse(spec.AsSpan(from, at - from), CultureInfo.InvariantCulture)
            : throw new TemplateException("a format's width or precision is too large");
    }
}
