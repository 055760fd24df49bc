namespace Alignment.Tokenization;

/// <summary>
/// The texts that a Jinja template can write, found without running it: what stands outside its tags (white space as transformers sets it up:
/// trim_blocks, lstrip_blocks) and the string literals of outputs and assignments that are not compared, looked up or handed to a function.
/// </summary>
internal static class JinjaTexts
{
    private static readonly string[] s_openings = ["{{", "{%", "{#"];

    /// <summary>The texts in the order of the source, and whether it writes a variable such as bos_token.</summary>
    public static IReadOnlyList<string> Of(string source, string variable, out bool writesVariable)
    {
        List<string> texts = [];
        writesVariable = false;
        string before = "";
        for (int at = 0; at < source.Length;)
        {
            int open = s_openings.Select(opening => source.IndexOf(opening, at, StringComparison.Ordinal)).Where(found => found >= 0).DefaultIfEmpty(source.Length).Min();
            int end = open < source.Length ? End(source, open) : open;
            string tag = source[open..end];
            if (Outside(source[at..open], before, tag) is { Length: > 0 } outside)
                texts.Add(outside);
            if (tag.StartsWith("{{", StringComparison.Ordinal) || tag.Trim('{', '%', '-', ' ', '\n').StartsWith("set ", StringComparison.Ordinal))
            {
                texts.AddRange(Literals(tag[2..]));
                writesVariable |= tag.Contains(variable, StringComparison.Ordinal);
            }

            (before, at) = (tag, end);
        }

        return texts;
    }

    // behind the tag's end; what is quoted does not end it
    private static int End(string source, int open)
    {
        string close = source[open + 1] switch { '{' => "}}", '%' => "%}", _ => "#}" };
        char quote = '\0';
        for (int at = open + 2; at < source.Length; at++)
        {
            if (quote != '\0' && source[at] == '\\')
                at++;
            else if (quote != '\0')
                quote = source[at] == quote ? '\0' : quote;
            else if (source.AsSpan(at).StartsWith(close))
                return at + 2;
            else if (close != "#}" && source[at] is '\'' or '"')
                quote = source[at];
        }

        return source.Length;
    }

    private static string Outside(string text, string before, string after)
    {
        if (before.EndsWith("-}}", StringComparison.Ordinal) || before.EndsWith("-%}", StringComparison.Ordinal) || before.EndsWith("-#}", StringComparison.Ordinal))
            text = text.TrimStart();
        else if (before.Length > 0 && !before.StartsWith("{{", StringComparison.Ordinal) && text.StartsWith('\n'))
            text = text[1..];
        if (after.Length > 2 && after[2] == '-')
            return text.TrimEnd();
        if (after.Length == 0 || after.StartsWith("{{", StringComparison.Ordinal))
            return text;
        string line = text[(text.LastIndexOf('\n') + 1)..];
        return string.IsNullOrWhiteSpace(line) ? text[..^line.Length] : text;
    }

    private static IEnumerable<string> Literals(string expression)
    {
        Stack<bool> outer = new(); // for each open bracket: it is a group, so that what stands in it is written
        string before = "";
        for (int at = 0; at < expression.Length; at++)
        {
            char letter = expression[at];
            if (letter is '\'' or '"')
            {
                int end = at + 1;
                while (end < expression.Length && expression[end] != letter)
                    end += expression[end] == '\\' ? 2 : 1;
                string after = expression[Math.Min(end + 1, expression.Length)..].TrimStart();
                if (outer.All(group => group) && !IsCompared(before.TrimEnd(), after))
                    yield return Unescaped(expression[(at + 1)..Math.Min(end, expression.Length)]);
                at = end;
                before += "'";
                continue;
            }

            if (letter is '(' or '[' or '{')
                outer.Push(letter == '(' && !(before.Length > 0 && (char.IsLetterOrDigit(before[^1]) || before[^1] is '_' or ')' or ']')));
            else if (letter is ')' or ']' or '}' && outer.Count > 0)
                outer.Pop();
            before += letter;
        }
    }

    private static bool IsCompared(string before, string after) => before.EndsWith("==", StringComparison.Ordinal) || before.EndsWith("!=", StringComparison.Ordinal)
        || before.EndsWith(" in", StringComparison.Ordinal) || after.StartsWith("==", StringComparison.Ordinal) || after.StartsWith("!=", StringComparison.Ordinal)
        || after.StartsWith("in ", StringComparison.Ordinal) || after.StartsWith("not in ", StringComparison.Ordinal);

    private static string Unescaped(string literal) => literal.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal)
        .Replace("\\'", "'", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
}
