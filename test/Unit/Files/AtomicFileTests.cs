using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Files;

public sealed class AtomicFileTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomic-file").FullName;

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Text_is_written_without_a_byte_order_mark()
    {
        string path = Path.Combine(_folder, "text");
        AtomicFile.WriteText(path, "β\n");
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(new byte[] { 0xce, 0xb2, 0x0a }));
    }

    [Test]
    public void A_write_that_fails_leaves_the_old_content_and_nothing_beside_it()
    {
        string path = Path.Combine(_folder, "kept");
        AtomicFile.WriteText(path, "old");
        Assert.That(() => AtomicFile.Write(path, file =>
        {
            file.WriteByte(1);
            throw new IOException("disk full");
        }), Throws.TypeOf<IOException>());
        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        Assert.That(Directory.EnumerateFiles(_folder, "kept*").Count(), Is.EqualTo(1));
    }
}
