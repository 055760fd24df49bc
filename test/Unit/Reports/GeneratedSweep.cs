using System.Globalization;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Tests.Unit.Reports;

/// <summary>A finished sweep made from a seed without training anything: three methods, a failed run, a run never started, texts that bite.</summary>
internal static class GeneratedSweep
{
    public const int Prompts = 60;
    private const ulong Seed = 11;

    private static readonly (string Method, string[] Betas, string[] Gammas, double Effect)[] s_grid =
    [
        ("DPO", ["0.01", "0.05", "0.1"], [""], 0.25),
        ("LN-DPO", ["1.0", "2.0", "3.5"], [""], 0.35),
        ("SimPO", ["1.0", "2.0"], ["0.5", "1.0"], 0.9),
    ];

    /// <summary>Writes samples and steps below <paramref name="folder"/> and returns the sweep; with several seeds every point is repeated.</summary>
    public static StoredSweep Write(string folder, int seeds = 1)
    {
        StoredRun[] sft =
        [
            Run(folder, new GridPoint("SFT", "SFT-lr1e-3-e1", [new("LearningRate", "1e-3"), new("Epochs", "1")]), 0, 0),
            Run(folder, new GridPoint("SFT", "SFT-lr1e-3-e3", [new("LearningRate", "1e-3"), new("Epochs", "3")]), 0.1, 0),
        ];
        GridPoint[] points = [.. Points(seeds)];
        return new StoredSweep
        {
            Recipe = "generated",
            Folder = folder,
            SftRuns = sft,
            Sft = sft[1],
            Runs = [.. points.SkipLast(2).Select((point, i) => Run(folder, point, Effect(point) + 0.1 * (i % 3), i + 1))],
            Missing =
            [
                new MissingRun(points[^2], "step 12: loss is NaN (rows 3, 4, \"x\")\nlast finite loss 0.69"),
                new MissingRun(points[^1], null),
            ],
            Seed = Seed,
            Command = "dotnet test test/Regression --filter TestCategory=Sweep -p:Recipe=generated",
        };
    }

    /// <summary>The sweep as judged by two: the second sees the first's scores through noise, and prefers short answers.</summary>
    public static StoredSweep Judged(StoredSweep sweep, double noise)
    {
        StoredRun ByOther(StoredRun run)
        {
            SampleRow[] rows = [.. run.Samples().Select(row => row with
            {
                Score = Math.Round(row.Score + noise * new SeededRandom(Seed, $"judge/{run.Id}/{row.PromptIndex}").NextNormal() - 0.05 * noise * row.Length, 2),
            })];
            string id = run.Id.Replace("0123abcd", "4567cdef", StringComparison.Ordinal), folder = Path.Combine(sweep.Folder, id);
            Directory.CreateDirectory(folder);
            File.WriteAllLines(Path.Combine(folder, "samples.jsonl"), rows.Select(SampleFile.Line));
            return run with { Id = id, Folder = folder, Summary = Summaries.Summarise(rows, Seed) };
        }

        StoredRun[] sft = [.. sweep.SftRuns.Select(ByOther)];
        StoredSweep other = sweep with
        {
            Folder = Path.Combine(sweep.Folder, "judges", "second"),
            SftRuns = sft,
            Sft = sft[1],
            Runs = [.. sweep.Runs.Select(ByOther)],
            Judge = new JudgeFacts("second", "models/second", 31, 0, Prompts) { Decides = false },
        };
        return sweep with { Judge = new JudgeFacts("first", "models/first", 44, 3, Prompts), ByOthers = [other] };
    }

    /// <summary>The sweep with a round on-policy: the same points on fewer pairs, each scoring so much more.</summary>
    public static StoredSweep WithRound(StoredSweep sweep, Func<string, double> gain)
    {
        StoredRun Again(StoredRun run)
        {
            GridPoint point = Grid.OnPolicy(run.Point);
            string id = $"{point.Slug}-89abcdef", folder = Path.Combine(sweep.Folder, id);
            SampleRow[] rows = [.. run.Samples().Select(row => row with
            {
                Score = Math.Round(row.Score + gain(point.Method) + 0.3 * new SeededRandom(Seed, $"{id}/{row.PromptIndex}").NextNormal(), 2),
                Tokens = [.. row.Tokens, 1, 2],
            })];
            Directory.CreateDirectory(folder);
            File.WriteAllLines(Path.Combine(folder, "samples.jsonl"), rows.Select(SampleFile.Line));
            return new(id, point, Summaries.Summarise(rows, Seed), run.Facts with { Data = Data(44) with { Resampled = new(48, 4, 3, 1, 1.25, -0.5) } }, folder);
        }

        return sweep with
        {
            Runs = [.. sweep.Runs.Select(run => run with { Facts = run.Facts with { Data = Data(48) } })],
            OnPolicy = sweep with
            {
                Folder = Path.Combine(sweep.Folder, "on-policy"),
                Runs = [.. sweep.Runs.Select(Again)],
                Missing = [],
                ChosenBy = new JudgeFacts("chooser", "models/chooser", 40, 2, Prompts) { Decides = false },
            },
        };
    }

