using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <summary>Tokens one after the other.</summary>
internal sealed class TokenStream(IReadOnlyList<Token> tokens, Budget budget)
{
    private int _at;

    /// <summary>The token to be read.</summary>
    public Token Current => tokens[_at];

    /// <summary>The one behind it.</summary>
    public Token Following => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    /// <summary>Reads a token.</summary>
    public Token Read()
    {
        budget.Step();
        Token read = Current;
        _at = Math.Min(_at + 1, tokens.Count - 1);
        budget.Line = Current.Line;
        return read;
    }

    /// <summary>The current token is this word.</summary>
    public bool IsWord(string word) => Current.Kind == TokenKind.Name && Current.Text == word;

    /// <summary>The current token is this sign.</summary>
    public bool IsSign(string sign) => Current.Kind == TokenKind.Sign && Current.Text == sign;

    /// <summary>Reads this word if it is the current token.</summary>
    public bool SkipWord(string word) => IsWord(word) && Read() != null;

    /// <summary>Reads this sign if it is the current token.</summary>
    public bool SkipSign(string sign) => IsSign(sign) && Read() != null;

    /// <summary>Reads a token that has to be of this kind.</summary>
    /// <exception cref="TemplateException">It is another.</exception>
    public Token Expect(TokenKind kind) => Current.Kind == kind ? Read() : throw Unexpected(kind == TokenKind.Name ? "a name" : $"'{new Token(kind, "", 0)}'");

    /// <summary>Reads this sign.</summary>
    /// <exception cref="TemplateException">Another token stands there.</exception>
    public void ExpectSign(string sign)
    {
        if (!SkipSign(sign))
            throw Unexpected($"'{sign}'");
    }

    /// <summary>Reads this word.</summary>
    /// <exception cref="TemplateException">Another token stands there.</exception>
    public void ExpectWord(string word)
    {
        if (!SkipWord(word))
            throw Unexpected($"'{word}'");
    }

    /// <summary>The error of a token where another is wanted.</summary>
    public TemplateException Unexpected(string wanted) => new($"expected {wanted}, got '{Current}'");
}
