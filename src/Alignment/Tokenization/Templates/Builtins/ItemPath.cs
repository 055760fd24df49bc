using System.Globalization;
using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>The argument attribute of filters: a name, a number or a path of them such as "function.name".</summary>
internal static class ItemPath
{
    /// <summary>What the path leads to from an item.</summary>
    /// <param name="path">Null or None: the item itself.</param>
    /// <param name="otherwise">Stands for what is undefined; null: it stays undefined.</param>
    /// <param name="budget">What may be spent.</param>
    public static Func<Value, Value> Getter(Value? path, Value? otherwise, Budget budget)
    {
        if (path is null or NoneValue)
            return item => item;
        Value[] keys = path is not TextValue text ? [path] : [.. text.Text.Split('.').Select(Key)];
        return item =>
        {
            foreach (Value key in keys)
            {
                item = Lookup.Item(item, key, budget);
                if (otherwise != null && item is UndefinedValue)
                    item = otherwise;
            }

            return item;
        };
    }

    /// <summary>The same, in lower case where case does not count.</summary>
    public static Func<Value, Value> Getter(Value? path, Value? otherwise, Value? caseSensitive, Budget budget)
    {
        Func<Value, Value> get = Getter(path, otherwise, budget);
        return caseSensitive is { IsTrue: true } ? get : item => get(item) is var value && value is TextValue text ? new TextValue(TextCase.Change(text.Text, "lower")) : value;
    }

    private static Value Key(string part) => part.Length is > 0 and < 10 && part.All(char.IsAsciiDigit) ? new IntValue(int.Parse(part, CultureInfo.InvariantCulture)) : new TextValue(part);
}
