using System.Text.RegularExpressions;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>The command that runs the next runs into the store they were told from.</summary>
internal static partial class NextCommand
{
    /// <summary>The sweep's own command with next.json for its recipe; null where there is nothing to run, no recipe to run it by, or another judge decides.</summary>
    public static string? Of(ReportData data)
    {
        if (data.Further.Count == 0 || data.Recipe == null || data.Sweep.Judge is { Decides: false })
            return null;
        string path = Path.Combine(data.Sweep.Folder, StoredRecipe.Next), given = $"-p:Recipe={(path.Contains(' ') ? $"\"{path}\"" : path)}", command = data.Sweep.Command;
        return Recipe().IsMatch(command) ? Recipe().Replace(command, given.Replace("$", "$$", StringComparison.Ordinal), 1) : $"{command} {given}";
    }

    [GeneratedRegex(@"-p:Recipe=(""[^""]*""|\S+)")]
    private static partial Regex Recipe();
}
