using System.Text.Json.Nodes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What is taken from the sweeps beside one.</summary>
public sealed class OtherSweepsTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Begin() => _folder = new();

    [TearDown]
    public void End() => _folder.Dispose();

    [Test]
    public void A_model_is_that_of_the_first_sweep_that_has_it_and_replaces_what_a_killed_process_left()
    {
        var others = new OtherSweeps(_folder.File("mine"));
        Write("mine/weights/a/model", "mine");
        Write("mine/taken/old/part", "half");
        Assert.That(others.TakeFolder("weights/a", "weights-a", _folder.File("mine/taken")), Is.Null, "nobody else has it");
        Assert.That(_folder.File("mine/taken/old/part"), Does.Exist);
        Write("c/weights/a/model", "third");
        Write("b/weights/a/model", "second");
        Directory.CreateDirectory(_folder.File("a"));
        Assert.That(others.TakeFolder("weights/a", "weights-a", _folder.File("mine/taken")), Is.EqualTo("b"));
        Assert.That(Directory.GetFileSystemEntries(_folder.File("mine/taken")), Is.EqualTo(new[] { _folder.File("mine/taken/model") }));
        Assert.That(File.ReadAllText(_folder.File("mine/taken/model")), Is.EqualTo("second"));
        using RunLock held = RunLock.TryTake(_folder.File("b/locks/weights-a.lock"), TimeProvider.System)!;
        Assert.That(others.TakeFolder("weights/a", "weights-a", _folder.File("mine/next")), Is.EqualTo("c"), "a process works on that of b");
    }

    [Test]
    public void A_file_is_copied_where_it_is_not_there_yet_as_far_as_it_is_written()
    {
        var others = new OtherSweeps(_folder.File("mine"));
        Assert.That(others.TakeFile("responses/a.jsonl"), Is.Null);
        Write("c/responses/a.jsonl", "third");
        Write("b/responses/a.jsonl", "second");
        using (new FileStream(_folder.File("b/responses/a.jsonl"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            Assert.That(others.TakeFile("responses/a.jsonl"), Is.EqualTo("b"));
        Assert.That(File.ReadAllText(_folder.File("mine/responses/a.jsonl")), Is.EqualTo("second"));
        Write("b/responses/a.jsonl", "more");
        Assert.That(others.TakeFile("responses/a.jsonl"), Is.Null);
        Assert.That(File.ReadAllText(_folder.File("mine/responses/a.jsonl")), Is.EqualTo("second"));
        Assert.That(new OtherSweeps("alone").TakeFile("responses/a.jsonl"), Is.Null, "nothing is beside it");
    }

    [Test]
    public void Adapters_get_another_base_and_keep_what_else_is_said_of_them()
    {
        Write("adapter/adapter_config.json", "{\"r\":8,\"base_model_name_or_path\":\"/old\"}");
        OtherSweeps.Rebase(_folder.File("adapter"), "/new");
        string text = File.ReadAllText(_folder.File("adapter/adapter_config.json"));
        JsonNode config = JsonNode.Parse(text)!;
        Assert.That(((int)config["r"]!, (string?)config["base_model_name_or_path"]), Is.EqualTo((8, "/new")));
        Assert.That(text, Does.StartWith("{\n  \"r\": 8,").And.EndsWith("\n}\n"), "as transformers writes it");
        Write("whole/config.json", "{}");
        OtherSweeps.Rebase(_folder.File("whole"), "/new");
        Assert.That(Directory.GetFiles(_folder.File("whole")), Has.Length.EqualTo(1));
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.WriteAllText(_folder.File(name), text);
    }
}
