using System.Globalization;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// An Oniguruma expression in .NET's syntax. Read are literals, classes, \s \d \p{category}, groups, look-around, (?i:…) around ASCII letters, and
/// quantifiers, possessive ones too; what the two run differently (\w, \b, ^, $, scripts, back-references) is refused.
/// </summary>
internal sealed class OnigTranslation
{
    private static readonly HashSet<string> s_categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
    ];

    private readonly string _source;
    private readonly StringBuilder _text = new();
    private readonly List<(char From, char To)> _named = [];
    private readonly Stack<(int Start, bool IgnoresCase)> _groups = [];
    private int _at, _atom = -1;
    private bool _ignoresCase;

    private OnigTranslation(string source) => _source = source;

    /// <summary>The expression for .NET.</summary>
    public string Pattern => _text.ToString();

    /// <summary>A literal or a range of the expression has this character.</summary>
    public bool Names(char character) => _named.Any(range => range.From <= character && character <= range.To);

    /// <exception cref="NotSupportedException">It has a part that .NET would run otherwise.</exception>
    public static OnigTranslation Of(string pattern)
    {
        OnigTranslation translation = new(pattern);
        while (translation._at < pattern.Length)
            translation.Next();
        if (translation._groups.Count > 0)
            throw new NotSupportedException("a group is not closed");
        return translation;
    }

    private void Next()
    {
        char c = _source[_at];
        switch (c)
        {
            case '(': Open(); break;
            case ')': Close(); break;
            case '|': _text.Append('|'); _at++; _atom = -1; break;
            case '*' or '+' or '?' or '{': Quantify(); break;
            case '[': Begin(); Class(); break;
            case '\\': Begin(); _text.Append(Escape()); break;
            case '.': Begin(); _text.Append(@"[^\n]"); _at++; break;
            case '^' or '$': throw Unread(c.ToString());
            default: Begin(); Literal(c); _at++; break;
        }
    }

    private void Begin() => _atom = _text.Length;

    private void Open()
    {
        _groups.Push((_text.Length, _ignoresCase));
        string[] kinds = ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:"];
        string kind = kinds.FirstOrDefault(k => _source.AsSpan(_at).StartsWith(k, StringComparison.Ordinal))
            ?? (_source.AsSpan(_at).StartsWith("(?", StringComparison.Ordinal) ? throw Unread(_source.Substring(_at, Math.Min(4, _source.Length - _at))) : "(");
        _ignoresCase |= kind == "(?i:";
        _text.Append(kind is "(" or "(?i:" ? "(?:" : kind);
        _at += kind.Length;
        _atom = -1;
    }

    private void Close()
    {
        if (_groups.Count == 0)
            throw new NotSupportedException("a group is closed that was not opened");
        (_atom, _ignoresCase) = _groups.Pop();
        _text.Append(')');
        _at++;
    }

    private void Quantify()
    {
        int end = _source[_at] == '{' ? _source.IndexOf('}', _at) + 1 : _at + 1;
        string quantifier = end > 0 ? _source[_at..end] : "";
        if (_atom < 0 || quantifier.Length == 0 || (quantifier[0] == '{' && !IsCount(quantifier[1..^1])))
            throw Unread(_source[_at..]);
        _at = end;
        char after = _at < _source.Length ? _source[_at] : ' ';
        if (quantifier[0] == '{' && after is '+' or '?')
            throw Unread(quantifier + after);
        _text.Append(quantifier);
        if (after == '?')
            _text.Append(after);
        else if (after == '+')
            _text.Insert(_atom, "(?>").Append(')');
        _at += after is '?' or '+' ? 1 : 0;
        _atom = -1;
    }

    private static bool IsCount(string inner)
    {
        string[] parts = inner.Split(',');
        return parts.Length <= 2 && IsNumber(parts[0]) && (parts.Length == 1 || parts[1].Length == 0 || IsNumber(parts[1]));

        static bool IsNumber(string text) => text.Length is > 0 and < 5 && text.All(char.IsAsciiDigit);
    }

    // [^…] of literals, ranges, \s, \d and categories
    private void Class()
    {
        int start = _at++;
        _text.Append('[');
        if (_at < _source.Length && _source[_at] == '^')
            _text.Append(_source[_at++]);
        for (bool first = true; ; first = false)
        {
            if (_at >= _source.Length || (first && _source[_at] == ']'))
                throw Unread(_source[start..]);
            if (_source[_at] == ']')
                break;
            Member();
        }

        _text.Append(']');
        _at++;
    }

    private void Member()
    {
        if (Character() is not { } from)
        {
            _text.Append(Escape());
            return;
        }

        char to = from;
        if (_at + 1 < _source.Length && _source[_at] == '-' && _source[_at + 1] != ']')
        {
            _at++;
            to = Character() is { } end && end >= from ? end : throw Unread("a range that ends in a class");
        }

        if (_ignoresCase && (to != from || !char.IsAscii(from)))
            throw Unread($"{from}-{to} inside (?i:");
        _named.Add((from, to));
        _text.Append(_ignoresCase ? Cases(from) : Coded(from));
        if (to != from)
            _text.Append('-').Append(Coded(to));
    }

    // a literal inside a class; null where a class of characters stands
    private char? Character()
    {
        char c = _source[_at];
        if (c == '[' || char.IsSurrogate(c) || (c == '&' && _source.AsSpan(_at).StartsWith("&&", StringComparison.Ordinal)))
            throw Unread(c == '&' ? "&&" : c == '[' ? "[ inside a class" : "a character beyond U+FFFF");
        if (c != '\\')
        {
            _at++;
            return c;
        }

        if (Escaped() is not { } literal)
            return null;
        _at += 2;
        return literal;
    }

    private char? Escaped() => _at + 1 >= _source.Length ? throw Unread("\\") : _source[_at + 1] switch
    {
        'r' => '\r',
        'n' => '\n',
        't' => '\t',
        var c when char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c) => c,
        _ => null,
    };

    private string Escape()
    {
        if (Escaped() is { } literal)
        {
            _at += 2;
            _named.Add((literal, literal));
            return Coded(literal);
        }

        char kind = _source[_at + 1];
        if (kind is 's' or 'S' or 'd' or 'D')
        {
            _at += 2;
            return kind switch { 's' => @"\s", 'S' => @"\S", 'd' => @"\p{Nd}", _ => @"\P{Nd}" };
        }

        int close = kind is 'p' or 'P' ? _source.IndexOf('}', _at) : -1;
        string name = close > _at + 3 && _source[_at + 2] == '{' ? _source[(_at + 3)..close] : "";
        if (!s_categories.Contains(name))
            throw Unread(close > 0 ? _source[_at..(close + 1)] : $"\\{kind}");
        _at = close + 1;
        return $@"\{kind}{{{name}}}";
    }

    private void Literal(char c)
    {
        if (char.IsSurrogate(c) || (_ignoresCase && !char.IsAscii(c)))
            throw Unread(char.IsSurrogate(c) ? "a character beyond U+FFFF" : $"{c} inside (?i:");
        _named.Add((c, c));
        _text.Append(_ignoresCase ? $"[{Cases(c)}]" : Coded(c));
    }

    // the letters that are one but for case; those of two are ſ and the Kelvin sign
    private static string Cases(char c) => !char.IsAsciiLetter(c) ? Coded(c)
        : $"{char.ToLowerInvariant(c)}{char.ToUpperInvariant(c)}{char.ToLowerInvariant(c) switch { 's' => "\\u017F", 'k' => "\\u212A", _ => "" }}";

    private static string Coded(char c) => char.IsAsciiLetterOrDigit(c) ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");

    private static NotSupportedException Unread(string part) => new($"{part} is not read");
}
