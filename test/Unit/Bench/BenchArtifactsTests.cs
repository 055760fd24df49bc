using System.ComponentModel;
using Alignment.Bench.Tracking;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class BenchArtifactsTests
{
    [Test]
    public void A_page_and_its_figures_are_written_where_there_are_no_artifacts_and_kept_where_there_is_no_git()
    {
        using TemporaryFolder folder = new();
        string clone = folder.File("clone");
        BenchmarkResult result = new() { Id = "Alignment.Bench.Growth.steps(2)", Nanoseconds = [2e7] };
        Assert.That(() => BenchArtifacts.Write(("growth.md", "# How cost grows"), [result], clone, ("growth.svg", "<svg/>")),
            Throws.InvalidOperationException.With.Message.StartsWith("git ").Or.InstanceOf<Win32Exception>()); // the second where git is not installed
        Assert.That(File.ReadAllText(Path.Combine(BenchArtifacts.Folder(clone), "growth.md")), Is.EqualTo("# How cost grows"));
        Assert.That(File.ReadAllText(Path.Combine(BenchArtifacts.Folder(clone), "growth.svg")), Is.EqualTo("<svg/>"));
    }
}
