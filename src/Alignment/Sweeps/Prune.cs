namespace Alignment.Sweeps;

/// <summary>Something in a sweep's folder that no recipe asks for.</summary>
/// <param name="Path">A file or a folder, from the sweep's folder on.</param>
/// <param name="What">What it is.</param>
/// <param name="Bytes">What it takes on the disk; a link takes nothing.</param>
internal sealed record Unused(string Path, string What, long Bytes);

/// <summary>
/// Cleans a sweep's folder of what no recipe asks for any more: neither one that has run in it (<see cref="RecipeUse"/>) nor the last report
/// (sweep.json).
/// </summary>
internal static class Prune
{
    private const string Work = RunStore.Work, Reference = "reference log-probs", Resampled = "resampled pairs";
    private static readonly string[] s_failed = [RunStore.Failed, RunStore.Diverged];

    /// <summary>What nobody asks for.</summary>
    /// <exception cref="InvalidDataException">The folder is no store, or nothing says what its recipes ask for.</exception>
    public static IReadOnlyList<Unused> Find(string sweep)
    {
        IReadOnlyList<RecipeUse> uses = RecipeUse.All(sweep);
        bool reported = SweepFile.IsIn(sweep);
        if (uses.Count == 0 && !reported)
            throw new InvalidDataException($"{sweep}: neither used/ nor sweep.json says what is asked for; run the recipe's sweep or its report once, then prune");
        IReadOnlyList<StoredRun> shown = reported ? [.. SweepFile.Read(sweep).All.SelectMany(last => last.SftRuns.Concat(last.Runs).Concat(last.Stopped.Select(run => run.Run)))] : [];
        HashSet<string> runs = [.. Names(uses, names => names.Run), .. shown.Select(run => Contest.WholeName(run.Id))],
            weights = [.. Names(uses, names => names.Weights), .. shown.Select(run => run.Weights)],
            responses = [.. Names(uses, names => names.Sampling)], golds = [.. uses.SelectMany(use => use.Golds)];
        return
        [
            .. Entries(sweep, "").Where(name => IsRun(sweep, name) && !runs.Contains(Stem(name))).Select(name => Entry(sweep, name, "run")),
            .. Entries(sweep, "").Where(name => name.StartsWith("gold-", StringComparison.Ordinal) && uses.Count > 0 && !golds.Contains(Stem(name)))
                .Select(name => Entry(sweep, name, "gold model")),
            .. Entries(sweep, JudgedPairs.Folder).Where(name => name.EndsWith(".json", StringComparison.Ordinal) && uses.Count > 0
                    && uses.All(use => use.Judged?.Contains(Path.GetFileName(name)) == false))
                .Select(name => Entry(sweep, name, "judge's scores")),
            .. Entries(sweep, "weights").Where(name => !weights.Contains(Stem(Path.GetFileName(name)))).Select(name => Entry(sweep, name, "weights")),
            .. Entries(sweep, "responses").Where(name => uses.Count > 0 && !responses.Contains(Path.GetFileNameWithoutExtension(name)))
                .Select(name => Entry(sweep, name, "responses")),
            .. Entries(sweep, ResampleStage.Folder).Where(name => uses.Count > 0 && !uses.Any(use => use.Resampled?.Contains(Path.GetFileName(name)) == true))
                .Select(name => Entry(sweep, name, Resampled)),
            .. Entries(sweep, "reference").Where(name => !weights.Contains(Path.GetFileName(name))).Select(name => Entry(sweep, name, Reference)),
        ];
    }

    /// <summary>Removes what was found, but for what a process works on.</summary>
    /// <returns>What has gone.</returns>
    public static IReadOnlyList<Unused> Remove(string sweep, IReadOnlyList<Unused> unused, TimeProvider clock) => [.. unused.Where(item =>
    {
        string path = Path.Combine(sweep, item.Path), name = Stem(Path.GetFileName(path));
        string locked = item.What switch
        {
            "weights" => $"weights-{name}",
            "responses" => $"responses-{Path.GetFileNameWithoutExtension(name)}",
            Reference => "reference",
            Resampled => ResampleStage.LockOf(name),
            _ => name,
        };
        using RunLock? held = RunLock.TryTake(Path.Combine(sweep, "locks", locked + ".lock"), clock);
        if (held == null)
            return false;
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
        return true;
    })];

    private static IEnumerable<string> Names(IEnumerable<RecipeUse> uses, Func<RunNames, string> name) => uses.SelectMany(use => use.Names).Select(name);

    private static IEnumerable<string> Entries(string sweep, string folder) => !Directory.Exists(Path.Combine(sweep, folder)) ? []
        : Directory.EnumerateFileSystemEntries(Path.Combine(sweep, folder)).Select(path => Path.GetRelativePath(sweep, path)).Order(StringComparer.Ordinal);

    private static bool IsRun(string sweep, string name) => s_failed.Any(failed => name.EndsWith(failed, StringComparison.Ordinal)) || File.Exists(Path.Combine(sweep, name, "run.json"))
        || (name.EndsWith(Work, StringComparison.Ordinal) && !name.StartsWith("gold-", StringComparison.Ordinal));

    // a run that a search has stopped is that of all prompts, not finished
    private static string Stem(string name) =>
        s_failed.Append(Work).Where(end => name.EndsWith(end, StringComparison.Ordinal)).Select(end => name[..^end.Length]).FirstOrDefault(Contest.WholeName(name));

    private static Unused Entry(string sweep, string name, string what)
    {
        string path = Path.Combine(sweep, name);
        return new(name, what, Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*", s_below).Sum(file => file.Length) : new FileInfo(path).Length);
    }

    private static readonly EnumerationOptions s_below = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
}
