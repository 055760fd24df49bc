using Alignment.Generation;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>phi3-tiny/expected.json: greedy generation by transformers from the left-padded rows, and by our sampler.</summary>
[Category("Golden")]
public class GoldenGenerationTests
{
    private static readonly string[] s_parts = ["greedy", "greedy_with_eos", "greedy_window"];

    private static readonly GoldenJson s_expected = GoldenSet.Document("phi3-tiny", "expected.json");

    [Test]
    public void Greedy_tokens_are_those_of_the_reference([ValueSource(nameof(s_parts))] string part, [Values] bool drawnOnDevice)
    {
        using var scope = NewDisposeScope();
        using Decoder model = Model(part);
        GoldenJson golden = s_expected[part];
        int[][] expected = golden["tokens"].Read<int[][]>();
        int[] ends = golden.Find("eos_token_id") is { } end ? [end.Whole] : [];
        int? padding = golden.Find("pad_token_id")?.Whole;
        var rows = new GoldenModel("phi3-tiny");
        var settings = new SamplingSettings { Temperature = 0, MaxNewTokens = expected[0].Length };
        SamplingPrompt[] prompts = [.. expected.Select((_, row) => new SamplingPrompt(row, rows.Row("left", row)))];
        SampledResponse[] responses = [.. new Sampler(model, settings, ends.ToHashSet(), 1).Sample(prompts, new() { DrawsOnDevice = drawnOnDevice }).Single()];

        GoldenTally tally = new($"phi3-tiny/expected.json, {part}{(drawnOnDevice ? ", drawn on the model's device" : "")}");
        for (int row = 0; row < expected.Length; row++)
        {
            tally.Begin($"row {row}");
            // a finished row is filled up with padding
            int last = Array.FindIndex(expected[row], ends.Contains);
            int[] reference = last < 0 ? expected[row] : expected[row][..(last + 1)];
            tally.Same("tokens", responses[row].Tokens, reference);
            tally.Same("ended", [responses[row].Ended], [last >= 0]);
            if (last >= 0)
                tally.Same("padding", expected[row][(last + 1)..].Distinct(), expected[row].Length > last + 1 ? [padding!.Value] : []);
        }

        if (golden.Find("max_new_tokens") is { } most)
            tally.Same("max_new_tokens", [expected[0].Length], [most.Whole]);
        if (golden.Find("prompt") is { } prompt)
            tally.Same("prompt", ["left.input_ids / left.attention_mask"], [prompt.Text]);
        if (golden.Find("eos") is { } none)
            tally.Holds("no end token", none.IsNull);
        tally.Finish();
    }

    [Test]
    public void Log_probs_of_the_greedy_tokens_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        using Decoder model = Model("greedy");
        GoldenJson golden = s_expected["greedy"];
        int[][] tokens = golden["tokens"].Read<int[][]>();
        double[][] expected = golden["token_logps"].Read<double[][]>();
        var rows = new GoldenModel("phi3-tiny");
        GoldenTally tally = new("phi3-tiny/expected.json, token_logps");
        for (int row = 0; row < tokens.Length; row++)
        {
            tally.Begin($"row {row}");
            // the log-prob of the first n tokens, less that of the first n − 1
            int[] prompt = rows.Row("left", row);
            double[] sums = [.. ResponseScorer.Score(model, [.. Enumerable.Range(0, tokens[row].Length + 1).Select(count => new ResponseToScore(prompt, tokens[row][..count]))], new())
                .Select(score => score.Sum)];
            tally.Close("token_logps", [.. sums.Skip(1).Zip(sums, (next, sum) => next - sum)], expected[row], GoldenTolerances.Logits("phi3-tiny"));
        }

        tally.Finish();
    }

    [Test]
    public void The_window_is_that_of_its_config() =>
        Assert.That(DecoderConfig.Read(GoldenSet.File("phi3-tiny", "config.window.json")).SlidingWindow, Is.EqualTo(s_expected["sliding_window"].Whole));

    // the window of transformers 4.40, which decoded
    private static Decoder Model(string part) => part == "greedy_window" ? GoldenPhi3.Load("config.window.json", WindowReading.ItselfExtra) : GoldenPhi3.Load();
}
