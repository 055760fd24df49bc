namespace Alignment.Tokenization.Templates.Values;

/// <summary>What a call hands over.</summary>
/// <param name="Positional">By place.</param>
/// <param name="Named">By name.</param>
internal sealed record Arguments(IReadOnlyList<Value> Positional, IReadOnlyList<KeyValuePair<string, Value>> Named)
{
    /// <summary>Nothing.</summary>
    public static readonly Arguments None = new([], []);

    /// <summary>The value of each parameter; null for those left out.</summary>
    /// <param name="owner">What is called, for messages.</param>
    /// <param name="required">How many of the first parameters may not be left out.</param>
    /// <param name="parameters">Their names.</param>
    /// <exception cref="TemplateException">Too many, unknown, twice or missing.</exception>
    public Value?[] Bind(string owner, int required, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw new TemplateException($"{owner}() takes at most {parameters.Length} arguments ({Positional.Count} given)");
        var bound = new Value?[parameters.Length];
        for (int at = 0; at < Positional.Count; at++)
            bound[at] = Positional[at];
        foreach ((string name, Value value) in Named)
        {
            int at = parameters.IndexOf(name);
            if (at < 0)
                throw new TemplateException($"{owner}() got an unexpected keyword argument '{name}'");
            if (bound[at] != null)
                throw new TemplateException($"{owner}() got multiple values for argument '{name}'");
            bound[at] = value;
        }

        for (int at = 0; at < required; at++)
            if (bound[at] == null)
                throw new TemplateException($"{owner}() missing 1 required argument: '{parameters[at]}'");
        return bound;
    }

    /// <summary>The arguments behind the first so many positional ones.</summary>
    public Arguments Skip(int count) => new([.. Positional.Skip(count)], Named);
}
