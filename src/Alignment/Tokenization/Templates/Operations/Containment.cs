using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's in.</summary>
internal static class Containment
{
    /// <summary>Whether a container has the value: a text as a part, a dict as a key, all else as an item.</summary>
    /// <exception cref="TemplateException">It is no container, or not one of such values.</exception>
    public static bool Has(Value container, Value value, Budget budget)
    {
        if (container is TextValue text)
        {
            if (value is not TextValue part)
                throw new TemplateException($"'in <string>' requires string as left operand, not {value.Kind}");
            budget.Characters(text.Text.Length);
            return text.Text.Contains(part.Text, StringComparison.Ordinal);
        }

        if (container is DictValue dict)
            return dict.Entries.ContainsKey(DictValue.Key(value));
        return container.Items is { } items ? items.Any(item => Equality.Same(item, value, budget))
            : throw new TemplateException($"argument of type '{container.Kind}' is not iterable");
    }
}
