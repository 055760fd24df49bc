using Alignment.Checkpoints.Safetensors;
using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class CheckpointPiecesTests
{
    private static readonly float[] s_numbers = [.. Enumerable.Range(0, 10).Select(i => i + 0.5f)];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase(1, ExpectedResult = "w.safetensors")]
    [TestCase(2, ExpectedResult = "w.00001.safetensors")]
    [TestCase(100, ExpectedResult = "w.00001.safetensors")]
    public string A_file_is_named_for_its_rank_where_there_are_several(int ranks) => CheckpointPieces.FileName("w", 1, ranks);

    // where stored pieces begin, where the wanted one begins and how long it is
    [TestCase("0", "m@0", 10), TestCase("0", "m@3", 4), TestCase("0", "m@9", 1), TestCase("0", "m", 10)]
    [TestCase("0 3 8", "m", 10), TestCase("0 3 8", "m@0", 10), TestCase("0 3 8", "m@2", 7), TestCase("0 3 8", "m@3", 5), TestCase("0 3 8", "m@4", 2), TestCase("0 3 8", "m@8", 2)]
    [TestCase("0 9", "m@0", 9), TestCase("0 9", "m@9", 1), TestCase("0 9", "m@4", 0)]
    [TestCase("whole", "m", 10), TestCase("whole", "m@0", 10), TestCase("whole", "m@6", 3)]
    public void A_tensor_or_a_piece_is_put_together_however_it_was_cut(string stored, string key, int length)
    {
        Store(stored);
        using Tensor target = zeros(length);
        Fill(key, target);
        int from = key.Length == 1 ? 0 : key[2] - '0';
        Assert.That(target.data<float>().ToArray(), Is.EqualTo(s_numbers[from..(from + length)]));
    }

    [Test]
    public void Pieces_fill_a_tensor_of_any_shape()
    {
        Store("0 3 8");
        using Tensor target = zeros(2, 5);
        Fill("m", target);
        Assert.That(target.data<float>().ToArray(), Is.EqualTo(s_numbers));
    }

    [Test]
    public void Of_what_each_rank_has_written_whole_the_first_is_taken()
    {
        Write("w.00000.safetensors", ("step", [1, 2]));
        Write("w.00001.safetensors", ("step", [1, 2]));
        using Tensor target = zeros(2);
        Fill("step", target);
        Assert.That(target.data<float>().ToArray(), Is.EqualTo(new float[] { 1, 2 }));
    }

    [TestCase("0 3", 8, "m@0", "w.safetensors: holds not all of m: delete the folder to start anew")]
    [TestCase("3", 0, "m@0", "w.safetensors: holds not all of m: delete the folder to start anew")]
    [TestCase("whole", 0, "n", "w.safetensors: holds no tensor n: delete the folder to start anew")]
    public void What_is_not_there_is_named(string stored, int end, string key, string message)
    {
        Store(stored, end == 0 ? 10 : end);
        using Tensor target = zeros(10);
        Assert.That(() => Fill(key, target), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(_folder.File(message)));
    }

    [TestCase("0 3 8", "m", "w.safetensors: m is Float32 [3], the model has Float64 [2, 5]")]
    [TestCase("whole", "m@0", "w.safetensors: m is Float32 [10], the model has Float64 [2, 5]")]
    public void A_piece_of_another_type_is_refused(string stored, string key, string message)
    {
        Store(stored);
        using Tensor target = zeros(2, 5, ScalarType.Float64);
        Assert.That(() => Fill(key, target), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(_folder.File(message)));
    }

    [Test]
    public void A_whole_tensor_of_another_shape_is_refused_with_both_and_no_file_stays_open()
    {
        using Tensor stored = zeros(2, 5), target = zeros(5, 2);
        SafetensorsWriter.Write(_folder.File("w.safetensors"), new Dictionary<string, Tensor> { ["m"] = stored });
        Assert.That(() => Fill("m", target), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            _folder.File("w.safetensors: m is Float32 [2, 5], the model has Float32 [5, 2]")));
        Assert.That(Directory.EnumerateFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget ?? ""), Has.None.StartsWith(_folder.Path));
    }

    [Test]
    public void A_target_that_is_not_contiguous_is_refused()
    {
        Store("whole");
        using Tensor target = zeros(5, 2), turned = target.t();
        Assert.That(() => Fill("m", turned), Throws.ArgumentException.With.Message.EqualTo("m is not contiguous"));
    }

    private void Fill(string key, Tensor target)
    {
        using var pieces = new CheckpointPieces(_folder.Path, "w");
        pieces.Fill(key, target);
    }

    // in one file as a whole, or a piece a file, up to an end
    private void Store(string cuts, int end = 10)
    {
        if (cuts == "whole")
        {
            Write("w.safetensors", ("m", s_numbers));
            return;
        }
        int[] begins = [.. cuts.Split(' ').Select(int.Parse), end];
        for (int rank = 0; rank + 1 < begins.Length; rank++)
            Write(CheckpointPieces.FileName("w", rank, 2), (CheckpointPieces.Key("m", begins[rank]), s_numbers[begins[rank]..begins[rank + 1]]));
    }

    private void Write(string file, (string Key, float[] Numbers) one)
    {
        using Tensor numbers = tensor(one.Numbers);
        SafetensorsWriter.Write(_folder.File(file), new Dictionary<string, Tensor> { [one.Key] = numbers });
    }
}
