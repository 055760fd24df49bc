namespace Alignment.Tokenization.Templates.Values;

/// <summary>Something that can be called: a function, a method of a value, a macro.</summary>
/// <param name="name">Its name.</param>
/// <param name="call">What it does.</param>
internal sealed class FunctionValue(string name, Func<Arguments, Budget, Value> call) : Value
{
    /// <inheritdoc/>
    public override string Kind => "function";

    /// <summary>Members such as a macro's name.</summary>
    public IReadOnlyDictionary<string, Value> Members { get; init; } = new Dictionary<string, Value>();

    /// <inheritdoc/>
    public override Value? Attribute(string name) => Members.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override Value Call(Arguments arguments, Budget budget) => call(arguments, budget);

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add($"<function {name}>");
}
