using Alignment.Checkpoints.Safetensors;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Checkpoints.Safetensors;

/// <summary>Files no reader should trust: each gives one exception that names the file, the tensor and the values.</summary>
public class SafetensorsHostileTests
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
    private SafetensorsBytes _files = null!;

    [SetUp]
    public void NewFolder() => _files = new();

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12,
        "tensor b begins at byte 4 and overlaps tensor a, which ends at 8", TestName = "Overlapping_tensors")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8,
        "tensor b begins at byte 0 and overlaps tensor a, which ends at 8", TestName = "Two_tensors_on_the_same_bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12,
        "bytes 0 to 4 before tensor a belong to no tensor", TestName = "A_hole")]
    [TestCase(Good, 11, "3 trailing bytes after tensor a belong to no tensor", TestName = "Trailing_bytes")]
    [TestCase("{}", 5, "5 trailing bytes after the header belong to no tensor", TestName = "Data_without_tensors")]
    [TestCase(Good, 7, "tensor a ends at byte 8, and the file holds 7 bytes of data", TestName = "A_tensor_beyond_the_file")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8,
        "tensor a has data_offsets [8, 0]; wanted [begin, end] with begin <= end", TestName = "Offsets_in_reverse")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8,
        "tensor a has data_offsets [0]; wanted [begin, end] with begin <= end", TestName = "One_offset")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}""", 8,
        "tensor a has 3 numbers in data_offsets; at most 2 are allowed", TestName = "Three_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8,
        "tensor a has -8 in data_offsets; wanted an integer >= 0", TestName = "A_negative_offset")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16,
        "the name a stands twice in the header", TestName = "A_name_twice")]
    [TestCase("""{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}""", 2,
        "tensor a has the unknown dtype F8_E4M3; known are F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL", TestName = "An_unknown_dtype")]
    [TestCase("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8, "tensor a has no dtype", TestName = "No_dtype")]
    [TestCase("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8, "tensor a has no shape", TestName = "No_shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "tensor a has no data_offsets", TestName = "No_offsets")]
    [TestCase("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8,
        "tensor a has the field dtype twice", TestName = "A_field_twice")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"exec":"x"}}""", 8,
        "tensor a has the unknown field exec", TestName = "An_unknown_field")]
    [TestCase("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8,
        "tensor a of shape [3] and dtype F32 needs 12 bytes, and its offsets hold 8", TestName = "Shape_and_length_disagree")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8,
        "tensor a has -2 in shape; wanted an integer >= 0", TestName = "A_negative_size")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8,
        "tensor a has 1.5 in shape; wanted an integer >= 0", TestName = "Half_a_row")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", 8,
        "tensor a has the shape [4294967296, 4294967296], more bytes than 64 bits count", TestName = "A_product_beyond_64_bits")]
    [TestCase("""{"a":7}""", 0, "tensor a is not described by an object", TestName = "A_number_for_a_tensor")]
    [TestCase("""{"__metadata__":{"k":1}}""", 0, "__metadata__.k is not a string", TestName = "A_number_in_the_metadata")]
    [TestCase("""{"__metadata__":{"k":"1","k":"2"}}""", 0, "__metadata__.k stands twice", TestName = "A_metadata_key_twice")]
    [TestCase("""{"__metadata__":[]}""", 0, "__metadata__ is not an object of strings", TestName = "Metadata_as_an_array")]
    [TestCase("[]", 0, "the header is not a JSON object", TestName = "An_array_for_a_header")]
    [TestCase("{\"a\":", 0, "the header is not JSON (line 1, byte 6)", TestName = "Half_a_header")]
    [TestCase("", 0, "the header is not JSON (line 1, byte 1)", TestName = "An_empty_header")]
    [TestCase("""{"\ud800":{}}""", 0, "a string of the header has a half surrogate pair", TestName = "Half_a_surrogate_pair")]
    public void A_bad_header_is_refused(string header, int dataBytes, string message) =>
        Expect(SafetensorsBytes.Build(header, dataBytes), message);

    [Test]
    public void A_file_of_four_bytes_is_refused() =>
        Expect(new byte[4], "holds 4 bytes, and a safetensors file begins with 8 bytes of header length");

    [Test]
    public void A_truncated_header_is_refused() =>
        Expect(SafetensorsBytes.Build(Good, 0)[..20], $"the header length is {Good.Length}, and only 12 bytes follow it");

    [Test]
    public void A_huge_header_length_is_refused_before_anything_is_allocated() =>
        Expect(SafetensorsBytes.Build(Good, 8, -1), "the header length is 18446744073709551615, and at most 100000000 is allowed");

    [Test]
    public void A_header_that_is_not_utf8_is_refused()
    {
        byte[] bytes = SafetensorsBytes.Build(Good, 8);
        bytes[10] = 0xFF;
        Expect(bytes, "the header is not UTF-8");
    }

    [Test]
    public void A_BOOL_that_is_neither_0_nor_1_is_refused()
    {
        byte[] bytes = SafetensorsBytes.Build("""{"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}""", 3);
        bytes[^1] = 2;
        Expect(bytes, "tensor a is BOOL and holds 2 at element 2");
    }

    private void Expect(byte[] bytes, string message)
    {
        string path = _files.Write(bytes);
        Assert.That(() => SafetensorsFile.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: {message}"));
    }
}
