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

    private static readonly double[] s_draws = [.. Enumerable.Range(0, Rows).Select(row => (row + 0.37) / Rows)];

    private static readonly SamplingSettings[] s_settings =
    [
        new() { Temperature = 0.7, TopP = 0.95, MaxNewTokens = 1 },
        new() { Temperature = 1.3, TopP = 0.5, MaxNewTokens = 1 },
        new() { Temperature = 1, TopK = 20, MaxNewTokens = 1 },
        new() { Temperature = 1, TopK = 40, TopP = 0.9, MaxNewTokens = 1 },
        new() { Temperature = 0.8, TopK = 2, TopP = 0.3, MinTokensToKeep = 5, MaxNewTokens = 1 },
        new() { Temperature = 1, TopP = 0, MinTokensToKeep = 3, MaxNewTokens = 1 },
        new() { Temperature = 1, TopP = 0, MaxNewTokens = 1 },
        new() { Temperature = 1.5, TopP = 0.999, MaxNewTokens = 1 },
        new() { Temperature = 1, TopK = 1500, MaxNewTokens = 1 },
        new() { Temperature = 1, TopK = 40_000, TopP = 0.98, MaxNewTokens = 1 },
        new() { MaxNewTokens = 1 },
        new() { Temperature = 0, MaxNewTokens = 1 },
    ];

    // narrow ones tie often
    [Test]
    public void What_is_drawn_is_what_the_whole_row_gives([Values(768, 2048, 32064)] int vocabulary, [Values] bool narrow, [Values(1, 3, 8)] double spread, [Values] bool onHost)
    {
        var random = new SeededRandom(11, "test/rows");
        int told = 0, all = 0;
        using Tensor values = Logits(vocabulary, spread, narrow);
        float[] numbers = values.data<float>().ToArray();
        foreach (SamplingSettings settings in s_settings)
        {
            using var rows = new LogitRows(values.alias(), new());
            double[] draws = [.. Enumerable.Range(0, Rows).Select(_ => random.NextDouble())];
            if ((onHost ? rows.DrawnOnHost(settings, draws) : rows.Drawn(settings, draws)) is not { } drawn)
                continue;
            for (int row = 0; row < Rows; row++, all++)
            {
                double[] whole = Array.ConvertAll(numbers[(row * vocabulary)..((row + 1) * vocabulary)], logit => (double)logit);
                TokenChoice wanted = TokenChoice.Of(whole, settings, draws[row]);
                if (TokenChoice.Of(drawn[row], settings, draws[row]) is { } choice)
                {
                    Assert.That(choice.Token, Is.EqualTo(wanted.Token), $"{settings}, row {row}");
                    Assert.That(onHost || wanted.Sure || !choice.Sure, $"{settings}, row {row}: sure of what the whole row is not sure of");
                    told++;
                }
            }
        }
        Assert.That(told, Is.GreaterThan((onHost ? 0.4 : 0.97) * all));
    }

    [Test]
    public void A_sixteenth_of_the_bytes_comes_to_the_host()
    {
        var traffic = new LogitTraffic();
        using var rows = new LogitRows(Logits(32064, 4, narrow: false), traffic);
        DrawnToken[] drawn = rows.Drawn(s_settings[0], s_draws);
        Assert.That(drawn.Select(row => row.Kept), Is.All.GreaterThan(0));
        Assert.That((traffic.Rows, traffic.WholeRows, traffic.WholeRowBytes), Is.EqualTo((Rows, 0, Rows * 32064L * 4)));
        Assert.That(traffic.Bytes, Is.EqualTo(Rows * 8L * DrawnToken.Numbers).And.LessThan(traffic.WholeRowBytes / 16));
        rows.Whole([3, 5]);
        Assert.That(traffic.WholeRows, Is.EqualTo(2));
    }

    [Test]
    public void Rows_whose_nucleus_is_wider_than_what_is_looked_at_first_are_sorted_whole()
    {
        const int Vocabulary = 300_000; // three rows at once
        using Tensor logits = zeros(8, Vocabulary);
        logits[5, 7] = 40; // the one row whose nucleus is found at first
        double[] draws = [.. Enumerable.Range(0, 8).Select(row => row / 8.0 + 0.01 / 3)];
        int[] whole = [.. draws.Select(draw => (int)Math.Floor(draw * (0.95 * Vocabulary)))];
        whole[5] = 7;
        Assert.That(Of(s_settings[0] with { Temperature = 1 }), Is.EqualTo((whole, 15)), "of flat rows the lowest ids");
        Assert.That(Of(new() { TopK = 2000, MaxNewTokens = 1 }).Passes, Is.EqualTo(8), "more than is looked at first must stay");
        (int[] uncut, long once) = Of(new() { MaxNewTokens = 1 });
        Assert.That((uncut[4], once), Is.EqualTo(((int)Math.Floor(draws[4] * Vocabulary), 8)), "without a cut");

        (int[] Tokens, long Passes) Of(SamplingSettings settings)
        {
            var traffic = new LogitTraffic();
            using var rows = new LogitRows(logits.alias(), traffic);
            DrawnToken[] drawn = rows.Drawn(settings, draws);
            Assert.That(drawn.Select(row => row.Kept), Is.All.GreaterThan(0));
            return ([.. drawn.Select(row => row.Token)], traffic.Bytes / (8 * DrawnToken.Numbers));
        }
    }

    [Test]
    public void Rows_are_sorted_whole_at_once_where_as_many_as_are_looked_at_first_must_stay([Values(0.9, 1)] double topP, [Values(LogitRows.MostCandidates, 2000)] int topK)
    {
        var traffic = new LogitTraffic();
        using var rows = new LogitRows(arange(2 * 4096, ScalarType.Float32).view(2, 4096) / 4096, traffic);
        Assert.That(rows.Drawn(new() { TopK = topK, TopP = topP, MaxNewTokens = 1 }, [0.3, 0.6]).Select(drawn => drawn.Kept), Is.All.GreaterThan(0));
        Assert.That(traffic.Bytes, Is.EqualTo(2 * 8 * DrawnToken.Numbers));
    }

    // one row whose nucleus is one token, and one of equal numbers
    [TestCase(1, 0, 0.95, 3), TestCase(1, 20, 1, 3), TestCase(1, 0, 1, 2), TestCase(0, 0, 1, 3)]
    public void A_row_that_the_likeliest_tokens_do_not_tell_is_sorted_whole(double temperature, int topK, double topP, int passes)
    {
        using Tensor values = zeros(2, 4096);
        values[0] = arange(4096, ScalarType.Float32);
        var traffic = new LogitTraffic();
        using var rows = new LogitRows(values.alias(), traffic);
        Assert.That(rows.Drawn(new() { Temperature = temperature, TopK = topK, TopP = topP, MaxNewTokens = 1 }, [0.3, 0.6]).Select(drawn => drawn.Kept), Is.All.GreaterThan(0));
        Assert.That(traffic.Bytes, Is.EqualTo(passes * 8 * DrawnToken.Numbers));
    }

    // at first half of the vocabulary is looked at, and at most 1,024 tokens
    [TestCase(2, 0, 0, 1, 1), TestCase(3, 0, 0, 1, 1), TestCase(4, 0, 0, 1, 1), TestCase(8, 1, 0, 1, 1), TestCase(8, 1, 3, 1, 1), TestCase(8, 1, 4, 1, 1), TestCase(8, 1, 8, 1, 1)]
    [TestCase(8, 1, 9, 1, 1), TestCase(8, 0.0004, 3, 1, 1), TestCase(8, 1, 1, 1, 4), TestCase(8, 1, 7, 1, 9), TestCase(8, 1, 0, 0.5, 1), TestCase(8, 1, 0, 0.5, 8), TestCase(8, 1, 0, 0.9999, 1)]
    [TestCase(4096, 1, 1023, 1, 1), TestCase(4096, 1, 1024, 1, 1)]
    public void Whatever_must_stay_every_row_tells_what_the_whole_row_gives(int vocabulary, double temperature, int topK, double topP, int least)
    {
        using Tensor values = arange(2 * vocabulary, ScalarType.Float32).view(2, vocabulary) / 3;
        using var rows = new LogitRows(values.alias(), new());
        var settings = new SamplingSettings { Temperature = temperature, TopK = topK, TopP = topP, MinTokensToKeep = least, MaxNewTokens = 1 };
        double[] draws = [0.3, 0.6];
        TokenChoice?[] wanted = [.. draws.Select((draw, row) => TokenChoice.Of([.. values[row].data<float>().Select(value => (double)value)], settings, draw))];
        Assert.That(rows.Drawn(settings, draws).Select((drawn, row) => TokenChoice.Of(drawn, settings, draws[row])), Is.EqualTo(wanted));
    }

    [Test]
    public void One_token_leaves_nothing_to_draw_on_the_device()
    {
        var traffic = new LogitTraffic();
        using var rows = new LogitRows(zeros(2, 1), traffic);
        foreach (double temperature in new[] { 0, 1 })
            Assert.That(rows.Drawn(new() { Temperature = temperature, MaxNewTokens = 1 }, [0.3, 0.6]), Is.All.EqualTo(default(DrawnToken)));
        Assert.That(traffic.Bytes, Is.Zero);
    }

    [Test]
    public void Whole_rows_are_those_asked_for_and_every_byte_is_counted()
    {
        var traffic = new LogitTraffic();
        using var rows = new LogitRows(arange(12, ScalarType.Float32).view(3, 4), traffic);
        Assert.That(rows.Whole([0, 2]), Is.EqualTo(new float[] { 0, 1, 2, 3, 8, 9, 10, 11 }));
        Assert.That(rows.Whole([0, 1, 2]), Is.EqualTo(Enumerable.Range(0, 12).Select(value => (float)value)));
        Assert.That((traffic.WholeRows, traffic.Bytes, traffic.Rows, traffic.WholeRowBytes), Is.EqualTo((5, 80, 0, 0)));
        SamplingSettings greedy = new() { Temperature = 0, MaxNewTokens = 1 };
        rows.Drawn(greedy, [0, 0, 0]);
        rows.Drawn(greedy, [0, 0, 0]);
        Assert.That((traffic.WholeRows, traffic.Bytes, traffic.Rows, traffic.WholeRowBytes), Is.EqualTo((5, 80 + 2 * 3 * 8 * DrawnToken.Numbers, 6, 96)));
    }

    [Test]
    public void Draws_are_on_the_device_where_that_is_not_the_CPU_unless_something_else_is_asked_for()
    {
        Assert.That(new GenerationSpeed().DrawsOnDevice, Is.False);
        Assert.That(new GenerationSpeed { Device = META }.DrawsOnDevice);
        Assert.That(new GenerationSpeed { Device = META, DrawsOnDevice = false }.DrawsOnDevice, Is.False);
    }

    [Test]
    public void A_row_with_a_broken_logit_does_not_tell([Values(float.NaN, float.PositiveInfinity)] float broken, [Values(0, 0.7)] double temperature, [Values] bool onHost)
    {
        using Tensor values = Logits(2048, 4, narrow: false);
        values[1, 7] = broken;
        values[2].fill_(float.NegativeInfinity);
        using var rows = new LogitRows(values.alias(), new());
        var settings = s_settings[0] with { Temperature = temperature };
        DrawnToken[] drawn = onHost ? rows.DrawnOnHost(settings, s_draws)! : rows.Drawn(settings, s_draws);
        Assert.That(drawn.Take(3).Select((row, i) => TokenChoice.Of(row, settings, s_draws[i]) is null), Is.EqualTo(new[] { false, true, true }));
    }

    [Test]
    public void Responses_are_those_of_whole_rows_and_of_prompts_read_at_once([Values(0, 0.4)] double temperature)
    {
        using Decoder model = Micro.Model();
        var settings = new SamplingSettings { Temperature = temperature, TopP = 0.8, MaxNewTokens = 24 };
        SamplingPrompt[] prompts = [.. Enumerable.Range(0, 24).Select(i => new SamplingPrompt(i, [.. Enumerable.Range(0, 1 + i * 7 % 40).Select(k => (i + 5 * k) % Micro.Vocabulary)]))];
        var sampler = new Sampler(model, settings, new HashSet<int> { 0 }, 5);
        SampledResponse[] responses = [.. sampler.Sample(prompts, new() { BatchSize = 24, PrefillTokens = 100, DrawsOnDevice = true }).SelectMany(chunk => chunk)];
        Assert.That(sampler.Traffic.WholeRows, Is.LessThan(sampler.Traffic.Rows), "draws were told");
        Assert.That(responses.Select(response => response.Tokens), Is.EqualTo(prompts.Select(prompt => Plain(model, prompt, settings))));
    }

    // the host draws from whole rows where tokens stay by their rank
    [Test]
    public void Rows_that_come_whole_are_each_its_own_response_s()
    {
        using Decoder model = Micro.Model();
        var settings = new SamplingSettings { Temperature = 1.5, TopK = 7, MaxNewTokens = 8 };
        SamplingPrompt[] prompts = [.. Enumerable.Range(0, 6).Select(i => new SamplingPrompt(i, [.. Enumerable.Range(0, 1 + 3 * i).Select(k => (i + 5 * k) % Micro.Vocabulary)]))];
        var sampler = new Sampler(model, settings, new HashSet<int> { 0 }, 5);
        SampledResponse[] responses = [.. sampler.Sample(prompts, new()).SelectMany(chunk => chunk)];
        Assert.That(sampler.Traffic.WholeRows, Is.GreaterThanOrEqualTo(responses.Sum(response => response.Tokens.Length)));
        Assert.That(responses.Select(response => response.Tokens), Is.EqualTo(prompts.Select(prompt => Plain(model, prompt, settings))));
    }

    [Test]
    public void Nothing_is_left_alive()
    {
        DisposeScopeManager.Statistics.Reset();
        using (var rows = new LogitRows(Logits(2048, 4, narrow: false), new()))
        {
            rows.Drawn(s_settings[0], s_draws);
            rows.Whole([1]);
        }
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    // the whole text again for every token, every row of logits whole
    private static int[] Plain(Decoder model, SamplingPrompt prompt, SamplingSettings settings)
    {
        using IDisposable noGrad = no_grad();
        var response = new ResponseInProgress(prompt, 5, "sampling");
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
