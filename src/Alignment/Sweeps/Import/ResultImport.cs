using Alignment.Evaluation;
using Alignment.Files;

namespace Alignment.Sweeps.Import;

/// <summary>
/// Brings results of other frameworks into a run store, so that every table and figure can be made of them. A run is stored under an id of its
/// content: importing again changes nothing, and a corrected file becomes another run.
/// </summary>
internal static class ResultImport
{
    private const int HashDigits = 10;

    /// <summary>Imports all runs of a manifest into sweepsFolder/name.</summary>
    /// <param name="manifest">What to import.</param>
    /// <param name="sweepsFolder">The folder that holds a folder per sweep.</param>
    /// <param name="command">To name in the report.</param>
    /// <param name="log">Gets a line a run.</param>
    /// <exception cref="FileNotFoundException">A run's file is not there.</exception>
    /// <exception cref="InvalidDataException">A file is faulty or answers other prompts; the message names file and line.</exception>
    public static StoredSweep Import(ResultManifest manifest, string sweepsFolder, string command, Action<string> log)
    {
        ResultPrompts prompts = ResultPrompts.Of(Place(manifest, manifest.Sft ?? manifest.Runs[0]));
        int count = manifest.Runs.Count + (manifest.Sft == null ? 0 : 1);
        log($"{manifest.Name}: {prompts.First.Count} prompts, {count} runs, lengths in {(prompts.HasTokens ? "tokens" : "words")}");
        var store = new RunStore(Path.Combine(sweepsFolder, manifest.Name), TimeProvider.System);
        var bootstrap = new Bootstrap(PromptClusters.OfTexts(prompts.First.Select(row => row.Prompt)), manifest.Seed);
        StoredRun? sft = manifest.Sft is { } start ? Store(start) : null;
        var sweep = new StoredSweep
        {
            Recipe = manifest.Name,
            Folder = store.Folder,
            SftRuns = sft == null ? [] : [sft],
            Sft = sft,
            Runs = [.. manifest.Runs.Select(Store)],
            Missing = [],
            Seed = manifest.Seed,
            Command = command,
            LengthUnit = prompts.HasTokens ? "tokens" : "words",
        };
        SweepFile.Write(sweep);
        return sweep;

        StoredRun Store(ResultRun run)
        {
            SampleRow[] samples = [.. prompts.Read(Place(manifest, run)).Select((row, index) => Sample(row, index, prompts, manifest.Sft != null))];
            string lines = string.Concat(samples.Select(row => SampleFile.Line(row) + "\n"));
            string id = $"{run.Point.Slug}-{Fingerprint.Of(lines, HashDigits)}";
            if (store.Find(id) is { } done)
                return done;
            using RunClaim claim = store.Claim(id, owner => log($"[{run.Point.Slug}] waiting: {owner} works on it"), CancellationToken.None);
            AtomicFile.WriteText(Path.Combine(claim.Folder, "samples.jsonl"), lines);
            RunSummary summary = Summaries.Summarise(SampleColumns.Of(samples), bootstrap);
            store.Complete(claim, id, summary, new RunRecord(id, manifest.Name, manifest.Seed, run.Point, Facts(run)));
            log(FormattableString.Invariant($"[{run.Point.Slug}] imported: mean score {summary.MeanScore.Value:F3}"));
            return store.Find(id)!;
        }
    }

    private static string Place(ResultManifest manifest, ResultRun run) => Path.GetFullPath(run.File, Path.GetDirectoryName(Path.GetFullPath(manifest.File))!);

    // what only the first file says of a prompt holds for all
    private static SampleRow Sample(ResultRow row, int index, ResultPrompts prompts, bool firstIsSft)
    {
        ResultRow first = prompts.First[index];
        return new SampleRow
        {
            PromptIndex = index,
            Prompt = row.Prompt,
            Chosen = row.Chosen ?? first.Chosen ?? "",
            Response = row.Response,
            Tokens = prompts.HasTokens ? row.Tokens! : row.Words(),
            Ended = row.Ended,
            Score = row.Score,
            ChosenScore = double.IsNaN(row.ChosenScore) ? first.ChosenScore : row.ChosenScore,
            SftScore = firstIsSft ? first.Score : double.NaN,
            PolicyLogProb = row.PolicyLogProb,
            SftLogProb = row.SftLogProb,
            KlK3 = row.KlK3,
        };
    }

    private static RunFacts Facts(ResultRun run) => new()
    {
        TrainingSeconds = run.Seconds,
        EvaluationSeconds = double.IsNaN(run.Seconds) ? double.NaN : 0,
        TokensPerSecond = double.NaN,
        Environment = new SortedDictionary<string, string>(StringComparer.Ordinal) { [StoredSweep.ImportedFrom] = Path.GetFileName(run.File) },
    };
}
