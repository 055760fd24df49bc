namespace Alignment.Reports;

/// <summary>Lists as English writes them.</summary>
internal static class Words
{
    public static string And(IEnumerable<string> parts) => Joined([.. parts], "and");

    public static string Or(IEnumerable<string> parts) => Joined([.. parts], "or");

    public static string Runs(int count) => count == 1 ? "1 run" : $"{Digits.Fixed(count, 0)} runs";

    private static string Joined(string[] all, string word) => all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} {word} {all[^1]}";
}
