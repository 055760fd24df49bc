using Alignment.Tokenization.Templates.Builtins;
using Alignment.Tokenization.Templates.Nodes;
using Alignment.Tokenization.Templates.Parsing;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates;

/// <summary>
/// A chat template as model folders bring it: Jinja as transformers sets it up, run by an interpreter that reaches nothing but its own values and is
/// bounded in steps, text and depth. Parsed once; rendering changes nothing in it, so threads may share it.
/// </summary>
internal sealed class JinjaTemplate
{
    private readonly IReadOnlyList<Statement> _statements;

    private JinjaTemplate(string name, IReadOnlyList<Statement> statements) => (Name, _statements) = (name, statements);

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="text">Its source.</param>
    /// <param name="name">What messages call it: a file.</param>
    /// <exception cref="TemplateException">It is no template, or uses what chat templates do not need.</exception>
    public static JinjaTemplate Parse(string text, string name)
    {
        Budget budget = new();
        try
        {
            return new(name, Parser.Statements(text, budget));
        }
        catch (TemplateException fault)
        {
            throw new TemplateException(name, budget.Line, fault);
        }
    }

    /// <summary>The text of a conversation.</summary>
    /// <param name="variables">What the template finds by name: messages, add_generation_prompt, bos_token and so on.</param>
    /// <param name="now">What strftime_now takes for the time; null: a template that asks for it fails.</param>
    /// <exception cref="TemplateException">The template fails on the conversation, or refuses it.</exception>
    public string Render(IReadOnlyDictionary<string, Value> variables, DateTime? now = null) => Write(variables, now).Text;

    /// <summary>As <see cref="Render"/>, and where generation blocks begin in the text; those inside macros and filters are not told.</summary>
    public (string Text, IReadOnlyList<int> Generated) Write(IReadOnlyDictionary<string, Value> variables, DateTime? now = null)
    {
        Budget budget = new();
        Scope given = new(null, budget);
        foreach ((string name, Value value) in Functions.All(now).Concat(variables))
            given.Set(name, value);
        BoundedText text = new(budget);
        try
        {
            Statement.All(_statements, given.Inner(), text);
        }
        catch (TemplateException fault)
        {
            throw new TemplateException(Name, budget.Line, fault);
        }

        return (text.ToString(), text.Generated);
    }
}
