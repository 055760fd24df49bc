using Alignment.Sweeps;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

public class ProgressLinesTests
{
    private readonly List<string> _log = [];

    [Test]
    public void Between_the_first_and_the_last_step_a_line_comes_only_every_few_seconds()
    {
        var lines = new ProgressLines("[a] train", 1e9, _log.Add);
        for (int step = 1; step <= 4; step++)
            lines.Report(At(step, 4));
        Assert.That(_log, Is.EqualTo(new[] { "[a] train: step 1/4, loss 0.1235, 68 tokens/s, 9 s left", "[a] train: step 4/4, loss 0.1235, 68 tokens/s, 9 s left" }));
    }

    [Test]
    public void Of_responses_the_first_and_the_last_line_come_too()
    {
        var lines = new ProgressLines("[a] generate", 1e9, _log.Add);
        foreach (int done in new[] { 1, 2, 3, 5 })
            lines.Responses(done, 5);
        Assert.That(_log, Is.EqualTo(new[] { "[a] generate: 1/5 responses", "[a] generate: 5/5 responses" }));
    }

    [Test]
    public void Without_a_pause_every_one_comes()
    {
        var lines = new ProgressLines("[a] generate", 0, _log.Add);
        lines.Stored(2, 5);
        foreach (int done in new[] { 3, 4, 5 })
            lines.Responses(done, 5);
        Assert.That(_log, Is.EqualTo(new[] { "[a] generate: 2 of 5 responses are stored", "[a] generate: 3/5 responses", "[a] generate: 4/5 responses", "[a] generate: 5/5 responses" }));
    }

    [SetUp]
    public void Begin() => _log.Clear();

    private static TrainingProgress At(long step, long steps) => new("SFT", step, steps, 0.12345, 67.8, TimeSpan.FromSeconds(8.6));
}
