using NUnit.Framework;
using VerifyTests;
using static VerifyNUnit.Verifier;

namespace Alignment.Tests.Regression.Snapshot;

public sealed class VerifierTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder()
    {
        Assume.That(Environment.GetEnvironmentVariable("ALIGNMENT_ACCEPT"), Is.Null, "every snapshot is being accepted");
        _folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, TestContext.CurrentContext.Test.Name)).FullName;
    }

    [TearDown]
    public void RemoveFolder()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task An_equal_snapshot_passes_and_removes_what_was_received_before()
    {
        File.WriteAllText(Path.Combine(_folder, "a.verified.txt"), "one\ntwo");
        File.WriteAllText(Path.Combine(_folder, "a.received.txt"), "old");
        await Verify("one\r\ntwo", "txt").UseDirectory(_folder).UseFileName("a");
        Assert.That(File.Exists(Path.Combine(_folder, "a.received.txt")), Is.False);
    }

    [Test]
    public void A_different_snapshot_fails_with_the_lines_that_differ_and_leaves_what_was_received()
    {
        File.WriteAllText(Path.Combine(_folder, "b.verified.txt"), "one\ntwo");
        VerifyException thrown = Assert.ThrowsAsync<VerifyException>(() => Verify("one\n2", "txt").UseDirectory(_folder).UseFileName("b").ToTask())!;

        Assert.That(thrown.Message, Does.Contain("NotEqual:").And.Contain("  one\n+ 2\n- two\n"));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "b.received.txt")), Is.EqualTo("one\n2"));
    }

    [Test]
    public async Task A_comparer_may_find_a_different_text_as_good_or_say_what_is_different()
    {
        File.WriteAllText(Path.Combine(_folder, "d.verified.txt"), "1.00");
        File.WriteAllText(Path.Combine(_folder, "e.verified.txt"), "1.00");
        await Verify("1.01", "txt", Settings("d", CompareResult.Equal));
        VerifyException thrown = Assert.ThrowsAsync<VerifyException>(() => Verify("2.00", "txt", Settings("e", CompareResult.NotEqual("one more"))).ToTask())!;
        Assert.That(thrown.Message, Does.Contain("NotEqual:").And.Contain("one more").And.Not.Contain("+ 2.00"));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "d.verified.txt")), Is.EqualTo("1.00"));

        VerifySettings Settings(string name, CompareResult result)
        {
            var settings = new VerifySettings();
            settings.UseDirectory(_folder);
            settings.UseFileName(name);
            settings.UseStringComparer((_, _, _) => Task.FromResult(result));
            return settings;
        }
    }

    [Test]
    public void A_new_snapshot_fails_until_it_is_accepted() =>
        Assert.That(() => Verify("x", "txt").UseDirectory(_folder).UseFileName("c").ToTask(),
            Throws.TypeOf<VerifyException>().With.Message.Contain("New:").And.Message.Contain("Set ALIGNMENT_ACCEPT=1"));
}
