using System.Buffers.Binary;
using System.Text;
using Alignment.Data;
using Alignment.Harness;
using Alignment.Tests.Unit.Mutations;
using NUnit.Framework;
using Parquet;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>Damaged Parquet files end in one short message that names the file: no crash, no hang, no memory that the file only claims. -p:Mutations= and -p:MutationSeed= make others.</summary>
[NonParallelizable]
internal sealed class DamagedParquetTests
{
    private static readonly int s_rounds = Parameters.Whole("Mutations") ?? 300;

    [Test]
    public void Damaged_files_are_read_or_refused([Values(CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Zstd)] CompressionMethod method)
    {
        using DataFile file = new(ParquetTestFile.Write(ParquetTestFile.Conversations.Take(6), method, rowGroup: 4), $"{method}.parquet");
        Run(file);
    }

    [Test]
    public void Damaged_files_of_another_writer_are_read_or_refused()
    {
        using DataFile file = new(ParquetTestFile.OfAnotherWriter(), "another-writer.parquet");
        Run(file);
    }

    [Test]
    public void Damaged_zstd_streams_are_read_or_refused()
    {
        string lines = string.Concat(ParquetTestFile.Conversations.Take(6).Select(row => ParquetTestFile.Json(row) + "\n"));
        using DataFile file = new(ParquetTestFile.Zstd(Encoding.UTF8.GetBytes(lines)), "rows.jsonl.zst");
        Run(file);
    }

    [Test]
    public void A_file_that_is_none_is_refused_in_a_sentence()
    {
        byte[] claims = [.. "PAR1"u8, .. new byte[20], .. Length(0x80feff0a), .. "PAR1"u8];
        foreach ((byte[] bytes, string fault) in new[]
        {
            (claims, "its footer claims 2164195082 bytes of a file of 32"),
            ("{\"prompt\":1}\n"u8.ToArray(), "it does not begin with PAR1, as every Parquet file does"),
            (ParquetTestFile.Write(ParquetTestFile.Conversations.Take(1))[..^9], "it does not end with PAR1; the file is cut"),
            ([], "it does not begin with PAR1, as every Parquet file does"),
        })
        {
            using DataFile file = new(bytes, "rows.parquet");
            Assert.That(() => JsonLines.Read(file.Path).Count(), Throws.TypeOf<InvalidDataException>()
                .With.Message.EqualTo($"{file.Path}: the Parquet file is damaged: {fault}; download it again"));
        }

        static byte[] Length(uint value)
        {
            byte[] bytes = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            return bytes;
        }
    }

    [Test]
    public void A_method_of_packing_that_is_not_read_is_named()
    {
        using DataFile file = new(ParquetTestFile.Write(ParquetTestFile.Conversations, CompressionMethod.Brotli), "rows.parquet");
        Assert.That(() => JsonLines.Read(file.Path).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(1): the Parquet file cannot be read: its pages are packed with brotli; write it with snappy, zstd, gzip or not packed"));
    }

    private static void Run(DataFile file) => new MutationRun(file.Path, typeof(InvalidDataException))
        .Read(s_rounds, () => file.Read(PairFormats.Tell(file.Path), new() { MaxSkipped = int.MaxValue }).Pairs.Count);
}
