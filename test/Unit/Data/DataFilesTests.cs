using System.Text;
using Alignment.Data;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class DataFilesTests
{
    private const string One = """{"prompt":"p1","chosen":"c [1, 2]","rejected":"r \"}],"}""", Two = """{"prompt":"p2","chosen":["c"],"rejected":"r"}""";

    [TestCase("[" + One + "," + Two + "]")]
    [TestCase("\uFEFF \n[\n  " + One + ",\n  " + Two + "\n]\n")]
    public void A_list_of_rows_is_cut_into_its_items(string text)
    {
        using DataFile file = new(Encoding.UTF8.GetBytes(text), "rows.json"), packed = new(DataFile.Gzip(text.TrimStart('\uFEFF')), "rows.json.gz");
        foreach (DataFile each in new[] { file, packed })
            Assert.That(JsonLines.Read(each.Path).Select(line => (line.Number, Encoding.UTF8.GetString(line.Bytes))), Is.EqualTo(new[] { (1, One), (2, Two) }));
    }

    [Test]
    public void A_list_larger_than_a_block_gives_every_row()
    {
        string[] rows = [.. Enumerable.Range(0, 5000).Select(i => $$"""{"prompt":"{{i}}","chosen":"{{new string('x', i % 60)}}\\","rejected":"]"}""")];
        using DataFile file = new(Encoding.UTF8.GetBytes("[" + string.Join(", ", rows) + "]"), "rows.json");
        Assert.That(JsonLines.Read(file.Path).Select(line => Encoding.UTF8.GetString(line.Bytes)), Is.EqualTo(rows));
    }

    [TestCase("[" + One + ",", "(2): the list of rows does not end; the file is cut")]
    [TestCase("[" + One, "(1): the list of rows does not end; the file is cut")]
    [TestCase("[" + One + "] x", ": something stands behind the end of the list of rows; one list, or one JSON object a line is wanted")]
    public void A_list_that_is_cut_or_followed_by_something_is_refused(string text, string fault)
    {
        using DataFile file = new(Encoding.UTF8.GetBytes(text), "rows.json");
        Assert.That(() => JsonLines.Read(file.Path).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(file.Path + fault));
    }

    [Test]
    public void An_item_that_is_no_JSON_is_a_faulty_row_and_an_empty_list_has_none()
    {
        using DataFile file = new(Encoding.UTF8.GetBytes($"[{One}, nonsense,, {One}]"), "rows.json"), empty = new("[ ]"u8.ToArray(), "rows.json");
        Assert.That(file.Read(PairFormat.Plain, new() { MaxSkipped = 2 }).Report.ToString(), Is.EqualTo("3 rows, 2 kept; left out: 1 not JSON"));
        Assert.That(JsonLines.Read(empty.Path), Is.Empty);
    }

    [TestCase("train.jsonl", "test.jsonl", false)]
    [TestCase("data/train-00000-of-00001.jsonl", "data/validation-00000-of-00001.jsonl", false)]
    [TestCase("train-0.jsonl", "train-1.jsonl", true)]
    [TestCase("latest.jsonl", "training.jsonl", true)]
    [TestCase("TRAIN/a.jsonl", "b_Test.jsonl", false), TestCase("a.train.jsonl", "valid.jsonl", false), TestCase("train.jsonl", "x-val-0.jsonl", false), TestCase("train.jsonl", "dev/a.jsonl", false)]
    [TestCase("train.jsonl", "eval_1.jsonl", false), TestCase("train.jsonl", "devices.jsonl", true), TestCase("dev.jsonl", "test.jsonl", true), TestCase("a_train", "test.jsonl", true)]
    public void A_folder_of_rows_to_train_on_and_others_to_test_with_is_refused(string one, string other, bool read)
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { one, other })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            File.WriteAllText(folder.File(name), One + "\n");
        }
        int found = new[] { one, other }.Count(name => name.EndsWith(".jsonl", StringComparison.Ordinal));
        Assert.That(() => DataFiles.At(folder.Path), read ? Has.Length.EqualTo(found) : Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{folder.Path} holds files of several splits, {one} and {other}: name a file, or those of one split by a pattern such as train*"));
    }

    // of the kinds that a folder holds the first is read
    [TestCase("a.json b.parquet c.jsonl d.jsonl.gz e.JSONL.ZST f.txt", "c.jsonl d.jsonl.gz e.JSONL.ZST"), TestCase("a.json b.Parquet", "b.Parquet"), TestCase("a.json b.json.gz c.json.zst d.gz", "a.json b.json.gz c.json.zst")]
    [TestCase("b/2.jsonl b/10.jsonl a.jsonl", "a.jsonl b/10.jsonl b/2.jsonl")]
    public void A_folder_stands_for_its_files_of_one_kind(string files, string read)
    {
        using var folder = new TemporaryFolder();
        foreach (string name in files.Split(' '))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            File.WriteAllText(folder.File(name), "");
        }
        Assert.That(string.Join(' ', DataFiles.At(folder.Path).Select(file => Path.GetRelativePath(folder.Path, file))), Is.EqualTo(read));
    }

    [Test]
    public void A_path_is_there_where_it_is_a_file_a_folder_or_a_pattern_that_matches()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("part-1.jsonl"), "");
        Assert.That(new[] { "part-1.jsonl", ".", "part-?.jsonl", "*", "part-2.jsonl", "p?.jsonl", "x/*" }.Select(name => DataFiles.Exist(folder.File(name))),
            Is.EqualTo(new[] { true, true, true, true, false, false, false }));
        Assert.That(DataFiles.At(folder.File("part-?.jsonl")), Is.EqualTo(new[] { folder.File("part-1.jsonl") }));
        Assert.That(() => DataFiles.At(folder.File("x/*")), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo($"{folder.File("x/*")}: no file matches; {DataFiles.Kinds}"));
        Assert.That(() => DataFiles.At(folder.File("part-2.jsonl")), Throws.TypeOf<FileNotFoundException>().With.Message.StartsWith($"{folder.File("part-2.jsonl")}: no such file; "));
    }

    [Test]
    public void A_folder_or_a_pattern_stands_for_its_files_in_the_order_of_their_names()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "part-1.jsonl", "part-0.jsonl", "part-2.jsonl.gz", "state.json" })
            File.WriteAllBytes(folder.File(name), name.EndsWith(".gz", StringComparison.Ordinal) ? DataFile.Gzip(One) : Encoding.UTF8.GetBytes(One + "\n"));
        Assert.That(Sources(folder.Path), Is.EqualTo("part-0.jsonl(1) part-1.jsonl(1) part-2.jsonl.gz(1)"), "a folder's other files tell of the data");
        Assert.That(Sources(folder.File("part-*.jsonl")), Is.EqualTo("part-0.jsonl(1) part-1.jsonl(1)"));
        Assert.That(() => Sources(folder.File("nothing-*.jsonl")), Throws.TypeOf<FileNotFoundException>().With.Message.StartsWith($"{folder.File("nothing-*.jsonl")}: no file matches; "));
        string inner = Directory.CreateDirectory(folder.File("empty")).FullName;
        Assert.That(() => Sources(inner), Throws.TypeOf<FileNotFoundException>().With.Message.StartsWith($"{inner}: the folder holds no such file; "));

        static string Sources(string path) => string.Join(' ', PreferenceData.Read(PairFormat.Plain, path, new()).Pairs.Select(pair => pair.Source));
    }
}
