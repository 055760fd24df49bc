using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Parsing;

/// <summary>Kinds of tokens.</summary>
internal enum TokenKind
{
    /// <summary>Text outside of tags.</summary>
    Text,

    /// <summary>{{</summary>
    OutputBegin,

    /// <summary>}}</summary>
    OutputEnd,

    /// <summary>{%</summary>
    BlockBegin,

    /// <summary>%}</summary>
    BlockEnd,

    /// <summary>A name or a word such as if.</summary>
    Name,

    /// <summary>A quoted text.</summary>
    String,

    /// <summary>An int.</summary>
    Integer,

    /// <summary>A float.</summary>
    Float,

    /// <summary>A sign.</summary>
    Sign,

    /// <summary>Behind the last one.</summary>
    End,
}

/// <summary>A piece of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it is written; without quotes and escapes for strings.</param>
/// <param name="Line">Where it begins.</param>
/// <param name="Value">A number's.</param>
internal sealed record Token(TokenKind Kind, string Text, int Line, Value? Value = null)
{
    /// <summary>For messages.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.OutputEnd => "}}",
        TokenKind.BlockEnd => "%}",
        _ => Text,
    };
}
