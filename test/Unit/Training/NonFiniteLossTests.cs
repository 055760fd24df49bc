using Alignment.Models;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class NonFiniteLossTests
{
    [Test]
    public void A_loss_that_is_not_a_number_stops_the_run_and_names_step_rows_and_last_finite_values()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = Micro.Model();
        var run = new TrainingRun { Folder = folder.Path, Progress = new Immediate<TrainingProgress>(told => Spoil(model, told.Step == 2)) };
        var trainer = new Trainer(model, new SftGoal(Micro.Pairs(6)), Micro.Settings(batchSize: 3), run);
        NonFiniteLossException stopped = Assert.Throws<NonFiniteLossException>(() => trainer.Train())!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(stopped.Step, Is.EqualTo(3));
            Assert.That(stopped.Sources, Has.Count.EqualTo(3).And.All.StartsWith("pairs.jsonl:"));
            Assert.That(stopped.Message, Does.StartWith("SFT step 3: the loss is NaN; last finite values: step 2, loss "));
            Assert.That(stopped.Message, Does.EndWith($"; rows of the batch: {string.Join(", ", stopped.Sources)}"));
        }
    }

    [Test]
    public void The_message_is_complete()
    {
        var last = new StepRow { Step = 6, Epoch = 0.5, Loss = 0.25, Means = [], GradientNorm = 1.5, LearningRate = 1e-3, Tokens = 10, TokensPerSecond = 1 };
        Assert.That(new NonFiniteLossException("gradient norm is NaN", "DPO", 7, ["a:1", "a:9"], last).Message, Is.EqualTo(
            "DPO step 7: the gradient norm is NaN; last finite values: step 6, loss 0.25, grad_norm 1.5, learning_rate 0.001; rows of the batch: a:1, a:9"));
        Assert.That(new NonFiniteLossException("loss is NaN", "DPO", 1, ["a:1"], null).Message, Is.EqualTo(
            "DPO step 1: the loss is NaN; no step was finite before; rows of the batch: a:1"));
    }

    private static void Spoil(Decoder model, bool now)
    {
        using IDisposable noGrad = no_grad();
        if (now)
            model.Head.mul_(double.NaN);
    }
}
