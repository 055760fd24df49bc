using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Alignment.Checkpoints.Torch;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;
using TorchSharp;
using static Alignment.Tests.Unit.Checkpoints.Torch.TorchZip;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Checkpoints.Torch;

public class TorchArchiveTests
{
    private static readonly byte[] s_numbers = [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((float)i))];
    private SafetensorsBytes _files = null!;

    [SetUp]
    public void NewFolder() => _files = new();

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [TestCase(new[] { 2, 3 }, new[] { 3, 1 }, 0, new float[] { 0, 1, 2, 3, 4, 5 })]
    [TestCase(new[] { 3, 2 }, new[] { 1, 3 }, 0, new float[] { 0, 3, 1, 4, 2, 5 }, Description = "transposed")]
    [TestCase(new[] { 2 }, new[] { 2 }, 1, new float[] { 1, 3 }, Description = "a column of a view")]
    [TestCase(new int[0], new int[0], 5, new float[] { 5 }, Description = "a scalar")]
    [TestCase(new[] { 0, 3 }, new[] { 3, 1 }, 0, new float[0], Description = "empty")]
    public void A_tensor_is_what_its_strides_say(int[] shape, int[] strides, int offset, float[] expected)
    {
        using var scope = NewDisposeScope();
        using TorchArchive archive = Open(Of(Pickle(Dictionary("w", Tensor("0", 6, offset, shape, strides))), ("0", s_numbers)));
        Tensor tensor = archive.Tensor("w");
        Assert.That(tensor.shape, Is.EqualTo(shape));
        Assert.That(tensor.bytes.ToArray(), Is.EqualTo(MemoryMarshal.AsBytes<float>(expected).ToArray()));
    }

    [Test]
    public void Parameters_notes_on_versions_and_the_memo_are_understood()
    {
        byte[] tensor = Tensor("0", 6, 0, [6], [1]), empty = [.. Global("collections", "OrderedDict"), (byte)')', (byte)'R'];
        byte[] parameter = [.. Global("torch._utils", "_rebuild_parameter"), .. tensor, (byte)'q', 7, 0x88, .. empty, 0x87, (byte)'R'];
        byte[] note = [(byte)'}', .. Text("_metadata"), .. empty, (byte)'s', (byte)'b'];
        using var scope = NewDisposeScope();
        byte[] pickle = Pickle(empty, [(byte)'('], Text("a"), parameter, Text("b"), [(byte)'h', 7, (byte)'u'], note);
        using TorchArchive archive = Open(Of(pickle, ("0", s_numbers)));
        Assert.That(archive.Names, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(archive.Tensor("b").bytes.SequenceEqual(s_numbers));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        static TestCaseData Case(string name, byte[] pickle, string message) => new TestCaseData(pickle, message).SetArgDisplayNames(name);
        const string Allowed = "; a dictionary of tensors needs only torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter, "
            + "collections.OrderedDict and torch's storages. It is neither imported nor called";
        byte[] call = [.. Text("touch owned"), 0x85, (byte)'R'];
        yield return Case("os system", Pickle(Global("os", "system"), call), "2: the name os.system is not allowed" + Allowed);
        yield return Case("a name from the stack", Pickle(Text("builtins"), Text("eval"), [0x93], call), "24: the name builtins.eval is not allowed"
            + Allowed);
        yield return Case("a storage called", Pickle(Global("torch", "FloatStorage"), [(byte)')', (byte)'R']),
            "23: torch.FloatStorage is called with arguments it does not take");
        yield return Case("a text called", Pickle(Text("os.system"), call), "33: something that is no name is called");
        yield return Case("an ordered dictionary with content", Pickle(Global("collections", "OrderedDict"), call),
            "44: collections.OrderedDict is called with arguments it does not take");
        yield return Case("a complex storage", Pickle(Storage("torch", "ComplexFloatStorage", "0", 6)),
            "15: the name torch.ComplexFloatStorage is not allowed" + Allowed);
        yield return Case("a persistent text", Pickle(Text("0"), [(byte)'Q']), "8: a persistent id is not (\"storage\", type, key, place, elements)");
        yield return Case("a persistent tuple of four", Pickle([(byte)'('], Text("storage"), Global("torch", "FloatStorage"), Text("0"), Integer(6),
            [(byte)'t', (byte)'Q']),
            "47: a persistent id is not (\"storage\", type, key, place, elements)");
        yield return Case("a record that is not there", Pickle(Storage("torch", "FloatStorage", "../../etc/passwd", 6)),
            "70: the archive has no record data/../../etc/passwd");
        yield return Case("a storage of another size", Pickle(Storage("torch", "FloatStorage", "0", 7)),
            "55: the record data/0 is 24 bytes and should hold 7 of torch.FloatStorage");
        yield return Case("a negative storage", Pickle(Storage("torch", "FloatStorage", "0", -6)),
            "55: the record data/0 is 24 bytes and should hold -6 of torch.FloatStorage");
        yield return Case("a tensor beyond its storage", Pickle(Tensor("0", 6, 1, [2, 3], [3, 1])),
            "148: a tensor in data/0 of shape [2, 3], strides [3, 1] and offset 1 reaches beyond its 6 elements");
        yield return Case("elements twice", Pickle(Tensor("0", 6, 0, [6, 1000], [1, 0])),
            "148: a tensor in data/0 of shape [6, 1000] has strides [1, 0]: its elements overlap");
        yield return Case("overlapping rows", Pickle(Tensor("0", 6, 0, [2, 3], [2, 1])),
            "148: a tensor in data/0 of shape [2, 3] has strides [2, 1]: its elements overlap");
        yield return Case("a negative size", Pickle(Tensor("0", 6, 0, [-1], [1])),
            "138: a tensor in data/0 has offset 0, shape [-1] and strides [1]");
        yield return Case("an object built", Pickle([(byte)'}', (byte)'}'], Text("x"), [(byte)'N', (byte)'s', (byte)'b']),
            "12: a state other than a dictionary's _metadata is set");
        yield return Case("an unknown instruction", Pickle([(byte)'i']),
            "2: the pickle instruction 0x69 is not one that a dictionary of tensors needs; it is not executed");
        yield return Case("an extension", Pickle([0x82, 1]),
            "2: the pickle instruction 0x82 is not one that a dictionary of tensors needs; it is not executed");
        yield return Case("a pickle that breaks off", [0x80, 2, (byte)'X', 255, 255, 255, 127], "2: the pickle breaks off");
        yield return Case("a name that breaks off", [0x80, 2, (byte)'c', (byte)'o', (byte)'s'], "2: the pickle breaks off");
        yield return Case("no full stop", [0x80, 2, (byte)'}'], "3: the pickle breaks off");
        yield return Case("an empty stack", Pickle([(byte)'Q']), "2: wanted 1 values on the stack");
        yield return Case("a mark taken as a value", Pickle([(byte)'(', (byte)'}', 0x86]), "4: wanted 2 values on the stack");
        yield return Case("a mark that stays", Pickle([(byte)'}', (byte)'(']), "4: the pickle ends with 1 values and 1 marks; wanted 1 value");
        yield return Case("sixty-five dimensions", Pickle(Tensor("0", 6, 0, [.. Enumerable.Repeat(1, 65)], [.. Enumerable.Repeat(1, 65)])),
            "778: a tensor in data/0 has 65 dimensions; at most 64 are read");
        yield return Case("a memo that is empty", Pickle([(byte)'h', 3]), "2: the memo has no entry 3");
    }

    [TestCaseSource(nameof(Refused))]
    public void A_pickle_of_anything_else_is_refused_with_its_byte(byte[] pickle, string message)
    {
        string path = _files.Write(Of(pickle, ("0", s_numbers)), "pytorch_model.bin");
        Assert.That(() => TorchArchive.Open(path), Throws.TypeOf<InvalidDataException>()
            .With.Message.EqualTo($"{path}: archive/data.pkl, byte {message}"));
    }

    [Test]
    public void A_value_that_is_no_tensor_is_named()
    {
        string path = _files.Write(Of(Pickle(Dictionary("step", Integer(3)))), "a.bin");
        Assert.That(() => TorchArchive.Open(path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path}: archive/data.pkl: the entry step is no tensor under a name"));
    }

    private static IEnumerable<TestCaseData> BrokenZips()
    {
        static TestCaseData Case(string name, byte[] file, string message) => new TestCaseData(file, message).SetArgDisplayNames(name);
        byte[] good = Of(Pickle(Dictionary("w", Tensor("0", 6, 0, [6], [1]))), ("0", s_numbers));
        (string, byte[])[] records = [("archive/data.pkl", Pickle([(byte)'}'])), ("archive/data/0", s_numbers)];
        byte[] Changed(int at, uint value) => Zip(records, (name, entry) => Change(name, entry, at, value));
        const string NoZip = "is no zip archive; torch writes one since version 1.6: save the weights again with it, or as safetensors";
        yield return Case("truncated", good[..^1], NoZip);
        yield return Case("a legacy pickle", [0x80, 2, 0x8a, 10], NoZip);
        yield return Case("empty", [], NoZip);
        yield return Case("compressed", Changed(8, 8 << 16), "the record archive/data/0 is compressed (method 8); torch stores its records");
        yield return Case("encrypted", Changed(8, 1), "the record archive/data/0 is encrypted");
        yield return Case("sizes that differ", Changed(20, 3), "the record archive/data/0 is 24 bytes and takes 3; a stored record takes its size");
        yield return Case("overlapping", Changed(42, 0), "the record archive/data/0 overlaps archive/data.pkl");
        yield return Case("a header elsewhere", Changed(42, 1), "the record archive/data/0 has no header at byte 1");
        yield return Case("a record twice", Zip([.. records, records[0]]), "the record archive/data.pkl stands twice in the table of contents");
        yield return Case("no pickle", Zip([("a/b", [1])]), "wanted one record FOLDER/data.pkl of at most 1048576 bytes, found 0");
        yield return Case("big-endian", Zip([.. records, ("archive/byteorder", "big"u8.ToArray())]),
            "archive/byteorder is \"big\"; only little-endian archives are read");
    }

    [TestCaseSource(nameof(BrokenZips))]
    public void A_broken_archive_is_refused(byte[] file, string message)
    {
        string path = _files.Write(file, "pytorch_model.bin");
        Assert.That(() => TorchArchive.Open(path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: {message}"));
    }

    [Test]
    public void A_pickle_made_to_fill_the_memory_or_the_time_is_refused_at_once()
    {
        int half = TorchArchive.MaxPickleBytes / 2;
        byte[] deep = [.. Enumerable.Repeat((byte)'N', half), .. Enumerable.Repeat((byte)0x85, half - 3)];
        string path = _files.Write(Of(Pickle(deep)), "deep.bin"), large = _files.Write(Of(new byte[TorchArchive.MaxPickleBytes + 1]), "large.bin");
        Assert.That(() => TorchArchive.Open(path), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith("and 0 marks; wanted 1 value"));
        Assert.That(() => TorchArchive.Open(large), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{large}: wanted one record FOLDER/data.pkl of at most {TorchArchive.MaxPickleBytes} bytes, "
            + $"found one of {TorchArchive.MaxPickleBytes + 1}"));
    }

    [Test]
    public void Reading_leaves_no_tensor_behind()
    {
        using TorchArchive archive = Open(Of(Pickle(Dictionary("w", Tensor("0", 6, 0, [3, 2], [1, 3]))), ("0", s_numbers)));
        DisposeScopeManager.Statistics.Reset();
        using Tensor tensor = archive.Tensor("w");
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
    }

    private static void Change(string name, byte[] entry, int at, uint value)
    {
        if (name.EndsWith("data/0", StringComparison.Ordinal))
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(at), value);
    }

    private TorchArchive Open(byte[] file) => TorchArchive.Open(_files.Write(file, "pytorch_model.bin"));
}
