using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <summary>
/// Cuts a template into tokens: texts, and what stands in tags. White space as transformers sets Jinja up: a line end right behind a block or comment
/// goes (trim_blocks), and so does white space between the line's begin and a block or comment (lstrip_blocks); "-" takes all, "+" leaves all.
/// </summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly Budget _budget;
    private readonly List<Token> _tokens = [];
    private bool _atLineStart = true;
    private int _at, _counted, _line = 1;

    private Lexer(string source, Budget budget)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        (_source, _budget) = (source.EndsWith('\n') ? source[..^1] : source, budget);
    }

    /// <summary>The tokens, the last of kind End.</summary>
    /// <exception cref="TemplateException">A tag, comment or quote does not end, or a character has no meaning.</exception>
    public static IReadOnlyList<Token> Tokens(string source, Budget budget)
    {
        Lexer lexer = new(source, budget);
        while (lexer._at < lexer._source.Length)
            lexer.TextAndTag();
        lexer._tokens.Add(new(TokenKind.End, "", lexer.LineAt(lexer._source.Length)));
        return lexer._tokens;
    }

    private void TextAndTag()
    {
        _budget.Step();
        int open = _at;
        while ((open = _source.IndexOf('{', open)) >= 0 && !(open + 1 < _source.Length && _source[open + 1] is '{' or '%' or '#'))
            open++;
        if (open < 0)
        {
            AddText(_source[_at..]);
            _at = _source.Length;
            return;
        }

        if (_source[open + 1] == '%' && RawBegin(open) is int raw)
        {
            AddText(Stripped(open, isOutput: false));
            Raw(open, raw);
            return;
        }

        AddText(Stripped(open, isOutput: _source[open + 1] == '{'));
        _budget.Line = LineAt(open);
        int inside = open + 2 + (Sign(open) == '\0' ? 0 : 1);
        if (_source[open + 1] == '#')
            Comment(inside);
        else
            Tag(inside, _source[open + 1] == '%');
    }

    private char Sign(int open) => open + 2 < _source.Length && _source[open + 2] is '-' or '+' ? _source[open + 2] : '\0';

    // the text before a tag, as the tag's sign and its line leave it
    private string Stripped(int open, bool isOutput)
    {
        string text = _source[_at..open];
        char sign = Sign(open);
        if (sign == '-')
            return TrimEnd(text);
        int line = text.LastIndexOf('\n') + 1;
        return sign == '+' || isOutput || (line == 0 && !_atLineStart) || TrimEnd(text).Length > line ? text : text[..line];
    }

    private static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && CodePoints.IsSpace(text[end - 1]))
            end--;
        return text[..end];
    }

    private void Comment(int inside)
    {
        int close = _source.IndexOf("#}", inside, StringComparison.Ordinal);
        if (close < 0)
            throw new TemplateException("Missing end of comment tag");
        GoOn(close + 2, close > inside ? _source[close - 1] : '\0', trims: true);
    }

    // behind a tag's end at this place, which had this sign before it
    private void GoOn(int end, char sign, bool trims)
    {
        if (sign == '-')
            while (end < _source.Length && CodePoints.IsSpace(_source[end]))
                end++;
        else if (sign != '+' && trims && end < _source.Length && _source[end] == '\n')
            end++;
        (_at, _atLineStart) = (end, _source[end - 1] == '\n');
    }

    private void Tag(int inside, bool isBlock)
    {
        _tokens.Add(new(isBlock ? TokenKind.BlockBegin : TokenKind.OutputBegin, "", LineAt(inside)));
        TagLexer tag = new(_source, inside, isBlock, _budget);
        while (tag.Next(LineAt(tag.At)) is { } token)
            _tokens.Add(token);
        _tokens.Add(new(isBlock ? TokenKind.BlockEnd : TokenKind.OutputEnd, "", LineAt(tag.At)));
        GoOn(tag.At, tag.EndSign, trims: isBlock);
    }

    // behind {% raw %}; null where the tag is another
    private int? RawBegin(int open)
    {
        int at = Skip(open + 2 + (Sign(open) == '\0' ? 0 : 1));
        if (!_source.AsSpan(at).StartsWith("raw"))
            return null;
        at = Skip(at + 3);
        return _source.AsSpan(at).StartsWith("-%}") ? Skip(at + 3) : _source.AsSpan(at).StartsWith("%}") ? at + 2 : null;
    }

    private void Raw(int open, int from)
    {
        (_at, _atLineStart) = (from, _source[from - 1] == '\n');
        for (int close = from; (close = _source.IndexOf("{%", close, StringComparison.Ordinal)) >= 0; close += 2)
        {
            int at = Skip(close + 2 + (Sign(close) == '\0' ? 0 : 1));
            if (!_source.AsSpan(at).StartsWith("endraw"))
                continue;
            at = Skip(at + 6);
            char sign = at < _source.Length && _source[at] is '-' or '+' ? _source[at++] : '\0';
            if (!_source.AsSpan(at).StartsWith("%}"))
                continue;
            AddText(Stripped(close, isOutput: false));
            GoOn(at + 2, sign, trims: true);
            return;
        }

        _budget.Line = LineAt(open);
        throw new TemplateException("Missing end of raw directive");
    }

    private int Skip(int at)
    {
        while (at < _source.Length && CodePoints.IsSpace(_source[at]))
            at++;
        return at;
    }

    private void AddText(string text)
    {
        if (text.Length > 0)
            _tokens.Add(new(TokenKind.Text, text, LineAt(_at)));
    }

    // asked for in the order of the source
    private int LineAt(int at)
    {
        for (; _counted < at && _counted < _source.Length; _counted++)
            _line += _source[_counted] == '\n' ? 1 : 0;
        return _line;
    }
}
