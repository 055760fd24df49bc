using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Files;

public sealed class FileHashesTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("file-hashes").FullName;

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    private string Kept => Path.Combine(_root, "kept");

    // as seen a day later: nothing was changed lately
    private FileHashes Hashes() => new(Kept, new Later(), _ => { });

    [Test]
    public void Every_byte_counts()
    {
        byte[] bytes = [.. Enumerable.Range(0, 40_000_000).Select(i => (byte)(i * 7))]; // three chunks
        string whole = Digits("whole", bytes);
        foreach (int at in new[] { 0, 1_048_576, 16_777_215, 16_777_216, 20_000_000, 39_999_999 })
        {
            bytes[at]++;
            Assert.That(Digits($"changed {at}", bytes), Is.Not.EqualTo(whole), $"byte {at}");
            bytes[at]--;
        }

        Assert.That(Digits("again", bytes), Is.EqualTo(whole));
        Assert.That(Digits("longer", [.. bytes, 0]), Is.Not.EqualTo(whole));
        Assert.That(Digits("empty", []), Is.Not.EqualTo(Digits("zero", [0])));
    }

    [Test]
    public void Digits_are_kept_and_taken_from_there()
    {
        string path = Write("kept once", [1, 2, 3]);
        string digits = Hashes().Of(path);
        string file = Directory.EnumerateFiles(Kept).Single(kept => File.ReadAllText(kept).Contains("kept once", StringComparison.Ordinal));
        File.WriteAllText(file, File.ReadAllText(file).Replace(digits, "from the file", StringComparison.Ordinal));
        Assert.That(Hashes().Of(path), Is.EqualTo("from the file"));
        File.WriteAllText(file, "{ damaged");
        Assert.That(Hashes().Of(path), Is.EqualTo(digits));
    }

    [Test]
    public void Kept_digits_are_not_believed_when_the_content_was_written_over_and_its_time_put_back()
    {
        string path = Write("put back", [1, 2, 3]);
        DateTime time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        FileStamp before = FileStamp.Of(path);
        string digits = Hashes().Of(path);
        while (FileStamp.Of(path).Changed == before.Changed) // the kernel's clock ticks every few milliseconds
        {
            using (FileStream file = File.OpenWrite(path))
                file.WriteByte(9);
            File.SetLastWriteTimeUtc(path, time);
        }

        Assert.That(FileStamp.Of(path) with { Changed = before.Changed }, Is.EqualTo(before));
        Assert.That(Hashes().Of(path), Is.Not.EqualTo(digits));
    }

    [Test]
    public void Kept_digits_are_not_believed_of_a_file_that_another_replaced()
    {
        string path = Write("replaced", [1, 2, 3]), other = Write("other", [3, 2, 1]);
        string digits = Hashes().Of(path);
        File.SetLastWriteTimeUtc(other, File.GetLastWriteTimeUtc(path));
        File.Move(other, path, overwrite: true);
        Assert.That(Hashes().Of(path), Is.Not.EqualTo(digits));
    }

    [Test]
    public void Digits_of_a_file_that_was_changed_just_now_are_not_kept()
    {
        string path = Write("just now", [1, 2, 3]);
        new FileHashes(Path.Combine(_root, "now"), TimeProvider.System, _ => { }).Of(path);
        Assert.That(Path.Combine(_root, "now"), Does.Not.Exist);
    }

    [Test]
    public void A_file_that_is_not_there_is_named() =>
        Assert.That(() => Hashes().Of(Path.Combine(_root, "none")), Throws.TypeOf<IOException>().With.Message.Match("/none: No such file or directory$"));

    private string Digits(string name, byte[] bytes) => Hashes().Of(Write(name, bytes));

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_root, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(1);
    }
}
