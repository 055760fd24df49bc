using System.Text;

namespace VerifyNUnit;

/// <summary>Two texts line by line: "- " only in the first, "+ " only in the second (longest common subsequence).</summary>
internal static class TextDiff
{
    private const long MostCells = 4_000_000;

    public static string Of(string first, string second)
    {
        string[] a = first.Split('\n'), b = second.Split('\n');
        return (long)a.Length * b.Length > MostCells ? "(too long to show: compare the two files)" : Lines(a, b, CommonLengths(a, b));
    }

    /// <summary>[i, j]: length of the longest common subsequence of a from i on and b from j on.</summary>
    private static int[,] CommonLengths(string[] a, string[] b)
    {
        int[,] common = new int[a.Length + 1, b.Length + 1];
        for (int i = a.Length - 1; i >= 0; i--)
            for (int j = b.Length - 1; j >= 0; j--)
                common[i, j] = a[i] == b[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        return common;
    }

    private static string Lines(string[] a, string[] b, int[,] common)
    {
        var text = new StringBuilder();
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            if (i < a.Length && j < b.Length && a[i] == b[j])
            {
                text.Append("  ").AppendLine(a[i++]);
                j++;
            }
            else if (j < b.Length && (i == a.Length || common[i, j + 1] >= common[i + 1, j]))
                text.Append("+ ").AppendLine(b[j++]);
            else
                text.Append("- ").AppendLine(a[i++]);
        }
        return text.ToString();
    }
}
