namespace Alignment.Tokenization.Templates.Values;

/// <summary>What is wrong with a template, or with the conversation it was given: one sentence that names the template and its line.</summary>
internal sealed class TemplateException : Exception
{
    /// <summary>A fault that has not yet been placed.</summary>
    public TemplateException(string fault) : base(fault) => Fault = fault;

    /// <summary>The same fault with the template and the line it came from.</summary>
    public TemplateException(string template, int line, TemplateException fault) : base($"{template}, line {line}: {fault.Fault}", fault) =>
        (Fault, IsRaised) = (fault.Fault, fault.IsRaised);

    /// <summary>What is wrong, without the place; the template's own words where <see cref="IsRaised"/>.</summary>
    public string Fault { get; }

    /// <summary>The template itself refused, by raise_exception.</summary>
    public bool IsRaised { get; init; }
}
