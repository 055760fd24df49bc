using System.ComponentModel;
using Alignment.Bench;
using Alignment.Bench.Tracking;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class BenchPagesTests
{
    [Test]
    public void A_page_and_its_figures_are_written_into_a_clone_without_artifacts_and_kept_where_there_is_no_git()
    {
        using TemporaryFolder clone = new();
        BenchmarkResult result = new() { Id = "Alignment.Bench.Growth.steps(2)", Nanoseconds = [2e7] };
        Assert.That(() => BenchPages.Write("growth.md", "# How cost grows", [result], clone.File("clone"), ("growth.svg", "<svg/>")),
            Throws.InvalidOperationException.With.Message.StartsWith("git ").Or.InstanceOf<Win32Exception>()); // the second where git is not installed
        string artifacts = Path.Combine(clone.File("clone"), "artifacts", "bench");
        Assert.That(File.ReadAllText(Path.Combine(artifacts, "growth.md")), Is.EqualTo("# How cost grows"));
        Assert.That(File.ReadAllText(Path.Combine(artifacts, "growth.svg")), Is.EqualTo("<svg/>"));
    }
}
