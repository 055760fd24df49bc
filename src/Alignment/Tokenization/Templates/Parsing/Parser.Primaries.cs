using Alignment.Tokenization.Templates.Builtins;
using Alignment.Tokenization.Templates.Nodes;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <content>Names and literals, and what stands behind them: attributes, items, calls, filters, tests.</content>
internal sealed partial class Parser
{
    private Expression Primary()
    {
        Token token = _tokens.Read();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new Literal(BoolValue.True),
                    "false" or "False" => new Literal(BoolValue.False),
                    "none" or "None" => new Literal(NoneValue.None),
                    _ => NameOf(token.Text),
                };
            case TokenKind.String:
                string text = token.Text;
                while (_tokens.Current.Kind == TokenKind.String)
                    text += _tokens.Read().Text;
                return new Literal(new TextValue(text));
            case TokenKind.Integer or TokenKind.Float:
                return new Literal(token.Value!);
            case TokenKind.Sign when token.Text == "(":
                Expression inner = Tuple(inBrackets: true);
                _tokens.ExpectSign(")");
                return inner;
            case TokenKind.Sign when token.Text == "[":
                return new ListLiteral(Separated("]", Expression));
            case TokenKind.Sign when token.Text == "{":
                return new DictLiteral(Separated("}", Entry));
            default:
                throw new TemplateException($"unexpected '{token}'");
        }
    }

    private Name NameOf(string name)
    {
        _names.Add(name);
        return new(name);
    }

    private (Expression Key, Expression Value) Entry()
    {
        Expression key = Expression();
        _tokens.ExpectSign(":");
        return (key, Expression());
    }

    // items with commas between them, and maybe one behind the last
    private List<T> Separated<T>(string close, Func<T> item)
    {
        List<T> items = [];
        while (!_tokens.SkipSign(close))
        {
            items.Add(item());
            if (!_tokens.IsSign(close))
                _tokens.ExpectSign(",");
        }

        return items;
    }

    private Expression Postfix(Expression value, bool withFilters)
    {
        int length = 0;
        bool filtered = false; // behind a filter or test only calls follow
        while (true)
        {
            Chain(ref length);
            if (!filtered && _tokens.SkipSign("."))
                value = Attribute(value);
            else if (!filtered && _tokens.SkipSign("["))
                value = Item(value);
            else if (_tokens.IsSign("("))
                value = new Call(value, ArgumentList(), _tokens.Current.Line);
            else if (withFilters && _tokens.IsSign("|"))
                (value, filtered) = (OneFilter(value), true);
            else if (withFilters && _tokens.SkipWord("is"))
                (value, filtered) = (OneTest(value), true);
            else
                return value;
        }
    }

    private Expression Attribute(Expression value)
    {
        Token name = _tokens.Read();
        return name.Kind == TokenKind.Name ? new AttributeAccess(value, name.Text)
            : name.Kind == TokenKind.Integer ? new ItemAccess(value, new Literal(name.Value!)) : throw new TemplateException("expected name or number");
    }

    private Expression Item(Expression value)
    {
        Expression? start = _tokens.IsSign(":") ? null : Expression();
        if (!_tokens.SkipSign(":"))
        {
            if (_tokens.SkipSign("]"))
                return new ItemAccess(value, start!);
            _tokens.ExpectSign(",");
            return new ItemAccess(value, new TupleLiteral([start!, .. Separated("]", Expression)]));
        }

        Expression? stop = Bound(), step = _tokens.SkipSign(":") ? Bound() : null;
        _tokens.ExpectSign("]");
        return new SliceAccess(value, start, stop, step);
    }

    private Expression? Bound() => _tokens.IsSign(":") || _tokens.IsSign("]") ? null : Expression();

    private CallArguments ArgumentList()
    {
        List<Expression> positional = [];
        List<(string Name, Expression Value)> named = [];
        Expression? more = null, moreNamed = null;
        _tokens.ExpectSign("(");
        Separated(")", () =>
        {
            if (moreNamed != null || (more != null && (_tokens.IsSign("*") || !IsNamed())))
                throw new TemplateException("invalid syntax for function call expression");
            if (_tokens.SkipSign("*"))
                more = Expression();
            else if (_tokens.SkipSign("**"))
                moreNamed = Expression();
            else if (IsNamed())
            {
                string name = _tokens.Read().Text;
                _tokens.Read();
                named.Add((name, Expression()));
            }
            else
                positional.Add(named.Count == 0 ? Expression() : throw new TemplateException("invalid syntax for function call expression"));
            return true;
        });
        return new(positional, named, more, moreNamed);
    }

    private bool IsNamed() => _tokens.IsSign("**") || (_tokens.Current.Kind == TokenKind.Name && _tokens.Following is { Kind: TokenKind.Sign, Text: "=" });

    private string Dotted()
    {
        string name = _tokens.Expect(TokenKind.Name).Text;
        while (_tokens.SkipSign("."))
            name += "." + _tokens.Expect(TokenKind.Name).Text;
        return name;
    }

    private FilterCall OneFilter(Expression? value, bool afterSign = true)
    {
        if (afterSign)
            _tokens.ExpectSign("|");
        int line = _tokens.Current.Line;
        string name = Dotted();
        if (Filters.Find(name) == null)
            _unknown.Add("filter", name, line);
        return new(value, name, _tokens.IsSign("(") ? ArgumentList() : CallArguments.None, line);
    }

    // the chain of a filter block, which starts with a name, or of a set block, which starts with a sign or has none
    private List<FilterCall> FilterChain(bool starts)
    {
        List<FilterCall> filters = starts ? [OneFilter(null, afterSign: false)] : [];
        while (_tokens.IsSign("|"))
            filters.Add(OneFilter(null));
        return filters;
    }

    private Expression OneTest(Expression value)
    {
        bool negated = _tokens.SkipWord("not");
        int line = _tokens.Current.Line;
        string name = Dotted();
        if (Tests.Find(name) == null)
            _unknown.Add("test", name, line);
        CallArguments arguments = CallArguments.None;
        if (_tokens.IsSign("("))
            arguments = ArgumentList();
        else if (IsArgument())
            arguments = new([Postfix(Primary(), withFilters: false)], [], null, null);
        TestCall test = new(value, name, arguments);
        return negated ? new Negation(test) : test;
    }

    // a test takes one argument without brackets
    private bool IsArgument()
    {
        if (_tokens.IsWord("is"))
            throw new TemplateException("You cannot chain multiple tests with is");
        return _tokens.Current.Kind == TokenKind.Name ? !(_tokens.IsWord("else") || _tokens.IsWord("or") || _tokens.IsWord("and"))
            : _tokens.Current.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float || _tokens.IsSign("[") || _tokens.IsSign("{");
    }
}