    private static DataFacts Data(int pairs) => new()
    {
        Template = "phi-3",
        TemplateToldBy = "the recipe",
        MarkersInText = "refuse",
        TrainingPairs = pairs,
        LongPairsDropped = 0,
        TestPrompts = Prompts,
        DistinctTestPrompts = Prompts,
        SeenTestPrompts = 0,
        SeenTestPromptsDropped = 0,
        RepeatedTestPromptsDropped = 0,
        LongTestPromptsDropped = 0,
    };

    private static IEnumerable<GridPoint> Points(int seeds) =>
        from method in s_grid
        from beta in method.Betas
        from gamma in method.Gammas
        from rate in new[] { "3e-4", "1e-3" }
        from seed in Enumerable.Range(1, seeds).Select(seed => seed.ToString(CultureInfo.InvariantCulture))
        select new GridPoint(method.Method, Slug(method.Method, beta, gamma, rate) + (seeds > 1 ? $"-s{seed}" : ""),
        [
            new("Beta", beta), .. gamma.Length > 0 ? new[] { KeyValuePair.Create("Gamma", gamma) } : [],
            new("LearningRate", rate), new("Epochs", "1"), .. seeds > 1 ? new[] { KeyValuePair.Create("Seed", seed) } : [],
        ]);

    private static double Effect(GridPoint point) => s_grid.First(method => method.Method == point.Method).Effect;

    private static string Slug(string method, string beta, string gamma, string rate) =>
        $"{method}-b{beta}{(gamma.Length > 0 ? $"-g{gamma}" : "")}-lr{rate}-e1";

    private static StoredRun Run(string folder, GridPoint point, double effect, int index)
    {
        SampleRow[] rows = [.. Enumerable.Range(0, Prompts).Select(prompt => Row(point, prompt, effect))];
        string id = $"{point.Slug}-0123abcd", runFolder = Path.Combine(folder, id);
        Directory.CreateDirectory(runFolder);
        File.WriteAllLines(Path.Combine(runFolder, "samples.jsonl"), rows.Select(SampleFile.Line));
        File.WriteAllLines(Path.Combine(runFolder, "steps.jsonl"), Enumerable.Range(1, 50).Select(step => Step(point, step)));
        var facts = new RunFacts
        {
            TrainingSeconds = 10 + index,
            EvaluationSeconds = 2.5,
            TokensPerSecond = 12345.678,
            Environment = new Dictionary<string, string> { ["device"] = "cpu", ["threads"] = "2" },
        };
        return new StoredRun(id, point, Summaries.Summarise(rows, Seed), facts, runFolder);
    }

    private static SampleRow Row(GridPoint point, int prompt, double effect)
    {
        double difficulty = new SeededRandom(Seed, $"prompt/{prompt}").NextNormal();
        var random = new SeededRandom(Seed, $"{point.Slug}/{prompt}");
        double sft = SftScore(prompt, difficulty);
        int length = 5 + random.NextInt(40);
        return new SampleRow
        {
            PromptIndex = prompt,
            Prompt = $"User: how do I fix item {prompt.ToString(CultureInfo.InvariantCulture)}? <script>alert('x')</script>",
            Chosen = "Turn it off & on again.\nThen wait.",
            Response = $"{point.Method} says: \"step {length.ToString(CultureInfo.InvariantCulture)}\" …",
            Tokens = [.. Enumerable.Range(1, length)],
            Ended = random.NextInt(10) > 0,
            Score = point.Method == "SFT" && point.Slug.EndsWith("e3", StringComparison.Ordinal)
                ? sft
                : Math.Round(difficulty + effect + 0.6 * random.NextNormal(), 2),
            ChosenScore = Math.Round(difficulty + 0.3, 2),
            SftScore = sft,
            PolicyLogProb = -length,
            SftLogProb = -length - (point.Method == "SFT" ? 0 : length * 0.1 * (1 + random.NextDouble())),
            KlK3 = point.Method == "SFT" ? 0 : length * 0.1 * (1 + random.NextDouble()),
            PromptCut = prompt % 20 == 0,
            GoldInputCut = false,
        };
    }

    private static string Step(GridPoint point, int step)
    {
        double noise = new SeededRandom(Seed, $"{point.Slug}/step/{step}").NextNormal(), done = step / 50.0;
        string preference = FormattableString.Invariant($",\"rewards/margins\":{2 * done + 0.1 * noise:F4},\"rewards/accuracies\":{0.5 + 0.4 * done:F4}");
        return FormattableString.Invariant(
            $"{{\"step\":{step},\"loss\":{0.69 - 0.3 * done + 0.02 * noise:F4}{(point.Method == "SFT" ? "" : preference)},\"grad_norm\":{1 / (0.1 + done):F4}}}");
    }

    private static double SftScore(int prompt, double difficulty) =>
        Math.Round(difficulty + 0.6 * new SeededRandom(Seed, $"sft/{prompt}").NextNormal(), 2);
}
