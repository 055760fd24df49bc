using System.Globalization;
using System.Numerics;
using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <summary>Cuts what stands in one tag. A sign that ends the tag does so only outside of brackets.</summary>
internal sealed class TagLexer(string source, int at, bool isBlock, Budget budget)
{
    private static readonly string[] s_signs =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly Stack<char> _open = new();
    private readonly string _end = isBlock ? "%}" : "}}";

    /// <summary>Where the next token begins; behind the tag's end afterwards.</summary>
    public int At { get; private set; } = Skip(source, at);

    /// <summary>"-" or "+" before the tag's end.</summary>
    public char EndSign { get; private set; }

    /// <summary>The next token; null at the tag's end.</summary>
    /// <param name="line">Of <see cref="At"/>.</param>
    /// <exception cref="TemplateException">A character has no meaning, or a bracket does not close.</exception>
    public Token? Next(int line)
    {
        budget.Step();
        budget.Line = line;
        if (At >= source.Length)
            throw new TemplateException($"a tag does not end in '{_end}'");
        if (_open.Count == 0 && IsEnd())
            return null;
        char first = source[At];
        Token token = char.IsAsciiDigit(first) ? Number(line) : first == '_' || char.IsLetterOrDigit(first) || CharacterIsName(first) ? Name(line)
            : first is '\'' or '"' ? Quoted(line) : Sign(line);
        At = Skip(source, At);
        return token;
    }

    private static int Skip(string source, int at)
    {
        while (at < source.Length && CodePoints.IsSpace(source[at]))
            at++;
        return at;
    }

    private bool IsEnd()
    {
        ReadOnlySpan<char> rest = source.AsSpan(At);
        EndSign = rest[0] == '-' || (rest[0] == '+' && isBlock) ? rest[0] : '\0';
        int sign = EndSign == '\0' ? 0 : 1;
        if (!rest[sign..].StartsWith(_end))
            return false;
        At += sign + 2;
        return true;
    }

    private static bool CharacterIsName(char letter) => CharUnicodeInfo.GetUnicodeCategory(letter)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.LetterNumber;

    private Token Name(int line)
    {
        int from = At;
        while (At < source.Length && (source[At] == '_' || char.IsLetterOrDigit(source[At]) || CharacterIsName(source[At])))
            At++;
        return new(TokenKind.Name, source[from..At], line);
    }

    private Token Number(int line)
    {
        int from = At;
        if (source[At] == '0' && At + 2 < source.Length && char.ToLowerInvariant(source[At + 1]) is 'x' or 'b' or 'o'
            && Digits(At + 2, char.ToLowerInvariant(source[At + 1]) == 'x') is var marked && marked > At + 2)
            return Integer(from, marked, line);
        int end = Digits(At, hexadecimal: false), point = end;
        if (source[from - 1] == '.') // value.0.1 has no float in it
            return Integer(from, end, line);
        if (end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1]))
            end = Digits(end + 1, hexadecimal: false);
        if (end < source.Length && source[end] is 'e' or 'E')
        {
            int digits = end + 1 < source.Length && source[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (digits < source.Length && char.IsAsciiDigit(source[digits]))
                end = Digits(digits, hexadecimal: false);
        }

        if (end == point)
            return Integer(from, end, line);
        At = end;
        return new(TokenKind.Float, source[from..end], line, new FloatValue(TextNumbers.Real(source[from..end])!.Value));
    }

    private int Digits(int at, bool hexadecimal)
    {
        bool IsDigit(int place) => place < source.Length && (hexadecimal ? char.IsAsciiHexDigit(source[place]) : char.IsAsciiDigit(source[place]));
        while (IsDigit(at) || (at < source.Length && source[at] == '_' && IsDigit(at + 1)))
            at++;
        return at;
    }

    private Token Integer(int from, int end, int line)
    {
        At = end;
        BigInteger? number = TextNumbers.Whole(source[from..end], 0);
        return new(TokenKind.Integer, source[from..end], line, new IntValue(number ?? throw new TemplateException($"'{source[from..end]}' is no number")));
    }

    private Token Quoted(int line)
    {
        int from = At + 1, end = from;
        while (end < source.Length && source[end] != source[At])
            end += source[end] == '\\' ? 2 : 1;
        if (end >= source.Length)
            throw new TemplateException($"unexpected char {CodePoints.Repr(source[At].ToString())}: a text does not end in it");
        At = end + 1;
        return new(TokenKind.String, Escapes.Removed(source[from..end]), line);
    }

    private Token Sign(int line)
    {
        string sign = s_signs.FirstOrDefault(sign => source.AsSpan(At).StartsWith(sign)) ?? throw new TemplateException($"unexpected char {CodePoints.Repr(source[At].ToString())}");
        if (sign[0] is '(' or '[' or '{')
        {
            _open.Push(sign[0] switch { '(' => ')', '[' => ']', _ => '}' });
            Budget.Nest(_open.Count);
        }
        else if (sign[0] is ')' or ']' or '}' && (!_open.TryPop(out char wanted) || wanted != sign[0]))
            throw new TemplateException(wanted == '\0' ? $"unexpected '{sign}'" : $"unexpected '{sign}', expected '{wanted}'");
        At += sign.Length;
        return new(TokenKind.Sign, sign, line);
    }
}
