using System.Diagnostics;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Files;

public sealed class LeftoversTests
{
    private string _folder = "";

    [SetUp]
    public void NewFolderEachTime() => _folder = Directory.CreateTempSubdirectory("leftovers").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_partial_file_of_a_process_that_died_goes_at_once_and_no_other_file_does()
    {
        string left = Write($"deep/sweep.json.{AtomicFile.Machine}.{Dead()}.part");
        string[] others = [Write("sweep.json"), Write("deep/part"), Write("notes.partial")];
        Assert.That(Leftovers.Remove(_folder, TimeProvider.System), Is.EqualTo(new[] { left }));
        Assert.That(left, Does.Not.Exist);
        Assert.That(others, Has.All.Exist);
    }

    [Test]
    public void One_of_a_living_process_or_of_another_machine_goes_when_it_is_old()
    {
        string[] young = [Write($"a.{AtomicFile.Machine}.{Environment.ProcessId}.part"), Write($"b.elsewhere.{Dead()}.part"), Write("c.part")];
        Assert.That(Leftovers.Remove(_folder, TimeProvider.System), Is.Empty);
        foreach (string path in young)
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.That(Leftovers.Remove(_folder, TimeProvider.System), Is.EquivalentTo(young));
    }

    [Test]
    public void One_that_is_being_written_stays_however_old_it_is() => AtomicFile.Write(Path.Combine(_folder, "slow"), file =>
    {
        string part = Directory.EnumerateFiles(_folder).Single();
        File.SetLastWriteTimeUtc(part, DateTime.UnixEpoch);
        Assert.That(Leftovers.Remove(_folder, TimeProvider.System), Is.Empty);
        Assert.That(part, Does.Exist);
    });

    [Test]
    public void In_a_folder_of_ones_own_all_partial_files_and_folders_go()
    {
        string[] left = [Write("model.1.partial/model.safetensors"), Write("training/checkpoint-00000002.partial/state.json"), Write("samples.jsonl.host.1.part")];
        string kept = Write("training/steps.jsonl");
        Leftovers.RemoveAll(_folder);
        Assert.That(left, Has.None.Exist);
        Assert.That(Path.Combine(_folder, "model.1.partial"), Does.Not.Exist);
        Assert.That(kept, Does.Exist);
    }

    [Test]
    public void A_folder_that_is_not_there_holds_nothing()
    {
        Assert.That(Leftovers.Remove(Path.Combine(_folder, "none"), TimeProvider.System), Is.Empty);
        Assert.That(() => Leftovers.RemoveAll(Path.Combine(_folder, "none")), Throws.Nothing);
    }

    private string Write(string name)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "half");
        return path;
    }

    private static int Dead()
    {
        using Process process = Process.Start("true");
        process.WaitForExit();
        return process.Id;
    }
}
