using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Failures that are kept, and faults that are gathered.</summary>
public class KnownFailuresTests
{
    [Test]
    public void What_would_fail_again_is_tried_once_and_anything_else_each_time()
    {
        var failures = new KnownFailures();
        int tried = 0;
        int Fails(string what, Exception e) => failures.Try<int>(what, _ => what == "certain", () =>
        {
            tried++;
            throw e;
        });
        foreach (int _ in new[] { 1, 2 })
            Assert.That(() => Fails("certain", new IOException("gone")), Throws.TypeOf<IOException>().With.Message.EqualTo("gone"));
        Assert.That(tried, Is.EqualTo(1));
        Assert.That(() => failures.Throw("certain"), Throws.TypeOf<IOException>());
        foreach (int _ in new[] { 1, 2 })
            Assert.That(() => Fails("perhaps", new IOException()), Throws.TypeOf<IOException>());
        Assert.That(tried, Is.EqualTo(3));
        Assert.That(failures.Try("other", _ => true, () => 5), Is.EqualTo(5));
        Assert.That(() => failures.Throw("other"), Throws.Nothing);
        foreach (int _ in new[] { 1, 2 })
            Assert.That(() => failures.Try<int>("certain too", _ => true, () =>
            {
                tried++;
                throw new OperationCanceledException();
            }), Throws.TypeOf<OperationCanceledException>());
        Assert.That(tried, Is.EqualTo(5), "who was asked to stop may be asked again");
    }

    [Test]
    public void Faults_are_told_all_at_once_and_each_once()
    {
        var faults = new SweepFaults();
        Assert.That(faults.Throw, Throws.Nothing);
        Assert.That(faults.Try(() => "read"), Is.EqualTo("read"));
        foreach (Exception e in new Exception[] { new RecipeException(["a", "b"]), new InvalidDataException("c"), new IOException("a"), new UnauthorizedAccessException("d"), new ArgumentException("e"), new FormatException("f") })
            Assert.That(faults.Try<string>(() => throw e), Is.Null);
        faults.Try(() => throw new InvalidDataException("g"));
        Assert.That(faults.All, Is.EqualTo(new[] { "a", "b", "c", "d", "e", "f", "g" }));
        Assert.That(() => faults.Try<string>(() => throw new NotSupportedException()), Throws.TypeOf<NotSupportedException>(), "it explains nothing");
        Assert.That(faults.Throw, Throws.TypeOf<RecipeException>().With.Property(nameof(RecipeException.Faults)).EqualTo(faults.All));
    }

    [Test]
    public void Of_two_things_both_are_read_before_either_ones_fault_is_told()
    {
        Assert.That(SweepFaults.Both(() => "a", () => "b"), Is.EqualTo(("a", "b")));
        Assert.That(() => SweepFaults.Both<string, string>(() => throw new IOException("one"), () => throw new IOException("two")),
            Throws.TypeOf<RecipeException>().With.Property(nameof(RecipeException.Faults)).EqualTo(new[] { "one", "two" }));
    }
}
