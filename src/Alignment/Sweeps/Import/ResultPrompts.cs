namespace Alignment.Sweeps.Import;

/// <summary>The prompts of an import: those of its first file, in its order; every other file must answer the same, in any order.</summary>
internal sealed class ResultPrompts
{
    private const int Named = 3, Shown = 60;

    private readonly Dictionary<(string Text, int Occurrence), int> _index = [];

    private ResultPrompts(IReadOnlyList<ResultRow> first) => First = first;

    /// <summary>The rows of the first file, by prompt.</summary>
    public IReadOnlyList<ResultRow> First { get; }

    /// <summary>The first file tells of tokens; otherwise lengths count words.</summary>
    public bool HasTokens => First[0].Tokens != null;

    /// <summary>Takes the prompts of a file.</summary>
    /// <exception cref="InvalidDataException">It is faulty or has no row.</exception>
    public static ResultPrompts Of(string path)
    {
        var prompts = new ResultPrompts([.. ResultRow.Read(path).Select(read => read.Row)]);
        if (prompts.First.Count == 0)
            throw new InvalidDataException($"{path}: no row; wanted one a prompt, with \"prompt\", \"response\" and \"score\"");
        foreach ((int index, (string Text, int Occurrence) key) in Keys(prompts.First).Index())
            prompts._index.Add(key, index);
        return prompts;
    }

    /// <summary>The rows of another file in the order of the prompts.</summary>
    /// <exception cref="InvalidDataException">It is faulty, or answers other prompts; the message names the first of them.</exception>
    public IReadOnlyList<ResultRow> Read(string path)
    {
        (int Line, ResultRow Row)[] read = [.. ResultRow.Read(path)];
        var rows = new ResultRow?[First.Count];
        List<string> unknown = [];
        foreach ((int position, (string Text, int Occurrence) key) in Keys([.. read.Select(item => item.Row)]).Index())
        {
            (int line, ResultRow row) = read[position];
            if (HasTokens && row.Tokens == null)
                throw new InvalidDataException($"{path}({line}): neither \"tokens\" nor \"length\", which the first file has; lengths are compared in one unit");
            if (_index.TryGetValue(key, out int index))
                rows[index] = row;
            else
                unknown.Add($"line {line} answers \"{Short(key.Text)}\"{(key.Occurrence > 0 ? " once more than the first file" : ", which the first file does not")}");
        }

        string[] faults =
        [
            .. unknown.Take(Named), .. rows.Index().Where(row => row.Item == null).Take(Named).Select(row => $"nothing answers \"{Short(First[row.Index].Prompt)}\""),
        ];
        return faults.Length == 0 ? [.. rows.OfType<ResultRow>()] : throw new InvalidDataException($"{path}: runs are compared on the same prompts: {string.Join("; ", faults)}");
    }

    // a prompt that stands twice is answered twice
    private static IEnumerable<(string Text, int Occurrence)> Keys(IReadOnlyList<ResultRow> rows)
    {
        Dictionary<string, int> seen = [];
        foreach (ResultRow row in rows)
        {
            int occurrence = seen.GetValueOrDefault(row.Prompt);
            seen[row.Prompt] = occurrence + 1;
            yield return (row.Prompt, occurrence);
        }
    }

    private static string Short(string text) => text.ReplaceLineEndings(" ") is var line && line.Length > Shown ? line[..Shown] + "…" : line;
}
