using System.Text;
using Alignment.Reports.Text;

namespace Alignment.Reports.Page;

/// <summary>Builds an HTML page; everything but <see cref="Raw"/> escapes its text.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _text = new();

    /// <summary>Markup as it is: never text from a recipe, a data set or a model.</summary>
    public HtmlText Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>Text, escaped.</summary>
    public HtmlText Text(string text)
    {
        _text.Append(Markup.Escape(text));
        return this;
    }

    /// <summary>An element with text in it; <paramref name="attributes"/> are markup.</summary>
    public HtmlText Element(string name, string text, string attributes = "")
    {
        _text.Append('<').Append(name).Append(attributes.Length > 0 ? " " : "").Append(attributes).Append('>');
        return Text(text).Raw($"</{name}>\n");
    }

    /// <summary>The page so far.</summary>
    public override string ToString() => _text.ToString();
}
