using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

public class SweepFaultsTests
{
    private static readonly Exception[] s_explained =
    [
        new RecipeException(["a recipe"]), new InvalidDataException("a file"), new IOException("a disk"), new FileNotFoundException("no file"), new UnauthorizedAccessException("a right"),
        new ArgumentException("an argument"), new FormatException("a number"),
    ];

    [Test]
    public void What_explains_itself_is_collected_once_and_told_together([Values] bool together)
    {
        var faults = new SweepFaults();
        Assert.That(faults.Throw, Throws.Nothing);
        foreach (Exception e in s_explained.Concat(s_explained))
            Assert.That(faults.Try<string>(() => throw e), Is.Null);
        faults.Try(() => throw new RecipeException(["one", "two", "a disk"]));
        Assert.That(faults.Try(() => "read"), Is.EqualTo("read"));
        Assert.That(faults.All, Is.EqualTo(s_explained.Select(e => e.Message).Concat(["one", "two"])));
        if (together)
            Assert.That(faults.Throw, Throws.TypeOf<RecipeException>().With.Message.Contains("a recipe").And.Message.Contains("two"));
        Assert.That(() => faults.Try(() => throw new InvalidOperationException("a bug")), Throws.InvalidOperationException, "anything else is no fault of the user's");
    }

    [Test]
    public void Of_two_that_are_read_both_say_what_is_wrong()
    {
        Assert.That(SweepFaults.Both(() => "a", () => "b"), Is.EqualTo(("a", "b")));
        Assert.That(() => SweepFaults.Both<string, string>(() => throw new IOException("first"), () => throw new IOException("second")), Throws.TypeOf<RecipeException>().With.Message.EqualTo("first\nsecond"));
        Assert.That(() => SweepFaults.Both<string, string>(() => "a", () => throw new IOException("second")), Throws.TypeOf<RecipeException>().With.Message.EqualTo("second"));
    }
}
