using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>What template and tokenizer demand of the texts of a row.</summary>
/// <param name="Template">Must be able to write the row's turns.</param>
/// <param name="Refused">Must not stand in texts, nor may a prompt be one that a template has already written; null: both are taken as they are.</param>
internal sealed record TextRule(IChatTemplate Template, TextMarkers? Refused)
{
    private const string Advice = "\"markersInText\" in the recipe's data takes such rows as \"text\" or as \"tokens\"";

    /// <summary>The rule of a tokenizer.</summary>
    public static TextRule Of(ModelTokenizer tokenizer, MarkersInText markers) =>
        new(tokenizer.Template, markers == MarkersInText.Refuse ? tokenizer.Markers() : null);

    /// <summary>Looks at a row.</summary>
    /// <returns>What a folder's template does with it; null with a named one.</returns>
    /// <exception cref="RowFault">The template has no such turn or refuses the row, or a text holds what only the template may write.</exception>
    public WrittenRow? Require(PreferencePair pair)
    {
        RequireTexts(pair);
        if (Template is not FolderTemplate folder)
            return null;
        WrittenRow row = pair.IsLabelled ? folder.Row(pair.Prompt, pair.Response) : folder.Row(pair.Prompt, pair.Chosen, pair.Rejected);
        return row.Refusal == null ? row : throw new RowFault("refused by the template", row.Refusal);
    }

    private void RequireTexts(PreferencePair pair)
    {
        if (pair.Prompt.FirstOrDefault(turn => !Template.Has(turn.Role)) is { } unwritten)
            throw new RowFault($"no {RowMessages.Word(unwritten.Role)} turns", $"template {Template.Name} writes no turn of role \"{RowMessages.Word(unwritten.Role)}\"");
        if (Refused == null)
            return;
        foreach (Message turn in pair.Prompt)
        {
            if (turn.Role == Role.User && ChatTemplate.ThatWrote(turn.Text) is { } template)
                throw new RowFault("already templated", $"the prompt is written in template {template.Name}, and {Template.Name} would write it again; {Advice}");
            NoMarker(turn.Text, $"the {RowMessages.Word(turn.Role)}'s turn in the prompt");
        }

        NoMarker(pair.Response, pair.IsLabelled ? "the response" : "the chosen response");
        NoMarker(pair.Rejected, "the rejected response");
    }

    private void NoMarker(string text, string where)
    {
        if (Refused!.FirstIn(text) is { } marker)
            throw new RowFault("marker in text", $"{where} holds {marker}, which the tokenizer makes one token of; {Advice}");
    }
}
