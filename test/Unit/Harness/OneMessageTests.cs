using Alignment.Harness;
using NUnit.Framework;
using NUnit.Framework.Interfaces;

namespace Alignment.Tests.Unit.Harness;

public class OneMessageTests
{
    [Test]
    public void What_cannot_start_fails_once_without_a_stack_trace_and_the_other_tests_are_skipped()
    {
        var failures = new OneMessage("the sweep did not start");
        Assert.That(failures.Start(() => throw new InvalidDataException("pairs.jsonl(3): empty response")), Is.False);
        ToldFailure told = Assert.Throws<ToldFailure>(() => failures.Run("first", Assert.Fail))!;
        Assert.That((told.Message, told.StackTrace, told.ResultState), Is.EqualTo(("pairs.jsonl(3): empty response", (string?)null, ResultState.Failure)));
        foreach (string name in new[] { "second", "third" })
            Assert.That(() => failures.Run(name, Assert.Fail), Throws.TypeOf<IgnoreException>().With.Message.EqualTo("the sweep did not start"));
    }

    [Test]
    public void A_cause_that_several_tests_meet_is_told_by_the_first()
    {
        var failures = new OneMessage("");
        Assert.That(failures.Start(() => { }), Is.True);
        Assert.That(() => failures.Run("first", () => throw new IOException("disk full")), Throws.TypeOf<ToldFailure>());
        Assert.That(() => failures.Run("second", () => throw new IOException("disk full")),
            Throws.TypeOf<IgnoreException>().With.Message.EqualTo("not run: first has failed, and this needs it"));
        Assert.That(() => failures.Run("third", () => throw new IOException("another")), Throws.TypeOf<ToldFailure>());
        Assert.That(() => failures.Run("fourth", () => { }), Throws.Nothing);
    }

    [Test]
    public void A_failure_that_does_not_explain_itself_keeps_its_stack_trace()
    {
        var failures = new OneMessage("");
        Assert.That(() => failures.Start(() => throw new KeyNotFoundException()), Throws.TypeOf<KeyNotFoundException>());
        Assert.That(() => failures.Run("first", () => throw new KeyNotFoundException()), Throws.TypeOf<KeyNotFoundException>());
    }
}
