using Alignment.Tokenization.Templates.Nodes;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <content>Statements with bodies, and what values are assigned to.</content>
internal sealed partial class Parser
{
    private static readonly string[] s_constants = ["true", "false", "True", "False", "none", "None"];

    private Branches If(int line)
    {
        List<(Expression Condition, IReadOnlyList<Statement> Body)> branches = [];
        IReadOnlyList<Statement> otherwise = [];
        string end;
        do
        {
            Expression condition = Tuple(withConditions: false);
            Begin();
            branches.Add((condition, Body("elif", "else", "endif")));
        }
        while ((end = _tokens.Read().Text) == "elif");
        if (end == "else")
            otherwise = BodyUntil("endif");
        return new(branches, otherwise, line);
    }

    private Loop For(int line)
    {
        Target target = Target(withMembers: false);
        _tokens.ExpectWord("in");
        Expression items = Tuple(withConditions: false, end: "recursive");
        int mark = _unknown.Mark;
        Expression? condition = _tokens.SkipWord("if") ? Expression() : null;
        bool recursive = _tokens.SkipWord("recursive");
        Begin();
        _loops++;
        IReadOnlyList<Statement> body = Body("else", "endfor");
        _loops--;
        IReadOnlyList<Statement> otherwise = _tokens.Read().Text == "else" ? BodyUntil("endfor") : [];
        _unknown.Keep(mark);
        return new(line) { Target = target, Items = items, Condition = condition, Body = body, Otherwise = otherwise, IsRecursive = recursive };
    }

    private Statement Set(int line)
    {
        Target target = Target(withMembers: true);
        if (_tokens.SkipSign("="))
            return new Assignment(target, Tuple(), line);
        int mark = _unknown.Mark;
        IReadOnlyList<FilterCall> filters = FilterChain(starts: false);
        BlockAssignment set = new(target, filters, BodyUntil("endset"), line);
        _unknown.Keep(mark);
        return set;
    }

    private CallBlock CallBlock(int line)
    {
        List<(string Name, Expression? Default)> parameters = _tokens.IsSign("(") ? Parameters() : [];
        Call call = Expression() as Call ?? throw new TemplateException("expected call");
        return new(call, MacroBody("caller", "endcall", parameters), line);
    }

    private MacroBody MacroBody(string name, string end, List<(string Name, Expression? Default)>? given = null)
    {
        int mark = _unknown.Mark, names = _names.Count;
        List<(string Name, Expression? Default)> parameters = given ?? Parameters();
        IReadOnlyList<Statement> body = Closed(end);
        _unknown.Keep(mark);
        bool Uses(string special) => parameters.All(parameter => parameter.Name != special) && _names.IndexOf(special, names) >= 0;
        return new()
        {
            Name = name,
            Parameters = parameters,
            Body = body,
            TakesMore = Uses("varargs"),
            TakesMoreNamed = Uses("kwargs"),
            TakesCaller = Uses("caller") || parameters.Any(parameter => parameter.Name == "caller"),
        };
    }

    private List<(string Name, Expression? Default)> Parameters()
    {
        List<(string Name, Expression? Default)> parameters = [];
        _tokens.ExpectSign("(");
        while (!_tokens.IsSign(")"))
        {
            if (parameters.Count > 0)
                _tokens.ExpectSign(",");
            string name = Assignable(_tokens.Expect(TokenKind.Name));
            Expression? otherwise = _tokens.SkipSign("=") ? Expression() : null;
            if (otherwise == null && parameters.Any(parameter => parameter.Default != null))
                throw new TemplateException("non-default argument follows default argument");
            parameters.Add((name, otherwise));
        }

        _tokens.Read();
        return parameters;
    }

    // a name, a namespace's member, or several in a row or in brackets
    private Target Target(bool withMembers)
    {
        List<Target> targets = [];
        bool several = false;
        while (_tokens.Current.Kind == TokenKind.Name ? !_tokens.IsWord("in") : _tokens.IsSign("("))
        {
            targets.Add(OneTarget(withMembers));
            if (!_tokens.SkipSign(","))
                break;
            several = true;
        }

        return targets.Count == 0 ? throw _tokens.Unexpected("a name to assign to") : several ? new TupleTarget(targets) : targets[0];
    }

    private Target OneTarget(bool withMembers)
    {
        if (_tokens.SkipSign("("))
        {
            Target inner = Target(withMembers);
            _tokens.ExpectSign(")");
            return inner;
        }

        Token name = _tokens.Expect(TokenKind.Name);
        return withMembers && _tokens.SkipSign(".") ? new MemberTarget(name.Text, _tokens.Expect(TokenKind.Name).Text) : new NameTarget(Assignable(name));
    }

    private static string Assignable(Token name) => s_constants.Contains(name.Text) ? throw new TemplateException($"can't assign to '{name.Text}'") : name.Text;
}
