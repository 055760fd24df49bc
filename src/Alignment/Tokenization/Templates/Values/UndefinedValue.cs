namespace Alignment.Tokenization.Templates.Values;

/// <summary>What a name stands for that nobody set: nothing when printed or looped over, an error when used.</summary>
/// <param name="fault">What is said when it is used.</param>
internal sealed class UndefinedValue(string fault) : Value
{
    /// <inheritdoc/>
    public override string Kind => "Undefined";

    /// <inheritdoc/>
    public override bool IsTrue => false;

    /// <inheritdoc/>
    public override int? Length => 0;

    /// <inheritdoc/>
    public override IEnumerable<Value> Items => [];

    /// <summary>A name without a value.</summary>
    public static UndefinedValue Name(string name) => new($"'{name}' is undefined");

    /// <summary>An attribute or item that a value has not.</summary>
    public static UndefinedValue Missing(Value owner, Value key, Budget budget) => new(key is TextValue name
        ? $"'{owner.Object}' has no attribute {new BoundedText(budget).AddRepr(new TextValue(name.Text))}" : $"{owner.Object} has no element {new BoundedText(budget).AddRepr(key)}");

    /// <summary>The error of using it.</summary>
    public TemplateException Used() => new(fault);

    /// <inheritdoc/>
    public override string Str(Budget budget) => "";

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add("Undefined");

    /// <inheritdoc/>
    public override Value Attribute(string name) => throw Used();

    /// <inheritdoc/>
    public override Value At(Value key) => throw Used();

    /// <inheritdoc/>
    public override Value Call(Arguments arguments, Budget budget) => throw Used();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UndefinedValue;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;
}
