using System.Text.Json;
using Alignment.Bench.Inputs;
using Alignment.Bench.Peers;
using Alignment.Bench.Tracking;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class PeerProcessTests
{
    [Test]
    public void An_interpreter_that_is_not_there_is_named_with_what_to_install() =>
        Assert.That(() => new PeerProcess("no-such-python", "peer.py", ".", 2), Throws.InvalidOperationException.With.Message.EqualTo(
            "BenchPeers needs a Python with torch, and no-such-python is none: it cannot be started; "
            + "install it (Debian: python3-torch and libopenblas0-pthread) or name another with -p:Python="));

    // the script of a peer in sh, which gets folder and threads as peer.py does
    [TestCase("""echo '{"refused": "no torch here"}'""", "BenchPeers needs a Python with torch, and /bin/sh is none: no torch here; ")]
    [TestCase("exit 3", "/bin/sh ended with exit code 3; what it said stands above")]
    [TestCase("echo Hello", "the peer's line is not understood")]
    public void One_that_cannot_work_is_told_in_a_sentence(string script, string message)
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => new PeerProcess("/bin/sh", Script(folder, script), folder.Path, 2), Throws.InvalidOperationException.With.Message.StartsWith(message));
    }

    [Test]
    public void One_that_works_is_asked_line_by_line()
    {
        using var folder = new TemporaryFolder();
        using var peer = new PeerProcess("/bin/sh", Script(folder, """
            echo "{\"torch\": \"9.9\", \"blas\": \"$1\", \"threads\": $2, \"attention\": \"$OMP_NUM_THREADS\", \"adamW\": \"none\"}"
            while read line; do echo '{"seconds": 0.25, "numbers": {"loss": [1, 2]}, "responses": [[3]]}'; done
            """), folder.Path, 3);
        Assert.That(peer.Facts, Is.EqualTo(new PeerFacts { Torch = "9.9", Blas = folder.Path, Threads = 3, Attention = "3", AdamW = "none" }));
        for (int i = 0; i < 2; i++)
        {
            PeerAnswer answer = peer.Ask();
            Assert.That((answer.Seconds, answer.Numbers["loss"], answer.Responses[0]), Is.EqualTo((0.25, new[] { 1.0, 2 }, new[] { 3 })));
        }
    }

    [Test]
    public void The_page_tells_who_computed_and_the_ratios_round_by_round()
    {
        var facts = new PeerFacts { Torch = "9.9", Blas = "/lib/libopenblas.so.0", Threads = 2, Attention = "matmul and softmax", AdamW = "fused" };
        PeerRow row = new("Steps(hh-256)", facts, [0.1, 0.2, 0.4], [0.2, 0.4, 0.8], [0.4, 0.8, 1.2]);
        string page = TablePadding.Without(PeerTable.Markdown([row], "a machine, 2 threads each"));
        Assert.That(page, Does.Contain("Python: torch 9.9, 2 threads, BLAS /lib/libopenblas.so.0; attention: matmul and softmax; AdamW: fused."));
        Assert.That(page, Does.Contain("By turns on a machine, 2 threads each, 3 rounds"));
        Assert.That(page, Does.Contain("| Steps(hh-256) | 200.00 [150.00, 300.00] | 400.00 [300.00, 600.00] | 800.00 [600.00, 1000.00] | 4.00 [3.50, 4.00] | 2.00 [2.00, 2.00] | 2.00 [1.75, 2.00] |"));
        BenchmarkResult tracked = PeerTable.Results([row]).Single();
        Assert.That((tracked.Id, tracked.Nanoseconds), Is.EqualTo(("Alignment.Bench.Peers.Steps(hh-256)", new[] { 1e8, 2e8, 4e8 })));
    }

    [Test]
    public void The_ids_that_are_tracked_do_not_change() => Assert.That(PeerBench.Ids, Is.EqualTo(new[]
    {
        "Steps(hh-256)", "Steps(hh-128)", "Steps(equal-128)", "Pass(hh-256)", "Pass(equal-128)", "Generation(8 prompts)", "Generation(32 prompts)",
    }));

    [Test]
    public void A_filter_that_matches_nothing_is_told_what_there_is() =>
        Assert.That(() => new PeerBench("no-such-python", 1, 1).Measure("peer.py", ["*Loss*"]),
            Throws.InvalidOperationException.With.Message.StartsWith("no peer's work matches *Loss*; there are Steps(hh-256), "));

    [Test]
    public void What_a_peer_reads_is_the_model_and_the_same_draws_as_the_samplers()
    {
        using var folder = new TemporaryFolder();
        using var work = new GenerationWork(new PromptSet(2));
        work.Write(folder.Path);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Path, "work.json")));
        Assert.That(json.RootElement.GetProperty("kind").GetString(), Is.EqualTo("generation"));
        Assert.That(json.RootElement.GetProperty("prompts").GetArrayLength(), Is.EqualTo(2));
        Assert.That(json.RootElement.GetProperty("draws")[1].GetArrayLength(), Is.EqualTo(PromptSet.NewTokens));
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.SupersetOf(new[] { "config.json", "model.safetensors" }));
    }

    private static string Script(TemporaryFolder folder, string text)
    {
        string path = Path.Combine(folder.Path, "peer.sh");
        File.WriteAllText(path, text + "\n");
        return path;
    }
}
