namespace Alignment.Tokenization;

/// <summary>A token that is found as text before any merge: a marker such as &lt;|user|&gt;, or a run of spaces.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Id">Its id.</param>
public sealed record AddedToken(string Content, int Id)
{
    /// <summary>A marker: left out where a text is shown.</summary>
    public bool Special { get; init; }

    /// <summary>Looked for in the normalised text instead of the given one.</summary>
    public bool Normalized { get; init; }

    /// <summary>Takes the white space before it away.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Takes the white space after it away.</summary>
    public bool StripsRight { get; init; }
}
