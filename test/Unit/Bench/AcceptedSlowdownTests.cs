using System.Text.RegularExpressions;
using Alignment.Bench.Comparing;
using Alignment.Bench.Tracking;
using Alignment.Tests.Unit.Layering;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

/// <summary>accepted.json.</summary>
public partial class AcceptedSlowdownTests
{
    private static readonly string[] s_ids = ["Bench.Loss.Dpo(Size: 8 pairs)", "Bench.Step.Dpo"];

    // BenchCompare itself checks the ids; here they are read from the benchmarks' text
    [Test]
    public void The_committed_list_names_benchmarks_that_there_are()
    {
        string bench = Path.Combine(SourceTree.Root, "../../bench"), path = Path.Combine(bench, "accepted.json");
        string[] ids = [.. Directory.EnumerateFiles(Path.Combine(bench, "Benchmarks"), "*.cs").SelectMany(file =>
            TrackedMethod().Matches(File.ReadAllText(file)).Select(method => $"Alignment.Bench.{Path.GetFileNameWithoutExtension(file)}.{method.Groups[1].Value}(Size: any)"))];
        Assert.That(ids, Has.Some.EqualTo("Alignment.Bench.LossBench.Dpo(Size: any)").And.None.Contains("LossBench.Plain"));
        Assert.That(AcceptedSlowdown.Load(path, ids), Is.Not.Empty);
        Assert.That(AcceptedSlowdown.Load(path + "x", ids), Is.Empty);
        string repository = Path.GetFullPath(Path.Combine(bench, ".."));
        if (Path.Exists(Path.Combine(repository, ".git")) && Git.Run(repository, "rev-parse", "--is-shallow-repository") == "false")
            Assert.That(() => AcceptedFile.Against(Git.Commit(repository, "HEAD"), repository, ids), Is.Empty, "against this very revision nothing is accepted");
    }

    [Test]
    public void An_entry_has_a_glob_a_commit_a_ratio_and_a_reason()
    {
        AcceptedSlowdown entry = AcceptedSlowdown.Parse("""{ "slower": [{ "benchmarks": "*.Loss.*", "since": "abc", "ratio": 1.5, "reason": "It is simpler." }] }""", "a.json", s_ids).Single();
        Assert.That(entry, Is.EqualTo(new AcceptedSlowdown("*.Loss.*", "abc", 1.5, "It is simpler.")));
        Assert.That(s_ids.Select(entry.Matches), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void All_faults_are_told_at_once_each_with_its_line()
    {
        const string Text = """
            { "slower": [
              { "benchmarks": "*.Gone.*", "since": "abc", "ratio": 1.5, "reason": "It is simpler." },
              { "benchmarks": "*.Step.*", "since": "abc", "ratio": 1, "reason": "" },
              { "benchmarks": "*.Step.*", "ratio": 2, "reason": "…" }
            ] }
            """;
        Assert.That(() => AcceptedSlowdown.Parse(Text, "/some/accepted.json", s_ids), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(string.Join('\n',
            "accepted.json(2): $.slower[0].benchmarks matches no benchmark, was \"*.Gone.*\": take the entry away, or write it as -p:Filter is written",
            "accepted.json(3): $.slower[1].ratio must be a number > 1, was 1",
            "accepted.json(3): $.slower[1].reason must be a string that is not empty, was \"\"",
            "accepted.json(4): $.slower[2] \"since\" is missing; it must be a string",
            "accepted.json(4): $.slower[2].reason must say why, was \"…\"")));
    }

    [Test]
    public void An_entry_holds_against_baselines_older_than_its_commit()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("bench"));
        try
        {
            Git.Run(folder.Path, "init", "--quiet");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("git is not installed");
        }
        string[] commits = [.. new[] { "fast", "slow", "later" }.Select(Commit)];
        Git.Run(folder.Path, "checkout", "--quiet", "-b", "side", commits[0]);
        string side = Commit("side");
        Accept(commits[1][..10]);

        Assert.That(Held(commits[0]), Is.EqualTo(1));
        Assert.That(Held(commits[1]), Is.Zero, "it is slow already");
        Assert.That(Held(commits[2]), Is.Zero);
        Assert.That(Held(side), Is.Zero, "not an ancestor");
        Accept("nowhere");
        Assert.That(() => Held(commits[0]), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "accepted.json: \"since\" of * must be a commit of this repository, was nowhere (a shallow clone lacks old ones)"));

        int Held(string baseline) => AcceptedFile.Against(baseline, folder.Path, s_ids).Count;

        void Accept(string since) => File.WriteAllText(folder.File("bench/accepted.json"),
            $$"""{ "slower": [{ "benchmarks": "*", "since": "{{since}}", "ratio": 1.5, "reason": "It is simpler." }] }""");

        string Commit(string name)
        {
            Git.Run(folder.Path, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--allow-empty", "-m", name);
            return Git.Commit(folder.Path, "HEAD");
        }
    }

    [GeneratedRegex(@"\[Benchmark[,\]][^\r\n]*\r?\n\s*public \w+ (\w+)\(")]
    private static partial Regex TrackedMethod();
}
