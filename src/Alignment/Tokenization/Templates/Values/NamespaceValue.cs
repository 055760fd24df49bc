namespace Alignment.Tokenization.Templates.Values;

/// <summary>What namespace() gives: the one value whose members a template may set, also from within loops.</summary>
internal sealed class NamespaceValue : Value
{
    private readonly OrderedDictionary<Value, Value> _members = [];

    /// <inheritdoc/>
    public override string Kind => "Namespace";

    /// <inheritdoc/>
    public override string Object => "jinja2.utils.Namespace object";

    /// <summary>Sets a member.</summary>
    public void Set(Value name, Value value) => _members[DictValue.Key(name)] = value;

    /// <inheritdoc/>
    public override Value? Attribute(string name) => _members.GetValueOrDefault(new TextValue(name));

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add("<Namespace ").AddRepr(new DictValue(_members)).Add(">");
}
