using System.Globalization;
using System.Text.Json;
using Alignment.Evaluation;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using TorchSharp;

namespace Alignment.Tests.Regression;

/// <summary>The numbers of a finished sweep that are locked: training curves, log-probs of fixed texts, gold scores of fixed texts, and what was sampled.</summary>
internal static class SweepTables
{
    public const string Metrics = "metrics", Responses = "responses";

    public const string LearningRate = "learning rate", Loss = "loss", GradientNorm = "gradient norm", Margin = "margin", Kl = "KL, nats", Chosen = "chosen", Rejected = "rejected", Gold = "gold score of chosen";

    // of a long run; a locked text stays readable
    private const int MostSteps = 12, MostPairs = 12, MostPrompts = 100;

    /// <summary>All tables; runs go by their grid points' names, which no hash is in.</summary>
    public static IReadOnlyList<LockedTable> Of(Recipe recipe, SweepOptions options, StoredSweep sweep)
    {
        StoredRun[] runs = [.. sweep.SftRuns, .. sweep.Runs];
        LockedTable responses = ResponsesOf(runs);
        return
        [
            new("curves", ["run and step", LearningRate, Loss, GradientNorm, Margin], [.. runs.SelectMany(Curve)]),
            new("log-probs of the first training pairs", ["run and pair", Chosen, Rejected], [.. LogProbs(recipe, options, runs, Weights(sweep.Sft!))]),
            new("gold model", ["test prompt", Gold], [.. Rows(runs[0]).Select(row => new LockedRow(Number(row.PromptIndex), [row.ChosenScore]))]),
            MetricsOf(runs, responses), responses,
        ];
    }

    /// <summary>The run of a row that is one of its steps, pairs or prompts: all but the last two words.</summary>
    public static string RunOf(LockedRow row) => row.Key.Split(' ') is { Length: > 2 } words ? string.Join(' ', words[..^2]) : row.Key;

    private static IEnumerable<LockedRow> Curve(StoredRun run)
    {
        string[] lines = [.. File.ReadLines(Path.Combine(run.Folder, "steps.jsonl"))];
        int count = Math.Min(MostSteps, lines.Length);
        foreach (int line in Enumerable.Range(0, count).Select(i => count == 1 ? 0 : i * (lines.Length - 1) / (count - 1)))
        {
            JsonElement step = JsonDocument.Parse(lines[line]).RootElement;
            yield return new($"{run.Point.Slug} step {step.GetProperty("step").GetInt64()}", [.. new[] { "learning_rate", "loss", "grad_norm", "rewards/margins" }.Select(name =>
                step.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : double.NaN)]);
        }
    }

    private static IEnumerable<LockedRow> LogProbs(Recipe recipe, SweepOptions options, IReadOnlyList<StoredRun> runs, string start)
    {
        SweepData data = SweepData.Read(recipe, options, _ => { });
        var models = new PolicyModels(recipe, options, data.Tokenizer);
        ResponseToScore[] texts = [.. data.Training.Take(MostPairs).SelectMany(pair => new[] { new ResponseToScore(pair.Prompt, pair.Chosen), new ResponseToScore(pair.Prompt, pair.Rejected) })];
        foreach (StoredRun run in runs)
        {
            using Decoder model = models.Load(Weights(run), start);
            double[] sums = [.. ResponseScorer.Score(model, texts, new GenerationSpeed { Device = torch.device(options.Device) }).Select(logProbs => logProbs.Sum)];
            for (int pair = 0; pair < sums.Length / 2; pair++)
                yield return new($"{run.Point.Slug} pair {pair}", [sums[2 * pair], sums[2 * pair + 1]]);
        }
    }

    private static LockedTable ResponsesOf(IReadOnlyList<StoredRun> runs) => new(Responses, ["run and prompt", "score", "length", Kl, "win vs SFT"],
        [.. runs.SelectMany(run => Rows(run).Select(row => new LockedRow($"{run.Point.Slug} prompt {Number(row.PromptIndex)}",
            [row.Score, row.Tokens.Count, row.PolicyLogProb - row.SftLogProb, Grid.IsBeforeMethods(run.Point) ? double.NaN : row.Score > row.SftScore ? 1 : 0])))]);

    private static LockedTable MetricsOf(IReadOnlyList<StoredRun> runs, LockedTable responses) => new(Metrics, ["run", .. responses.Columns.Skip(1)],
        [.. responses.Rows.GroupBy(RunOf).Select(rows => new LockedRow(rows.Key, [.. Enumerable.Range(0, responses.Columns.Count - 1).Select(column => rows.Average(row => row.Numbers[column]))]))]);

    private static IEnumerable<SampleRow> Rows(StoredRun run) => run.Samples().OrderBy(row => row.PromptIndex).Take(MostPrompts);

    private static string Weights(StoredRun run) => Path.Combine(run.Folder, "weights");

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);
}
