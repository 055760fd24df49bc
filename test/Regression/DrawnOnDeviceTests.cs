using System.Globalization;
using Alignment.Evaluation;
using Alignment.Generation;
using Alignment.Harness;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// As a GPU draws tokens, of the likeliest of a row on the model's device: the responses are those that whole rows gave. Models of stored sweeps, such as tiny or
/// hh-rlhf, are asked once more: <c>-p:Store=artifacts/sweeps/hh-rlhf -p:DataDir=FOLDER</c>, with the threads of the sweep.
/// </summary>
[NonParallelizable]
public sealed class DrawnOnDeviceTests
{
    private const int TimesFewerBytes = 16;
    private const int Few = 8, Asked = 48; // so many drawn together, for another company than the stored responses had, of so many

    [Test]
    public void A_sweeps_responses_are_drawn_once_more_token_for_token([Values] bool narrow)
    {
        // trained for longer, so that few tokens are likely
        (string, string)[] longer = [("\"epochs\": [1], \"learningRate\": [2e-3]", "\"epochs\": [20], \"learningRate\": [5e-3]"), ("\"temperature\": 1.0", "\"temperature\": 0.7")];
        using var micro = new MicroSweep([.. longer, .. narrow ? [("\"maxPositions\": 128 }", "\"maxPositions\": 128, \"precision\": \"bfloat16\" }")] : Array.Empty<(string, string)>()]);
        using (Sweep sweep = micro.Open())
        {
            sweep.SftWinner(CancellationToken.None);
            SweepFile.Write(sweep.Collect(CancellationToken.None));
        }

        Compare(micro.Folder, micro.Options);
    }

    [Test]
    public void Responses_of_a_stored_sweep_are_drawn_once_more_token_for_token_by_a_sixteenth_of_the_bytes()
    {
        string folder = Parameters.NeededPath("Store", "a folder of artifacts/sweeps");
        string sweeps = Directory.CreateTempSubdirectory("drawn").FullName; // for fingerprints; the store is only read
        try
        {
            Compare(folder, new SweepOptions
            {
                SweepsFolder = sweeps,
                DataFolder = Parameters.FullPath("DataDir"),
                Threads = Parameters.Whole("Threads") ?? 0,
                GenerationBatch = Parameters.Whole("GenerationBatch"),
            });
        }
        finally
        {
            Directory.Delete(sweeps, recursive: true);
        }
    }

    private static void Compare(string folder, SweepOptions options)
    {
        TorchSharp.torch.set_num_threads(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        StoredSweep stored = SweepFile.Read(folder);
        Recipe recipe = StoredRecipe.Read(folder)!;
        SweepData data = Preflight.Read(recipe, options, options.Hashes(TimeProvider.System, _ => { }), _ => { });
        AskedPrompts asked = AskedPrompts.Test(recipe, data, before: 0);
        bool exact = recipe.Policy.Precision == Precision.Float32;
        int models = 0;
        foreach (StoredRun run in stored.SftRuns.Concat(stored.Runs))
        {
            string weights = Path.Combine(run.Folder, "weights");
            if (!Directory.Exists(weights))
                continue; // dropped, or a policy's folder as it is
            models++;
            using Decoder policy = new PolicyModels(recipe, options, data.Tokenizer).Load(weights, stored.Sft is { } sft ? Path.Combine(sft.Folder, "weights") : null);
            SampleRow[] rows = [.. run.Samples().DistinctBy(row => row.PromptIndex)]; // the first response to a prompt
            SamplingPrompt[] prompts = [.. rows.Select(row => new SamplingPrompt(row.PromptIndex, asked.Prompts[row.PromptIndex]))];
            int[][] kept = [.. rows.Select(row => row.Tokens.ToArray())];
            (int[][] drawn, LogitTraffic traffic) = Drawn(prompts, options.Generation with { DrawsOnDevice = true });
            double fewer = (double)traffic.WholeRowBytes / traffic.Bytes;
            int[][] apart = Drawn(prompts[..Math.Min(Asked, prompts.Length)], options.Generation with { BatchSize = Few }).Responses;
            int same = apart.Zip(kept).Count(pair => pair.First.SequenceEqual(pair.Second));
            TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{run.Id}: {kept.Length} responses, {traffic.Rows} tokens: {fewer:F1} times fewer bytes than whole rows, {traffic.WholeRows} rows whole, {traffic.RowsAgain} computed again; {same} of {apart.Length} the same where {Few} are drawn together"));
            Assert.That(drawn, Is.EqualTo(kept), run.Id);
            Assert.That(fewer, Is.GreaterThanOrEqualTo(TimesFewerBytes), run.Id);
            Assert.That(same, exact ? Is.EqualTo(apart.Length) : Is.GreaterThanOrEqualTo(apart.Length / 2), run.Id);

            (int[][] Responses, LogitTraffic) Drawn(SamplingPrompt[] some, GenerationSpeed speed)
            {
                Sampler sampler = asked.By(policy, recipe, data);
                return ([.. sampler.Sample(some, speed).SelectMany(chunk => chunk).Select(response => response.Tokens)], sampler.Traffic);
            }
        }

        Assert.That(models, Is.GreaterThan(0), $"{folder} keeps no weights");
    }
}
