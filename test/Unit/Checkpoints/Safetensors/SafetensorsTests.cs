using Alignment.Checkpoints.Safetensors;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Checkpoints.Safetensors;

public class SafetensorsTests
{
    private SafetensorsBytes _files = null!;

    [SetUp]
    public void NewFolder() => _files = new();

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [TestCase(ScalarType.Float64)]
    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.Float16)]
    [TestCase(ScalarType.BFloat16)]
    [TestCase(ScalarType.Int64)]
    [TestCase(ScalarType.Int32)]
    [TestCase(ScalarType.Int16)]
    [TestCase(ScalarType.Int8)]
    [TestCase(ScalarType.Byte)]
    [TestCase(ScalarType.Bool)]
    public void What_is_written_is_read_again_bit_for_bit(ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor written = (arange(24, dtype: ScalarType.Float32) - 11.3).clamp_min(type == ScalarType.Byte ? 0 : -100).reshape(2, 3, 4).to(type);
        string path = Path.Combine(_files.Folder, "x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["w"] = written });
        Tensor read = SafetensorsFile.Read(path)["w"];
        Assert.That(read.dtype, Is.EqualTo(type));
        Assert.That(read.shape, Is.EqualTo(new long[] { 2, 3, 4 }));
        Assert.That(read.bytes.ToArray(), Is.EqualTo(written.bytes.ToArray()));
    }

    [Test]
    public void Not_a_number_payloads_and_negative_zero_survive()
    {
        using var scope = NewDisposeScope();
        float[] values = [-0f, float.NegativeInfinity, BitConverter.Int32BitsToSingle(0x7FC01234), float.Epsilon];
        string path = Path.Combine(_files.Folder, "x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["w"] = tensor(values) });
        int[] bits = [.. SafetensorsFile.Read(path)["w"].data<float>().Select(BitConverter.SingleToInt32Bits)];
        Assert.That(bits, Is.EqualTo(values.Select(BitConverter.SingleToInt32Bits)));
    }

    [Test]
    public void The_bytes_of_a_file_do_not_depend_on_the_order_of_the_dictionary()
    {
        using var scope = NewDisposeScope();
        Tensor half = ones(3, dtype: ScalarType.Float16), wide = ones(1, dtype: ScalarType.Int64), scalar = tensor(1f);
        byte[] forward = Write(new() { ["h"] = half, ["ä\"<"] = scalar, ["w"] = wide }, new() { ["b"] = "1", ["a"] = "2" });
        byte[] backward = Write(new() { ["w"] = wide, ["ä\"<"] = scalar, ["h"] = half }, new() { ["a"] = "2", ["b"] = "1" });
        Assert.That(backward, Is.EqualTo(forward));
        const string Header = "{\"__metadata__\":{\"a\":\"2\",\"b\":\"1\"},\"w\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"ä\\\"<\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
            + "\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[12,18]}}";
        Assert.That(System.Text.Encoding.UTF8.GetString(forward.AsSpan(8..^18)).TrimEnd(' '), Is.EqualTo(Header));
        Assert.That((forward.Length - 18) % 8, Is.Zero);
    }

    [Test]
    public void Views_are_written_as_they_look()
    {
        using var scope = NewDisposeScope();
        string path = Path.Combine(_files.Folder, "x.safetensors");
        Tensor view = arange(12, dtype: ScalarType.Float32).reshape(3, 4).t().narrow(0, 1, 2);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["v"] = view });
        Assert.That(SafetensorsFile.Read(path)["v"].data<float>().ToArray(), Is.EqualTo(new float[] { 1, 5, 9, 2, 6, 10 }));
    }

    [Test]
    public void Metadata_empty_tensors_and_scalars_are_read()
    {
        using var scope = NewDisposeScope();
        string path = Path.Combine(_files.Folder, "x.safetensors");
        var tensors = new Dictionary<string, Tensor> { ["e"] = zeros(0, 5), ["s"] = tensor(3.0) };
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
        Assert.That(file.Tensor("e").shape, Is.EqualTo(new long[] { 0, 5 }));
        Assert.That(file.Tensor("s").item<double>(), Is.EqualTo(3));
        Assert.That(() => file.Tensor("q"), Throws.TypeOf<KeyNotFoundException>().With.Message.EqualTo($"{path}: holds no tensor q"));
    }

    [Test]
    public void Tensors_are_aligned_for_vector_loads()
    {
        using var scope = NewDisposeScope();
        string path = Path.Combine(_files.Folder, "x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(3), ["b"] = ones(5), ["c"] = ones(7) });
        foreach (Tensor read in SafetensorsFile.Read(path).Values)
            unsafe
            {
                fixed (byte* start = read.bytes)
                    Assert.That((long)start % 64, Is.Zero);
            }
    }

    [Test]
    public void A_failed_write_leaves_the_old_file_and_no_other()
    {
        using var scope = NewDisposeScope();
        string path = _files.Write([1, 2, 3]);
        var complex = new Dictionary<string, Tensor> { ["z"] = zeros(2, dtype: ScalarType.ComplexFloat32) };
        Assert.That(() => SafetensorsWriter.Write(path, complex), Throws.ArgumentException.With.Message.EqualTo(
            "dtype ComplexFloat32 cannot be written; safetensors hold F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL"));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(Directory.GetFiles(_files.Folder), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_tensor_cannot_be_named_as_the_metadata()
    {
        using Tensor one = ones(1);
        Assert.That(() => SafetensorsWriter.Write("x", new Dictionary<string, Tensor> { ["__metadata__"] = one }),
            Throws.ArgumentException.With.Message.EqualTo("x: a tensor cannot be named __metadata__"));
    }

    [Test]
    public void Reading_leaves_no_tensor_behind()
    {
        string path = _files.Write(SafetensorsBytes.Build("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8));
        DisposeScopeManager.Statistics.Reset();
        foreach (Tensor tensor in SafetensorsFile.Read(path).Values)
            tensor.Dispose();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    private byte[] Write(Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata)
    {
        string path = Path.Combine(_files.Folder, "x.safetensors");
        SafetensorsWriter.Write(path, tensors, metadata);
        return File.ReadAllBytes(path);
    }
}
