using System.Text.Json.Nodes;
using Alignment.Files;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>One random edit of a sound sweep's files, as hands make them: a key dropped, a value of another type, a file gone or cut, another model.</summary>
internal static class SweepEdit
{
    private static readonly string[] s_values = ["null", "\"x\"", "\"\"", "0", "-1", "0.5", "3", "true", "[]", "{}", "[0]", "[\"x\"]"];
    private static readonly string[] s_documents = ["own.json", "own.json", "own.json", "model/config.json", "model/generation_config.json", "gold/config.json"];
    private static readonly string[] s_files =
    [
        "model/config.json", "model/model.safetensors", "model/vocab.json", "model/merges.txt", "gold/config.json", "gold/model.safetensors", "gold/vocab.json", "gold/merges.txt",
        "pairs.jsonl", "test.jsonl",
    ];

    private static readonly string[] s_rows =
    [
        """{"prompt":"a","chosen":"b"}""", """{"prompt":"a","chosen":"b","rejected":3}""", """{"prompt":"a","chosen":"b","rejected":NaN}""", """{"prompt":"","chosen":"b","rejected":"c"}""",
        """{"prompt":"a","chosen":[],"rejected":"c"}""", "not a row", "[]", """{"prompt":"a","chosen":"b","rejected":"c"}""", """{"prompt":"a <|end|> b","chosen":"b","rejected":"c"}""", "{\"prompt\":\"\\ud800\"}",
    ];

    /// <summary>Makes the edit.</summary>
    /// <returns>What was done, for messages.</returns>
    public static string Make(SweepFolder folder, SeededRandom random)
    {
        string Pick(string[] items) => items[random.NextInt(items.Length)];
        string document = Pick(s_documents), file = Pick(s_files), data = Pick(["pairs.jsonl", "test.jsonl"]);
        switch (random.NextInt(8))
        {
            case 0 or 1:
                return Edit(folder, document, random, null);
            case 2 or 3:
                return Edit(folder, document, random, Pick(s_values));
            case 4:
                File.Delete(folder.PathOf(file));
                return $"{file} deleted";
            case 5:
                byte[] whole = File.ReadAllBytes(folder.PathOf(file));
                int kept = random.NextInt(whole.Length);
                File.WriteAllBytes(folder.PathOf(file), whole[..kept]);
                return $"{file} cut after {kept} of {whole.Length} bytes";
            case 6:
                string row = Pick(s_rows);
                File.AppendAllText(folder.PathOf(data), $"\n{row}\n");
                return $"{data} gets {row}";
            default:
                (string piece, string other) = random.NextInt(4) switch
                {
                    0 => ("\"folder\": \"model\"", "\"folder\": \"gold\""),
                    1 => ("\"folder\": \"gold\"", "\"folder\": \"model\""),
                    2 => ("\"folder\": \"gold\"", "\"folder\": \"nowhere\""),
                    _ => ("\"template\": \"phi-3\"", "\"template\": \"chatml\""),
                };
                folder.With("own.json", piece, other);
                return $"{piece} becomes {other}";
        }
    }

    // null drops the member
    private static string Edit(SweepFolder folder, string document, SeededRandom random, string? value)
    {
        JsonNode root = JsonNode.Parse(File.ReadAllText(folder.PathOf(document)))!;
        (JsonObject Parent, string Key)[] members = [.. Members(root.AsObject())];
        (JsonObject parent, string key) = members[random.NextInt(members.Length)];
        string place = $"{document}: {parent.GetPath()}.{key}";
        if (value == null)
            parent.Remove(key);
        else
            parent[key] = JsonNode.Parse(value);
        folder.Write(document, root.ToJsonString());
        return $"{place} {(value == null ? "dropped" : $"becomes {value}")}";
    }

    private static IEnumerable<(JsonObject Parent, string Key)> Members(JsonObject parent) =>
        parent.SelectMany(member => (member.Value is JsonObject inner ? Members(inner) : []).Prepend((parent, member.Key)));
}
