namespace Alignment.Tokenization.Templates.Values;

/// <summary>
/// A value of a template. The set of types is closed and all of them are in this folder; none refers to an object of .NET. No value changes after
/// it was made, but for a namespace's members and what loops and streams have passed.
/// </summary>
internal abstract class Value
{
    /// <summary>Python's name of the type.</summary>
    public abstract string Kind { get; }

    /// <summary>Its truth in a condition.</summary>
    public virtual bool IsTrue => true;

    /// <summary>What len() gives; null where there is none.</summary>
    public virtual int? Length => null;

    /// <summary>What a loop goes through; null where it cannot be looped over.</summary>
    public virtual IEnumerable<Value>? Items => null;

    /// <summary>It may be a key of a dict.</summary>
    public virtual bool IsHashable => true;

    /// <summary>What Python's repr() gives.</summary>
    public abstract void WriteRepr(BoundedText text);

    /// <summary>What Python's str() gives, which is what an output writes.</summary>
    public virtual string Str(Budget budget) => new BoundedText(budget).AddRepr(this).ToString();

    /// <summary>An attribute that is no method; null where there is none.</summary>
    public virtual Value? Attribute(string name) => null;

    /// <summary>Value[key]; null where there is none such.</summary>
    public virtual Value? At(Value key) => null;

    /// <summary>Calls it.</summary>
    /// <exception cref="TemplateException">It cannot be called, or not with these.</exception>
    public virtual Value Call(Arguments arguments, Budget budget) => throw new TemplateException($"'{Kind}' object is not callable");

    /// <summary>How Jinja names the object in its messages.</summary>
    public virtual string Object => $"{Kind} object";
}
