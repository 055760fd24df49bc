using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

[NonParallelizable]
public class LogitRowsTests
{
    private const int Rows = 16;

    private static readonly SamplingSettings[] s_settings =
    [
        new() { Temperature = 0.7, TopP = 0.95, MaxNewTokens = 1 },
        new() { Temperature = 1.3, TopP = 0.5, MaxNewTokens = 1 },
        new() { Temperature = 1, TopK = 20, MaxNewTokens = 1 },
        new() { Temperature = 1, TopK = 40, TopP = 0.9, MaxNewTokens = 1 },
        new() { Temperature = 0.8, TopK = 2, TopP = 0.3, MinTokensToKeep = 5, MaxNewTokens = 1 },
        new() { Temperature = 1, TopP = 0, MinTokensToKeep = 3, MaxNewTokens = 1 },
        new() { Temperature = 1, TopP = 0, MaxNewTokens = 1 },
        new() { Temperature = 0, MaxNewTokens = 1 },
    ];

    // narrow ones tie often
    [Test]
    public void What_the_likeliest_tokens_tell_is_what_the_whole_row_says([Values(768, 2048, 32064)] int vocabulary, [Values] bool narrow, [Values(1, 3, 8)] double spread)
    {
        var random = new SeededRandom(11, "test/rows");
        int told = 0, all = 0;
        using Tensor values = Logits(vocabulary, spread, narrow);
        float[] numbers = values.data<float>().ToArray();
        foreach (SamplingSettings settings in s_settings)
        {
            using var rows = new LogitRows(values.alias(), new());
            CandidateRow[] candidates = rows.Likeliest(settings);
            for (int row = 0; row < Rows; row++, all++)
            {
                double[] whole = Array.ConvertAll(numbers[(row * vocabulary)..((row + 1) * vocabulary)], logit => (double)logit);
                double draw = random.NextDouble();
                TokenChoice wanted = TokenChoice.Of(whole, settings, draw);
                foreach (bool sureOnly in new[] { true, false })
                    if (TokenChoice.Of(candidates[row], settings, draw, sureOnly) is { } choice)
                    {
                        Assert.That(choice.Token, Is.EqualTo(wanted.Token), $"{settings}, row {row}");
                        Assert.That(choice.Sure || !sureOnly);
                        Assert.That(wanted.Sure || !choice.Sure, $"{settings}, row {row}: sure of what the whole row is not sure of");
                        told += sureOnly ? 0 : 1;
                    }
            }
        }
        Assert.That(told, Is.GreaterThan((spread > 1 ? 0.7 : 0.4) * all));
    }

    [Test]
    public void A_sixteenth_of_the_bytes_comes_to_the_host()
    {
        var traffic = new LogitTraffic();
        using var rows = new LogitRows(Logits(32064, 4, narrow: false), traffic);
        CandidateRow[] candidates = rows.Likeliest(s_settings[0]);
        Assert.That(candidates.Select(row => row.Tells), Is.All.True);
        Assert.That((traffic.Rows, traffic.WholeRows, traffic.WholeRowBytes), Is.EqualTo((Rows, 0, Rows * 32064L * 4)));
        Assert.That(traffic.Bytes, Is.GreaterThan(0).And.LessThan(traffic.WholeRowBytes / 16));
        rows.Whole([3, 5]);
        Assert.That(traffic.WholeRows, Is.EqualTo(2));
    }

    [Test]
    public void Rows_whose_nucleus_is_wider_than_what_is_looked_at_do_not_tell_and_send_nothing()
    {
        var traffic = new LogitTraffic();
        using var flat = new LogitRows(zeros(2, 4096), traffic);
        Assert.That(flat.Likeliest(s_settings[0]).Select(row => row.Tells), Is.All.False);
        Assert.That(traffic.Bytes, Is.EqualTo(2 * (sizeof(int) + sizeof(double))));
        using var uncut = new LogitRows(zeros(2, 4096), traffic);
        Assert.That(uncut.Likeliest(new() { MaxNewTokens = 1 }).Select(row => row.Tells), Is.All.False, "without a cut every token may be drawn");
    }

    [Test]
    public void A_row_with_a_broken_logit_does_not_tell([Values(float.NaN, float.PositiveInfinity)] float broken, [Values(0, 0.7)] double temperature)
    {
        using Tensor values = Logits(2048, 4, narrow: false);
        values[1, 7] = broken;
        values[2].fill_(float.NegativeInfinity);
        using var rows = new LogitRows(values.alias(), new());
        var settings = s_settings[0] with { Temperature = temperature };
        Assert.That(rows.Likeliest(settings).Take(3).Select(row => TokenChoice.Of(row, settings, 0.5, sureOnly: false) is null), Is.EqualTo(new[] { false, true, true }));
    }

    [Test]
    public void Responses_are_those_of_whole_rows_and_of_prompts_read_at_once([Values(0, 0.4)] double temperature)
    {
        using Decoder model = Micro.Model();
        var settings = new SamplingSettings { Temperature = temperature, TopP = 0.8, MaxNewTokens = 24 };
        SamplingPrompt[] prompts = [.. Enumerable.Range(0, 24).Select(i => new SamplingPrompt(i, [.. Enumerable.Range(0, 1 + i * 7 % 40).Select(k => (i + 5 * k) % Micro.Vocabulary)]))];
        var sampler = new Sampler(model, settings, new HashSet<int> { 0 }, 5);
        SampledResponse[] responses = [.. sampler.Sample(prompts, new() { BatchSize = 24, PrefillTokens = 100, Candidates = true }).SelectMany(chunk => chunk)];
        Assert.That(sampler.Traffic.WholeRows, Is.LessThan(sampler.Traffic.Rows), "candidates told something");
        Assert.That(responses.Select(response => response.Tokens), Is.EqualTo(prompts.Select(prompt => Plain(model, prompt, settings))));
    }

    [Test]
    public void Nothing_is_left_alive()
    {
        DisposeScopeManager.Statistics.Reset();
        using (var rows = new LogitRows(Logits(2048, 4, narrow: false), new()))
        {
            rows.Likeliest(s_settings[0]);
            rows.Whole([1]);
        }
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    // the whole text again for every token, every row of logits whole
    private static int[] Plain(Decoder model, SamplingPrompt prompt, SamplingSettings settings)
    {
        using IDisposable noGrad = no_grad();
        var response = new ResponseInProgress(prompt, 5);
        while (!response.Ended && response.Count < settings.MaxNewTokens)
        {
            using var scope = NewDisposeScope();
            double draw = response.NextDraw();
            double[] logits = [.. model.forward(tensor(response.AllTokens).unsqueeze(0))[0, -1].data<float>().Select(logit => (double)logit)];
            response.Add(TokenChoice.Of(logits, settings, draw).Token, new HashSet<int> { 0 });
        }
        return response.Finished().Tokens;
    }

    // [Rows, vocabulary]
    private static Tensor Logits(int vocabulary, double spread, bool narrow)
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(3, "test/logits");
        Tensor values = tensor([.. Enumerable.Range(0, Rows * vocabulary).Select(_ => (float)(spread * random.NextNormal()))], [Rows, vocabulary]);
        return (narrow ? values.to(ScalarType.BFloat16).to(ScalarType.Float32) : values).MoveToOuterDisposeScope();
    }
}
