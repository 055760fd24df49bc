using System.Runtime.CompilerServices;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Fuzz;

/// <summary>
/// What fuzzing found, once more: Corpus/READER holds the files that reach the reader's code between them, Found/READER what it once did not stand.
/// <c>-t:Fuzz</c> goes on from there.
/// </summary>
internal sealed class CorpusTests
{
    private static IEnumerable<FuzzReader> Readers => FuzzReaders.All;

    private static IEnumerable<TestCaseData> Named => Readers.Select(reader => new TestCaseData(reader).SetArgDisplayNames(reader.Name));

    [TestCaseSource(nameof(Named))]
    public void Every_file_of_the_corpus_is_read_or_refused_in_words(FuzzReader reader)
    {
        string[] files = [.. Files("Corpus", reader), .. Files("Found", reader)];
        using var folder = new TemporaryFolder();
        reader.Prepare(folder.Path);
        string[] faults = [.. files.Select(file => (file, Fault: Fault(reader, folder.Path, file))).Where(read => read.Fault != null).Select(read => $"{read.file}: {read.Fault}")];
        Assert.That(files, Is.Not.Empty, "a reader without a corpus is not fuzzed");
        Assert.That(faults, Is.Empty, string.Join('\n', faults));
    }

    [Test]
    public void Every_folder_of_the_corpus_is_a_readers() => Assert.That(
        Directory.GetDirectories(Folder("Corpus")).Concat(Directory.GetDirectories(Folder("Found"))).Select(Path.GetFileName).Distinct(),
        Is.SubsetOf(Readers.Select(reader => reader.Name)));

    [Test]
    public void Every_reader_is_fuzzed_every_night() =>
        Assert.That(File.ReadAllText(Path.Combine(Folder(""), "../../../.github/workflows/nightly.yml")),
            Does.Contain($"reader: [{string.Join(", ", Readers.Select(reader => reader.Name))}]"));

    // a reader that hangs is named, the run does not hang with it
    private static string? Fault(FuzzReader reader, string folder, string file)
    {
        var reading = Task.Run(() => reader.Fault(folder, File.ReadAllBytes(file)));
        return reading.Wait(TimeSpan.FromSeconds(20)) ? reading.Result : "is still being read after 20 s";
    }

    private static string[] Files(string kind, FuzzReader reader) =>
        Path.Combine(Folder(kind), reader.Name) is var folder && Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)] : [];

    private static string Folder(string kind, [CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, kind);
}
