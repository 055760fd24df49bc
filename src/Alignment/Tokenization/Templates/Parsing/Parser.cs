using Alignment.Tokenization.Templates.Nodes;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <summary>Reads statements by recursive descent; README.md of Templates has the grammar.</summary>
internal sealed partial class Parser
{
    private readonly TokenStream _tokens;
    private readonly UnknownNames _unknown = new();
    private readonly List<string> _names = []; // every name that was read, so that a macro can tell which it uses
    private int _depth, _loops;

    private Parser(TokenStream tokens) => _tokens = tokens;

    /// <summary>The statements of a template.</summary>
    /// <exception cref="TemplateException">It is no template.</exception>
    public static IReadOnlyList<Statement> Statements(string source, Budget budget)
    {
        budget.Characters(source.Length);
        Parser parser = new(new(Lexer.Tokens(source, budget), budget));
        IReadOnlyList<Statement> statements = parser.Body();
        parser._unknown.Check(budget);
        return statements;
    }

    // up to one of the words, which is read with what follows it left to the caller; without words to the end
    private IReadOnlyList<Statement> Body(params ReadOnlySpan<string> ends)
    {
        List<Statement> body = [];
        int line = _tokens.Current.Line;
        Budget.Nest(++_depth);
        while (true)
        {
            Token token = _tokens.Read();
            switch (token.Kind)
            {
                case TokenKind.Text:
                    body.Add(new PlainText(token.Text, token.Line));
                    break;
                case TokenKind.OutputBegin:
                    body.Add(new Output([Tuple()], token.Line));
                    _tokens.Expect(TokenKind.OutputEnd);
                    break;
                case TokenKind.BlockBegin:
                    if (_tokens.Current.Kind != TokenKind.Name)
                        throw new TemplateException("tag name expected");
                    if (ends.Contains(_tokens.Current.Text))
                    {
                        _depth--;
                        return body;
                    }

                    body.Add(Tag(_tokens.Read(), ends));
                    _tokens.Expect(TokenKind.BlockEnd);
                    break;
                default:
                    return ends.Length == 0 ? body
                        : throw new TemplateException($"the template ends where {string.Join(" or ", ends.ToArray().Select(end => $"'{end}'"))} is wanted; the block began in line {line}");
            }
        }
    }

    // the body behind a tag's expressions; the word that ends it has been read
    private IReadOnlyList<Statement> BodyUntil(string end)
    {
        Begin();
        IReadOnlyList<Statement> body = Body(end);
        _tokens.Read();
        return body;
    }

    private void Begin()
    {
        _tokens.SkipSign(":");
        _tokens.Expect(TokenKind.BlockEnd);
    }

    // a body that Python runs as a function of its own: break cannot leave it
    private IReadOnlyList<Statement> Closed(string end)
    {
        (int loops, _loops) = (_loops, 0);
        IReadOnlyList<Statement> body = BodyUntil(end);
        _loops = loops;
        return body;
    }

    private Statement Tag(Token tag, ReadOnlySpan<string> ends)
    {
        int mark = _unknown.Mark;
        switch (tag.Text)
        {
            case "if":
                Statement branches = If(tag.Line);
                _unknown.Forgive(mark);
                return branches;
            case "for":
                return For(tag.Line);
            case "set":
                return Set(tag.Line);
            case "macro":
                return new Macro(MacroBody(_tokens.Expect(TokenKind.Name).Text, "endmacro"), tag.Line);
            case "call":
                return CallBlock(tag.Line);
            case "filter":
                IReadOnlyList<FilterCall> filters = FilterChain(starts: true);
                FilterBlock filtered = new(filters, BodyUntil("endfilter"), tag.Line);
                _unknown.Keep(mark);
                return filtered;
            case "with":
                ScopedBlock with = new(WithNames(), BodyUntil("endwith"), tag.Line);
                _unknown.Keep(mark);
                return with;
            case "generation":
                GenerationBlock generation = new(Closed("endgeneration"), tag.Line);
                _unknown.Keep(mark);
                return generation;
            case "print":
                return new Output(Printed(), tag.Line);
            case "break" or "continue":
                return new Jump(_loops == 0 ? throw new TemplateException($"'{tag.Text}' outside loop") : tag.Text == "break" ? Flow.Break : Flow.Continue, tag.Line);
            case "include" or "import" or "from" or "extends" or "block" or "autoescape":
                throw new TemplateException($"the tag '{tag.Text}' is not supported: a chat template is one file and writes plain text");
            default:
                throw new TemplateException($"Encountered unknown tag '{tag.Text}'." + (ends.Length == 0 ? "" : $" Jinja was looking for {string.Join(" or ", ends.ToArray())}."));
        }
    }

    private List<Expression> Printed()
    {
        List<Expression> printed = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (printed.Count > 0)
                _tokens.ExpectSign(",");
            printed.Add(Expression());
        }

        return printed;
    }

    private List<(Target Target, Expression Value)> WithNames()
    {
        List<(Target Target, Expression Value)> names = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (names.Count > 0)
                _tokens.ExpectSign(",");
            Target target = Target(withMembers: false);
            _tokens.ExpectSign("=");
            names.Add((target, Expression()));
        }

        return names;
    }
}
