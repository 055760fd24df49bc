using System.Text.RegularExpressions;
using Alignment.Generation;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The members of expected.json that begin with greedy: tokens by our sampler, which decodes with a cache, and their log-probs.</summary>
internal static partial class GoldenGreedy
{
    // how sure the reference was, and what its cache makes of rows that pass longrope's limit
    private static readonly string[] s_told = ["smallest_top1_top2_gap", "equals_generation_without_cache", "transformers_4_57_6_with_its_cache",
        "transformers_5_2_0_with_its_cache", "its_cache_note", "row_by_row_note"];

    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        foreach ((string name, GoldenJson run) in folder.Expected.Members.Where(member => member.Name.StartsWith("greedy", StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            using Decoder model = folder.Load();
            string side = run.Find("prompt") is { } prompt ? Side().Match(prompt.Text).Groups["side"].Value : "left";
            int[][] expected = run["tokens"].Read<int[][]>();
            if (run.Find("max_new_tokens") is { } most)
                tally.Same("max_new_tokens", [expected[0].Length], [most.Whole]);
            SampledResponse[] sampled = Sampled(model, folder.Rows, side, run, onDevice: false);
            tally.Begin($"{name}, drawn on the model's device");
            foreach ((SampledResponse drawn, SampledResponse whole) in Sampled(model, folder.Rows, side, run, onDevice: true).Zip(sampled))
                tally.Same("tokens of whole rows", drawn.Tokens, whole.Tokens);
            if (model.ShortPositions is { } limit && folder.Rows.Mask(side).shape[1] + expected[0].Length > limit)
                Crossing(folder, tally, (name, side, limit), run, sampled);
            else
            {
                Tokens(tally, name, (sampled, expected), run);
                if (run.Find("token_logprobs") is { } logProbs)
                    LogProbs(tally, $"{name}, log-probs", Scored(model, folder.Rows, side, expected), logProbs.Read<double[][]>());
            }
            foreach (string told in s_told)
                run.Find(told)?.Told();
        }
    }

    // rows of which some pass the limit: the reference without its cache chooses by the longest row, the sampler for each row by itself
    private static void Crossing(GoldenFolder folder, GoldenTally tally, (string Name, string Side, long Most) at, GoldenJson run, SampledResponse[] sampled)
    {
        int[][] expected = run["tokens"].Read<int[][]>();
        (int[][] tokens, double[][] logProbs) = GoldenLongRope.Greedy(folder, at.Side, expected[0].Length);
        LogProbs(tally, $"{at.Name}, by the longest row, log-probs", logProbs, run["token_logprobs"].Read<double[][]>());
        int[][] alone = run.Find("row_by_row_tokens")?.Read<int[][]>() ?? expected;
        for (int row = 0; row < expected.Length; row++)
        {
            tally.Begin($"{at.Name}, row {row}");
            tally.Same("tokens by the longest row", tokens[row], expected[row]);
            if (run.Find("row_by_row_tokens") is not null || folder.Rows.Row(at.Side, row).Length > at.Most) // a row of itself beyond the limit is alone what it is in company
                tally.Same("tokens of the row alone", sampled[row].Tokens, alone[row]);
        }
        tally.Holds("no end token", run["eos"].IsNull);
    }

    private static SampledResponse[] Sampled(Decoder model, GoldenModel rows, string side, GoldenJson run, bool onDevice)
    {
        int[] ends = run.Find("eos_token_id") is { } end ? [end.Whole] : [];
        int[][] tokens = run["tokens"].Read<int[][]>();
        var settings = new SamplingSettings { Temperature = 0, MaxNewTokens = tokens[0].Length };
        SamplingPrompt[] prompts = [.. tokens.Select((_, row) => new SamplingPrompt(row, rows.Row(side, row)))];
        return [.. new Sampler(model, settings, ends.ToHashSet(), 1).Sample(prompts, new() { DrawsOnDevice = onDevice }).Single()];
    }

    // a finished row is filled up with padding
    private static void Tokens(GoldenTally tally, string name, (SampledResponse[] Found, int[][] Expected) rows, GoldenJson run)
    {
        int? end = run.Find("eos_token_id")?.Whole, padding = run.Find("pad_token_id")?.Whole;
        for (int row = 0; row < rows.Expected.Length; row++)
        {
            tally.Begin($"{name}, row {row}");
            int[] expected = rows.Expected[row];
            int last = end is { } id ? Array.IndexOf(expected, id) : -1;
            tally.Same("tokens", rows.Found[row].Tokens, last < 0 ? expected : expected[..(last + 1)]);
            tally.Same("ended", [rows.Found[row].Ended], [last >= 0]);
            if (last >= 0)
                tally.Same("padding", expected[(last + 1)..].Distinct(), expected.Length > last + 1 ? [padding!.Value] : []);
        }
        if (run.Find("eos") is { } none)
            tally.Holds("no end token", none.IsNull);
    }

    private static double[][] Scored(Decoder model, GoldenModel rows, string side, int[][] tokens) =>
        [.. ResponseScorer.Score(model, [.. tokens.Select((row, i) => new ResponseToScore(rows.Row(side, i), row))], new())
            .Select(response => response.PerToken.Select(logProb => (double)logProb).ToArray())];

    private static void LogProbs(GoldenTally tally, string name, double[][] found, double[][] expected)
    {
        foreach ((int row, double[] numbers) in expected.Index())
        {
            tally.Begin($"{name}, row {row}");
            tally.Close("token_logprobs", found[row], numbers, GoldenTolerances.GreedyLogProbs);
        }
    }

    [GeneratedRegex(@"^(?<side>(\w+\.)?(left|right))\.")]
    private static partial Regex Side();
}
