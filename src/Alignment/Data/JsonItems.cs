namespace Alignment.Data;

/// <summary>Cuts a file that is one JSON list into its items without reading it whole.</summary>
internal static class JsonItems
{
    /// <summary>The text of each item; what it holds is not looked at.</summary>
    /// <exception cref="InvalidDataException">The list does not end, or something follows it.</exception>
    public static IEnumerable<byte[]> Of(IEnumerator<ReadOnlyMemory<byte>> blocks, JsonLines.Place at)
    {
        using MemoryStream item = new();
        (int depth, bool quoted, bool escaped, bool ended) = (0, false, false, false);
        do
        {
            for (int i = 0; i < blocks.Current.Length; i++)
            {
                byte letter = blocks.Current.Span[i];
                if (ended && letter is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                    throw new InvalidDataException($"{at.Path}: something stands behind the end of the list of rows; one list, or one JSON object a line is wanted");
                if (depth == 0)
                {
                    depth = letter == '[' && !ended ? 1 : 0;
                    continue;
                }

                if (!quoted && depth == 1 && letter is (byte)',' or (byte)']')
                {
                    ended = letter == ']';
                    depth = ended ? 0 : 1;
                    byte[] bytes = item.ToArray().AsSpan().Trim(" \t\r\n"u8).ToArray();
                    item.SetLength(0);
                    yield return bytes;
                    at.Number++;
                    continue;
                }

                item.WriteByte(letter);
                if (quoted)
                    (quoted, escaped) = (escaped || letter != '"', !escaped && letter == '\\');
                else
                    (quoted, depth) = (letter == '"', depth + (letter is (byte)'{' or (byte)'[' ? 1 : letter is (byte)'}' or (byte)']' ? -1 : 0));
            }

            at.RequireLength(item.Length);
        }
        while (blocks.MoveNext());
        if (!ended)
            throw new InvalidDataException($"{at.Path}({at.Number}): the list of rows does not end; the file is cut");
    }
}
