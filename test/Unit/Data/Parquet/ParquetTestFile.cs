using System.Text.Encodings.Web;
using System.Text.Json;
using Parquet;
using Parquet.Serialization;
using ZstdSharp;

namespace Alignment.Tests.Unit.Data.Parquet;

/// <summary>Rows of conversations, and the files they are written to. conversations.parquet holds the same, written by
/// hyparquet-writer 0.17 (npm); in json-columns.parquet it wrote the lists as texts marked as JSON, as it does unasked.</summary>
internal static class ParquetTestFile
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One of the 200 rows: one in three with a system turn; quotes, controls and letters beyond ASCII in it.</summary>
    public static Row Conversation(int i)
    {
        List<Turn> prompt = [new() { role = "user", content = $"What is {i} times {i % 7}?\n\"quoted\" \\ café {char.ConvertFromUtf32(0x1F600 + i % 20)}" }];
        if (i % 3 == 0)
            prompt.Insert(0, new() { role = "system", content = "Be kind." });
        return new()
        {
            prompt = prompt,
            chosen = [.. prompt, new() { role = "assistant", content = $"It is {i * (i % 7)}." }],
            rejected = [.. prompt, new() { role = "assistant", content = $"No idea, {i}.\t" }],
        };
    }

    public static IReadOnlyList<Row> Conversations { get; } = [.. Enumerable.Range(0, 200).Select(Conversation)];

    public static string Json<T>(T row) => JsonSerializer.Serialize(row, s_json);

    /// <summary>A Parquet file of Parquet.Net.</summary>
    public static byte[] Write<T>(IEnumerable<T> rows, CompressionMethod method = CompressionMethod.Snappy, int rowGroup = 64)
    {
        using MemoryStream file = new();
        ParquetSerializer.SerializeAsync(rows, file, new ParquetOptions { CompressionMethod = method, RowGroupSize = rowGroup }).GetAwaiter().GetResult();
        return file.ToArray();
    }

    public static byte[] OfAnotherWriter(string name = "conversations.parquet")
    {
        using Stream stream = typeof(ParquetTestFile).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public static byte[] Zstd(byte[] bytes)
    {
        using var compressor = new Compressor();
        return compressor.Wrap(bytes).ToArray();
    }

#pragma warning disable IDE1006 // the names of columns
    public sealed class Turn
    {
        public string? role { get; set; }

        public string? content { get; set; }
    }

    public sealed class Row
    {
        public List<Turn>? prompt { get; set; }

        public List<Turn>? chosen { get; set; }

        public List<Turn>? rejected { get; set; }
    }

    public sealed class Responses
    {
        public List<Turn>? chosen { get; set; }

        public List<Turn>? rejected { get; set; }
    }

    public sealed class Texts
    {
        public string? question { get; set; }

        public byte[]? better { get; set; }

        public string? worse { get; set; }

        public int? rating { get; set; }

        public double score { get; set; }

        public bool? good { get; set; }

        public List<string>? tags { get; set; }
    }
#pragma warning restore IDE1006
}
