using Alignment.Bench.Comparing;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class CompareOptionsTests
{
    [Test]
    public void A_command_line_sets_what_it_names_and_leaves_the_rest()
    {
        CompareOptions options = CompareOptions.Parse(["--against", "main", "--filter", "*LogProb*", "*Loss*", "--rounds", "3", "--threshold", "7.5%"]);
        Assert.That((options.Against, options.Rounds, options.Iterations, options.Judge.Threshold), Is.EqualTo(("main", 3, 4, 0.075)));
        Assert.That(options.Filters, Is.EqualTo(new[] { "*LogProb*", "*Loss*" }));
        Assert.That(CompareOptions.Parse(["--against", "main"]).Filters, Is.EqualTo(new[] { "*" }));
    }

    [Test]
    public void All_faults_are_named_at_once() =>
        Assert.That(() => CompareOptions.Parse(["--rounds", "1", "--iterations", "many", "--fast"]), Throws.ArgumentException.With.Message.EqualTo(
            "--rounds must be a number >= 2, was 1; --iterations must be a number >= 1, was many; --fast is no option; --against needs a revision to compare with"));
}
