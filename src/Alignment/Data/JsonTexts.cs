using Alignment.Files;

namespace Alignment.Data;

/// <summary>Messages that a table has as text: lists written as JSON, as tables of text and some writers of Parquet have them.</summary>
internal static class JsonTexts
{
    private static readonly string[] s_python = ["[{'role'", "[{'content'", "[{'from'", "[{'value'"];

    /// <summary>The member is a text that holds messages.</summary>
    public static bool Are(JsonObjectReader row, string name) => Text(row, name) is { } text && text.AsSpan().TrimStart() is ['[' or '{', ..] && Holds(text, name);

    /// <summary>A member as it stands, or what its text holds.</summary>
    /// <exception cref="RowFault">It must be a text of JSON and is none.</exception>
    public static JsonMember Open(JsonMember member, string name, bool isJson) => isJson && member.IsText ? JsonRow.Open(member.Read(JsonKind.Text), name) : member;

    /// <summary>Refuses lists as Python prints them: they are no JSON, and as texts they would be learnt with their quotes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="row">A row of it.</param>
    /// <param name="responses">Its members that are responses.</param>
    /// <exception cref="InvalidDataException">All responses are such.</exception>
    public static void RefusePython(string path, JsonObjectReader? row, params string[] responses)
    {
        if (row != null && responses.All(name => IsPython(row, name)))
            throw new InvalidDataException($"{path}: {string.Join(" and ", responses)} {(responses.Length > 1 ? "are texts of lists" : "is a text of a list")} as Python prints them ([{{'role': …); "
                + "write the file as .jsonl or .parquet with lists, or the lists as JSON");
    }

    private static bool IsPython(JsonObjectReader row, string name) => Text(row, name)?.TrimStart() is { } text && s_python.Any(begin => text.StartsWith(begin, StringComparison.Ordinal));

    private static bool Holds(string text, string name)
    {
        try
        {
            JsonMember held = JsonRow.Open(text, name);
            List<JsonObjectReader> messages = held.IsList ? held.Objects("an object") : [held.Object("an object")];
            return messages.Count > 0 && messages.All(message => (message.Has("role") && message.Has("content")) || (message.Has("from") && message.Has("value")));
        }
        catch (RowFault)
        {
            return false;
        }
    }

    private static string? Text(JsonObjectReader row, string name)
    {
        try
        {
            return row.Has(name) && row.Member(name) is { IsText: true } member ? member.Read(JsonKind.Text) : null;
        }
        catch (RowFault)
        {
            return null;
        }
    }
}
