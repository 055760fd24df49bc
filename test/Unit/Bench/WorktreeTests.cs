using Alignment.Bench.Comparing;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class WorktreeTests
{
    private TemporaryFolder _folder = null!;
    private string _repository = null!;

    private string Place => _folder.File("tree");

    [SetUp]
    public void MakeRepository()
    {
        _folder = new TemporaryFolder();
        _repository = _folder.File("repository");
        Directory.CreateDirectory(_repository);
        try
        {
            Git.Run(_repository, "init", "--quiet");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("git is not installed");
        }
        File.WriteAllText(Path.Combine(_repository, "file"), "first");
        Git.Run(_repository, "add", "file");
        Git.Run(_repository, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "first");
        File.WriteAllText(Path.Combine(_repository, "file"), "second");
    }

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void A_worktree_holds_the_revision_while_the_working_tree_keeps_its_changes()
    {
        using Worktree worktree = Worktree.Open(_repository, "HEAD", Place);
        Assert.That(File.ReadAllText(Path.Combine(worktree.Folder, "file")), Is.EqualTo("first"));
        Assert.That(File.ReadAllText(Path.Combine(_repository, "file")), Is.EqualTo("second"));
        Assert.That(Git.Revision(_repository), Is.EqualTo(worktree.Commit + "-dirty"));
    }

    [Test]
    public void It_is_gone_after_a_failure()
    {
        Assert.That(() =>
        {
            using Worktree worktree = Worktree.Open(_repository, "HEAD", Place);
            throw new InvalidOperationException("the build failed");
        }, Throws.InvalidOperationException);
        Assert.That(Directory.Exists(Place), Is.False);
        Assert.That(Git.Run(_repository, "worktree", "list").Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    public void What_a_killed_process_left_is_replaced()
    {
        Git.Run(_repository, "worktree", "add", "--detach", Place, "HEAD");
        using Worktree worktree = Worktree.Open(_repository, "HEAD", Place);
        Assert.That(File.Exists(Path.Combine(worktree.Folder, "file")));
    }

    [Test]
    public void An_unknown_revision_is_an_error_with_its_name_and_leaves_nothing()
    {
        Assert.That(() => Worktree.Open(_repository, "nowhere", Place), Throws.InvalidOperationException.With.Message.Contains("nowhere^{commit}"));
        Assert.That(Directory.Exists(Place), Is.False);
    }
}
