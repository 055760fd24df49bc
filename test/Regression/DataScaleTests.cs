using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Alignment.Data;
using Alignment.Data.World;
using NUnit.Framework;
using Parquet;
using Parquet.Serialization;

namespace Alignment.Tests.Regression;

/// <summary>A million rows read, judged, split and tokenized by a process of its own: -p:Scale=true (it writes two gigabytes).</summary>
[NonParallelizable, Category("Scale")]
public sealed class DataScaleTests
{
    private const int Rows = 1_000_000, RowGroup = 20_000;
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "data-scale");

    [OneTimeSetUp]
    public void Begin()
    {
        if (!string.Equals(TestContext.Parameters.Get("Scale"), "true", StringComparison.OrdinalIgnoreCase))
            Assert.Ignore("a million rows are two gigabytes; give -p:Scale=true");
        Directory.CreateDirectory(_folder);
    }

    [OneTimeTearDown]
    public void RemoveFiles()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void A_million_rows_take_less_than_one_and_a_half_gigabytes([Values("rows.jsonl", "rows.parquet")] string name)
    {
        string path = Path.Combine(_folder, name);
        if (name.EndsWith(".jsonl", StringComparison.Ordinal))
            File.WriteAllLines(path, Made().Select(row => JsonSerializer.Serialize(row, s_json)));
        else
            WriteParquet(path);
        (IReadOnlyList<string> lines, bool ended) = ChildProcess.Run("pairs", path);
        TestContext.Progress.WriteLine($"{name}: {new FileInfo(path).Length >> 20} MiB\n{string.Join('\n', lines)}");
        File.Delete(path);
        Assert.That(ended);
        Assert.That(lines[^1], Does.StartWith(string.Create(CultureInfo.InvariantCulture, $"{Rows - Rows / 1000} {Rows / 1000} ")));
        Assert.That(double.Parse(lines[^1].Split(' ')[^2], CultureInfo.InvariantCulture), Is.LessThan(1536), "MiB");
    }

    private static void WriteParquet(string path)
    {
        using FileStream file = File.Create(path);
        foreach (Row[] group in Made().Chunk(RowGroup))
            ParquetSerializer.SerializeAsync(group, file, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy, RowGroupSize = RowGroup, Append = file.Length > 0 }).GetAwaiter().GetResult();
    }

    // prompts of one sentence, responses of some
    private static IEnumerable<Row> Made()
    {
        PreferencePair[] pairs = [.. EmbeddedWorld.TrainingPairs(7, 2000)];
        for (int i = 0; i < Rows; i++)
            yield return new() { prompt = $"{i}: {pairs[i % 2000].Prompt[^1].Text}", chosen = Several(i, pair => pair.Chosen), rejected = Several(i, pair => pair.Rejected) };

        string Several(int row, Func<PreferencePair, string> text)
        {
            StringBuilder all = new();
            for (int part = 0; part < 3; part++)
                all.Append(text(pairs[(row + part * (row / 2000 + 1)) % 2000])).Append('\n');
            return all.ToString();
        }
    }

#pragma warning disable IDE1006 // the names of columns
    private sealed class Row
    {
        public string? prompt { get; set; }

        public string? chosen { get; set; }

        public string? rejected { get; set; }
    }
#pragma warning restore IDE1006
}
