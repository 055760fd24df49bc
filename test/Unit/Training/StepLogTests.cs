using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class StepLogTests
{
    private static StepRow Row(long step) => new()
    {
        Step = step,
        Epoch = 0.5,
        Loss = 0.25,
        Means = [new("rewards/chosen", -1.5)],
        GradientNorm = 2,
        LearningRate = 1e-7,
        Tokens = 100,
        TokensPerSecond = 10,
    };

    [Test]
    public void A_line_holds_the_step_in_the_invariant_culture()
    {
        const string Line = """
            {"step":3,"epoch":0.5,"loss":0.25,"rewards/chosen":-1.5,"grad_norm":2,"learning_rate":1E-07,"num_tokens":100,"tokens_per_second":10}
            """;
        Assert.That(Row(3).Line(), Is.EqualTo(Line));
    }

    [Test]
    public void Lines_after_the_checkpoint_and_half_written_ones_are_cut_off()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("steps.jsonl");
        using (StepLog log = StepLog.Open(path, 0))
            for (int step = 1; step <= 5; step++)
                log.Write(Row(step));
        File.AppendAllText(path, "{\"step\":6,");
        using (StepLog log = StepLog.Open(path, 3))
            log.Write(Row(40));
        Assert.That(File.ReadAllLines(path), Is.EqualTo(new[] { Row(1), Row(2), Row(3), Row(40) }.Select(row => row.Line())));
    }

    [TestCase(double.PositiveInfinity), TestCase(double.NaN)]
    public void A_speed_that_is_not_finite_is_0(double speed) =>
        Assert.That((Row(3) with { TokensPerSecond = speed }).Line(), Does.EndWith(",\"tokens_per_second\":0}"));

    [Test]
    public void A_line_can_be_read_as_soon_as_it_is_written_and_the_log_is_closed_with_it()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("steps.jsonl");
        using (StepLog log = StepLog.Open(path, 0))
        {
            log.Write(Row(1));
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            Assert.That(reader.ReadToEnd(), Is.EqualTo(Row(1).Line() + "\n"));
            Assert.That(() => File.OpenWrite(path), Throws.InstanceOf<IOException>(), "one process writes");
        }
        File.OpenWrite(path).Dispose();
    }

    [TestCase(0, 0), TestCase(1, 1), TestCase(2, 2), TestCase(3, 2)]
    public void So_many_lines_are_kept_as_steps_were_done(long steps, int kept)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("steps.jsonl");
        File.WriteAllText(path, "one\ntwo\nthr");
        StepLog.Open(path, steps).Dispose();
        Assert.That(File.ReadAllLines(path), Is.EqualTo(new[] { "one", "two" }[..kept]));
    }
}
