using Alignment.Tokenization.Templates.Nodes;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <content>Expressions from the loosest operator to the tightest.</content>
internal sealed partial class Parser
{
    private static readonly string[] s_comparisons = ["==", "!=", "<", "<=", ">", ">="];

    // one expression, or a tuple of several with commas between them
    private Expression Tuple(bool withConditions = true, bool inBrackets = false, string? end = null)
    {
        List<Expression> items = [];
        bool several = false;
        while (!IsTupleEnd(end))
        {
            items.Add(withConditions ? Expression() : Or());
            if (!_tokens.SkipSign(","))
                break;
            several = true;
        }

        return several || (items.Count == 0 && inBrackets) ? new TupleLiteral(items) : items.Count == 0 ? throw _tokens.Unexpected("an expression") : items[0];
    }

    private bool IsTupleEnd(string? word) => _tokens.Current.Kind is TokenKind.OutputEnd or TokenKind.BlockEnd || _tokens.IsSign(")") || (word != null && _tokens.IsWord(word));

    private Expression Expression()
    {
        Budget.Nest(++_depth);
        int mark = _unknown.Mark, length = 0;
        Expression value = Or();
        while (_tokens.IsWord("if"))
        {
            int line = _tokens.Read().Line;
            Chain(ref length);
            Expression condition = Or();
            value = new Conditional(condition, value, _tokens.SkipWord("else") ? Expression() : null, line);
            _unknown.Forgive(mark);
        }

        _depth--;
        return value;
    }

    private static void Chain(ref int length)
    {
        if (++length > Budget.LongestChain)
            throw new TemplateException($"more than {Budget.LongestChain} operators in a row");
    }

    private Expression Or()
    {
        int length = 0;
        Expression left = And();
        while (_tokens.SkipWord("or"))
        {
            Chain(ref length);
            left = new Junction(isAnd: false, left, And());
        }

        return left;
    }

    private Expression And()
    {
        int length = 0;
        Expression left = Not();
        while (_tokens.SkipWord("and"))
        {
            Chain(ref length);
            left = new Junction(isAnd: true, left, Not());
        }

        return left;
    }

    private Expression Not()
    {
        int count = 0;
        while (_tokens.SkipWord("not"))
            Chain(ref count);
        Expression value = Comparison();
        for (; count > 0; count--)
            value = new Negation(value);
        return value;
    }

    private Expression Comparison()
    {
        Expression first = Sum();
        List<(string Sign, Expression Value)> others = [];
        while (true)
        {
            if (_tokens.Current.Kind == TokenKind.Sign && s_comparisons.Contains(_tokens.Current.Text))
                others.Add((_tokens.Read().Text, Sum()));
            else if (_tokens.SkipWord("in"))
                others.Add(("in", Sum()));
            else if (_tokens.IsWord("not") && _tokens.Following is { Kind: TokenKind.Name, Text: "in" })
            {
                _tokens.Read();
                _tokens.Read();
                others.Add(("not in", Sum()));
            }
            else
                return others.Count == 0 ? first : new Comparison(first, others);
        }
    }

    private Expression Sum() => Binary(Joined, "+", "-");

    private Expression Joined()
    {
        List<Expression> parts = [Product()];
        while (_tokens.SkipSign("~"))
            parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Concatenation(parts);
    }

    private Expression Product() => Binary(Power, "*", "/", "//", "%");

    private Expression Power() => Binary(() => Unary(withFilters: true), "**");

    private Expression Binary(Func<Expression> operand, params string[] signs)
    {
        int length = 0;
        Expression left = operand();
        while (_tokens.Current.Kind == TokenKind.Sign && signs.Contains(_tokens.Current.Text))
        {
            Chain(ref length);
            left = new BinaryOperator(_tokens.Read().Text, left, operand());
        }

        return left;
    }

    private Expression Unary(bool withFilters)
    {
        Expression value;
        if (_tokens.IsSign("-") || _tokens.IsSign("+"))
        {
            Budget.Nest(++_depth);
            bool minus = _tokens.Read().Text == "-";
            value = new SignOperator(minus, Unary(withFilters: false));
            _depth--;
        }
        else
            value = Primary();
        return Postfix(value, withFilters);
    }
}
