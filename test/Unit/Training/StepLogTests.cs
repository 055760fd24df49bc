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
}
