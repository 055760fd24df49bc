using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Bench.Inputs;

/// <summary>A finished sweep whose samples are made up, in a folder that goes with it: what a report is written of.</summary>
internal sealed class SampleStore : IDisposable
{
    private const int ResponseTokens = 64;
    private static readonly string[] s_methods = ["DPO", "LN-DPO", "SimPO"];

    private readonly string _folder = Directory.CreateTempSubdirectory("alignment-samples-").FullName;

    /// <summary>Writes it.</summary>
    /// <param name="runs">Preference runs, of three methods by turns.</param>
    /// <param name="prompts">Samples of each run.</param>
    public SampleStore(int runs, int prompts)
    {
        var store = new RunStore(_folder, TimeProvider.System);
        var bootstrap = new Bootstrap(prompts, 1);
        StoredRun sft = Run(store, bootstrap, prompts, new GridPoint("SFT", "SFT-lr1e-5-e1", [new("LearningRate", "1e-5"), new("Epochs", "1")]));
        Sweep = new StoredSweep
        {
            Recipe = "samples",
            Folder = _folder,
            SftRuns = [sft],
            Sft = sft,
            Runs = [.. Enumerable.Range(0, runs).Select(number => Run(store, bootstrap, prompts, Point(s_methods[number % s_methods.Length], number / s_methods.Length)))],
            Missing = [],
            Seed = 1,
            Command = "dotnet test",
        };
    }

    /// <summary>The sweep.</summary>
    public StoredSweep Sweep { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static GridPoint Point(string method, int number)
    {
        string beta = FormattableString.Invariant($"0.{number + 1}");
        return new(method, $"{method}-b{beta}-lr1e-6-e1", [new("Beta", beta), new("LearningRate", "1e-6"), new("Epochs", "1")]);
    }

    private static StoredRun Run(RunStore store, Bootstrap bootstrap, int prompts, GridPoint point)
    {
        var random = new SeededRandom(1, point.Slug);
        string text = string.Concat(Enumerable.Repeat("a sentence of an answer; ", 10));
        using RunClaim claim = store.Claim(point.Slug, _ => { }, CancellationToken.None);
        string path = Path.Combine(claim.Folder, "samples.jsonl");
        File.WriteAllLines(path, Enumerable.Range(0, prompts).Select(prompt => SampleFile.Line(new SampleRow
        {
            PromptIndex = prompt,
            Prompt = FormattableString.Invariant($"question {prompt}"),
            Chosen = text,
            Response = text,
            Tokens = [.. Enumerable.Range(1000, ResponseTokens)],
            Ended = true,
            Score = random.NextNormal(),
            ChosenScore = 0.1 * (prompt % 7),
            SftScore = 0.1 * (prompt % 5),
            PolicyLogProb = random.NextNormal() - 40,
            SftLogProb = -44,
        })));
        var facts = new RunFacts { TrainingSeconds = 3600, EvaluationSeconds = 600, TokensPerSecond = 9000, Environment = new Dictionary<string, string>() };
        store.Complete(claim, point.Slug, Summaries.Summarise(SampleColumns.Read(path), bootstrap), new RunRecord(point.Slug, "samples", 1, point, facts));
        return store.Find(point.Slug)!;
    }
}
