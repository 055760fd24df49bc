using System.Diagnostics;
using Alignment.Data;
using Alignment.Harness;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>The real HH-RLHF harmless-base test file and its SentencePiece model, given with -p:DataDir=PATH.</summary>
[Category("Golden")]
public class HhRlhfDataTests
{
    [Test]
    public void The_nine_known_faulty_rows_are_named_and_the_others_read()
    {
        PreferenceData data = PreferenceData.Read(PairFormat.HhRlhf, Given("hh-rlhf-harmless-base-test.jsonl.gz"), new() { MaxSkipped = 9 });
        Assert.That(data.Report.ToString(), Is.EqualTo("2312 rows, 2303 kept; left out: 4 empty response, 5 prompts differ"));
        Assert.That(data.Report.Faults, Has.Count.EqualTo(9));
        TestContext.Out.WriteLine(string.Join('\n', data.Report.Faults));
        PromptSplit split = PromptSplit.Of(data.Pairs, new(Reward: 0.3, Test: 0.1), seed: 1);
        TestContext.Out.WriteLine(
            $"{split.Training.Count} training, {split.Reward.Count} reward, {split.Test.Count} test pairs; {ContentHash.Of(data.Pairs)}");
        Assert.That(split.Training.Count + split.Reward.Count + split.Test.Count, Is.EqualTo(2303));
    }

    [Test]
    public void Every_response_comes_back_from_its_tokens()
    {
        PreferenceData data = PreferenceData.Read(PairFormat.HhRlhf, Given("hh-rlhf-harmless-base-test.jsonl.gz"), new() { MaxSkipped = 9 });
        ModelTokenizer tokenizer = ModelTokenizer.For(SentencePieceBpe.FromModel(Given("hh-spm-2k.model")), ChatTemplate.PlainHh);
        foreach (string response in data.Pairs.SelectMany(p => new[] { p.Chosen, p.Rejected }))
            Assert.That(tokenizer.Decode(tokenizer.EncodeResponse(response)), Is.EqualTo(response));
        string[] texts = [.. data.Pairs.Select(p => ChatTemplate.PlainHh.Render(p.Prompt, addGenerationPrompt: true) + " " + p.Chosen)];
        SentencePieceBpe fresh = SentencePieceBpe.FromModel(Given("hh-spm-2k.model"));
        Stopwatch clock = Stopwatch.StartNew();
        long tokens = texts.Sum(t => (long)fresh.EncodeToIds(t).Count);
        double first = clock.Elapsed.TotalSeconds;
        clock.Restart();
        long again = texts.Sum(t => (long)fresh.EncodeToIds(t).Count);
        double megabytes = texts.Sum(t => (double)System.Text.Encoding.UTF8.GetByteCount(t)) / 1e6;
        double second = clock.Elapsed.TotalSeconds;
        TestContext.Out.WriteLine(FormattableString.Invariant(
            $"{megabytes:F2} MB, {tokens} tokens: {megabytes / first:F1} MB/s with an empty word cache, {megabytes / second:F1} MB/s after"));
        Assert.That(again, Is.EqualTo(tokens));
    }

    private static string Given(string name)
    {
        if (Parameters.FullPath("DataDir") is not { } folder)
            throw new IgnoreException("the real data is given with -p:DataDir=PATH");
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? path : throw new IgnoreException($"{path} is not there");
    }
}
