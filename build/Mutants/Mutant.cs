using System.Globalization;
using System.Text.Json.Nodes;

namespace Alignment.Mutants;

/// <summary>One change of the code that Stryker has compiled in, switched by its number.</summary>
internal sealed record Mutant(int Number, string File, int Line, int Column, string Mutator, string Before, string After, JsonObject Entry)
{
    private const string Product = "src/Alignment/";

    /// <summary>The mutants of Stryker's report that have been compiled and not been filtered away; mutation-report.json of mutation-testing-elements.</summary>
    public static List<Mutant> Read(JsonNode report)
    {
        List<Mutant> mutants = [];
        foreach ((string file, JsonNode? node) in report["files"]!.AsObject())
        {
            string[] lines = node!["source"]!.GetValue<string>().Split('\n');
            foreach (JsonNode? entry in node["mutants"]!.AsArray())
                if (entry!["status"]!.GetValue<string>() is not ("Ignored" or "CompileError"))
                    mutants.Add(Of(file[(file.IndexOf(Product, StringComparison.Ordinal) + Product.Length)..], lines, entry.AsObject()));
        }
        return mutants;
    }

    /// <summary>It is in what makes a static member: passed by once a process.</summary>
    public bool Static => Entry["static"]?.GetValue<bool>() == true;

    public override string ToString() => $"{File}:{Line}:{Column} {Mutator}: {Short(Before)} → {Short(After)}";

    private static Mutant Of(string file, string[] lines, JsonObject entry)
    {
        (int line, int column) = Place(entry["location"]!["start"]!);
        (int lastLine, int lastColumn) = Place(entry["location"]!["end"]!);
        string before = line == lastLine ? lines[line - 1][(column - 1)..(lastColumn - 1)]
            : string.Join('\n', [lines[line - 1][(column - 1)..], .. lines[line..(lastLine - 1)], lines[lastLine - 1][..(lastColumn - 1)]]);
        return new(int.Parse(entry["id"]!.GetValue<string>(), CultureInfo.InvariantCulture), file, line, column, entry["mutatorName"]!.GetValue<string>(), before,
            entry["replacement"]?.GetValue<string>() ?? "", entry);
    }

    private static (int Line, int Column) Place(JsonNode node) => (node["line"]!.GetValue<int>(), node["column"]!.GetValue<int>());

    private static string Short(string code)
    {
        string line = string.Join(' ', code.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 120 ? line : $"{line[..117]}…";
    }
}
