namespace Alignment.Tokenization.Templates.Values;

/// <summary>Python's None.</summary>
internal sealed class NoneValue : Value
{
    /// <summary>The only one.</summary>
    public static readonly NoneValue None = new();

    private NoneValue()
    {
    }

    /// <inheritdoc/>
    public override string Kind => "NoneType";

    /// <inheritdoc/>
    public override bool IsTrue => false;

    /// <inheritdoc/>
    public override string Object => "None";

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add("None");
}

/// <summary>True or False, which Python counts as 1 and 0.</summary>
internal sealed class BoolValue : Value
{
    /// <summary>Yes.</summary>
    public static readonly BoolValue True = new();

    /// <summary>No.</summary>
    public static readonly BoolValue False = new();

    private BoolValue()
    {
    }

    /// <inheritdoc/>
    public override string Kind => "bool";

    /// <inheritdoc/>
    public override bool IsTrue => ReferenceEquals(this, True);

    /// <summary>One of the two.</summary>
    public static BoolValue Of(bool value) => value ? True : False;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add(IsTrue ? "True" : "False");

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Numbers.Equal(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Numbers.Hash(this);
}
