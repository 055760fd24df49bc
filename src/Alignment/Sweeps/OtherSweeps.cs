using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Files;

namespace Alignment.Sweeps;

/// <summary>
/// The sweeps in the folders beside one: what a recipe of another name has trained or sampled is taken from there. It then stands in both folders
/// (weights as hard links, so once on the disk), and each can be removed without the other.
/// </summary>
internal sealed class OtherSweeps(string sweep)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Takes a finished model, such as weights/NAME or gold-DIGITS, into a new folder.</summary>
    /// <param name="part">From a sweep's folder on.</param>
    /// <param name="locked">The name of its lock, without the extension.</param>
    /// <param name="to">Made where there is one.</param>
    /// <returns>The name of the other sweep; null where none has it, or a process holds it.</returns>
    public string? TakeFolder(string part, string locked, string to)
    {
        foreach (string other in Others().Where(other => Directory.Exists(Path.Combine(other, part))))
        {
            using RunLock? held = RunLock.TryTake(Path.Combine(other, "locks", locked + ".lock"), TimeProvider.System);
            string from = Path.Combine(other, part);
            if (held == null || !Directory.Exists(from) || WeightStore.IsDropped(from))
                continue;
            if (Directory.Exists(to))
                Directory.Delete(to, recursive: true);
            SharedFiles.LinkFolder(from, to);
            return Path.GetFileName(other);
        }

        return null;
    }

    /// <summary>Copies a file that grows, such as responses/NAME.jsonl, where it is not there yet.</summary>
    /// <returns>The name of the other sweep, or null.</returns>
    public string? TakeFile(string part)
    {
        string to = Path.Combine(sweep, part);
        if (File.Exists(to) || Others().FirstOrDefault(other => File.Exists(Path.Combine(other, part))) is not { } found)
            return null;
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        AtomicFile.Write(to, file =>
        {
            using var from = new FileStream(Path.Combine(found, part), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            from.CopyTo(file);
        });
        return Path.GetFileName(found);
    }

    /// <summary>Names another base in a PEFT folder, whose files may be links.</summary>
    public static void Rebase(string adapter, string start)
    {
        string path = Path.Combine(adapter, "adapter_config.json");
        if (!File.Exists(path))
            return;
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        config["base_model_name_or_path"] = start;
        AtomicFile.WriteText(path, config.ToJsonString(s_indented) + "\n");
    }

    private IEnumerable<string> Others() => Path.GetDirectoryName(sweep) is { Length: > 0 } parent && Directory.Exists(parent)
        ? Directory.EnumerateDirectories(parent).Where(other => other != sweep).Order(StringComparer.Ordinal) : [];
}
