using System.Text;
using Alignment.Data;
using Alignment.Data.Parquet;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;
using Parquet;

namespace Alignment.Tests.Unit.Data.Parquet;

[NonParallelizable]
public class ParquetRowsTests
{
    private static readonly string s_lines = string.Concat(ParquetTestFile.Conversations.Select(row => ParquetTestFile.Json(row) + "\n"));
    private static readonly string s_list = "[" + string.Join(",\n", ParquetTestFile.Conversations.Select(ParquetTestFile.Json)) + "]";

    private static IEnumerable<TestCaseData> Files()
    {
        yield return Case("rows.json", Encoding.UTF8.GetBytes(s_list));
        yield return Case("rows.jsonl.gz", DataFile.Gzip(s_lines));
        yield return Case("rows.jsonl.zst", ParquetTestFile.Zstd(Encoding.UTF8.GetBytes(s_lines)));
        yield return Case("rows.json.zst", ParquetTestFile.Zstd(Encoding.UTF8.GetBytes(s_list)));
        foreach (CompressionMethod method in new[] { CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Zstd })
            yield return Case($"{method}.parquet", ParquetTestFile.Write(ParquetTestFile.Conversations, method));
        yield return Case("another-writer.parquet", ParquetTestFile.OfAnotherWriter());
        yield return Case("implicit.parquet", ParquetTestFile.Write(ParquetTestFile.Conversations.Select(row => new ParquetTestFile.Responses { chosen = row.chosen, rejected = row.rejected })));
        yield return Case("json-columns.parquet", ParquetTestFile.OfAnotherWriter("json-columns.parquet"));

        static TestCaseData Case(string name, byte[] bytes) => new TestCaseData(name, bytes).SetArgDisplayNames(name);
    }

    [Test]
    public void The_same_rows_with_the_prompt_only_in_the_responses_or_in_texts_of_JSON_give_the_same_tokens()
    {
        string[] wanted = Tokens(s_lines);
        Assert.That(Tokens(Each(row => new { row.chosen, row.rejected })), Is.EqualTo(wanted), "implicit prompt");
        Assert.That(Tokens(Each(row => new { row.prompt, chosen = row.chosen![^1], rejected = row.rejected![^1] })), Is.EqualTo(wanted), "one message each");
        Assert.That(Tokens(Each(row => new { prompt = Json(row.prompt), chosen = Json(row.chosen), rejected = Json(row.rejected) })), Is.EqualTo(wanted), "texts of JSON");
        Assert.That(Tokens(Each(row => new { prompt = row.prompt![^1].content, row.chosen, row.rejected, score_chosen = 2.5, score_rejected = 1 })), Is.EqualTo(wanted), "rated conversations");
        Assert.That(Tokens(Each(row => new { context = row.prompt, response1 = row.rejected![^1].content, response2 = row.chosen![^1].content, overall_preference = 1 })), Is.EqualTo(wanted), "preferences");
        Assert.That(Tokens(Each(row => new { conversation_a = row.rejected, conversation_b = row.chosen, winner = "model_b" })), Is.EqualTo(wanted), "battles");

        static string Json(object? value) => ParquetTestFile.Json(value);
        static string Each(Func<ParquetTestFile.Row, object> change) => string.Concat(ParquetTestFile.Conversations.Select(row => Json(change(row)) + "\n"));
        static string[] Tokens(string lines)
        {
            using DataFile file = new(Encoding.UTF8.GetBytes(lines));
            return [.. ParquetRowsTests.Tokens(file).Select(Ids)];
        }
    }

    [TestCaseSource(nameof(Files))]
    public void The_same_rows_in_any_file_give_the_same_tokens(string name, byte[] bytes)
    {
        using DataFile lines = new(Encoding.UTF8.GetBytes(s_lines)), file = new(bytes, name);
        IReadOnlyList<TokenizedPair> wanted = Tokens(lines), got = Tokens(file);
        Assert.That(wanted, Has.Count.EqualTo(200));
        Assert.That(got.Select(Ids), Is.EqualTo(wanted.Select(Ids)));
        Assert.That(got[^1].Source, Is.EqualTo($"{name}(200)"));
    }

    [Test]
    public void Every_kind_of_column_is_written_as_JSON_and_null_stays_null()
    {
        ParquetTestFile.Texts[] rows =
        [
            new() { question = "q", better = "b é\u0001"u8.ToArray(), worse = "w", rating = -3, score = 0.5, good = true, tags = ["x", "y"] },
            new() { score = double.NaN, tags = [] },
            new() { question = "", better = [], worse = "\"\\", rating = int.MaxValue, score = 1e300, good = false },
        ];
        using DataFile file = new(ParquetTestFile.Write(rows), "rows.parquet");
        Assert.That(Rows(file.Path), Is.EqualTo(new[]
        {
            """{"question":"q","better":"b é\u0001","worse":"w","rating":-3,"score":0.5,"good":true,"tags":["x","y"]}""",
            """{"question":null,"better":null,"worse":null,"rating":null,"score":null,"good":null,"tags":[]}""",
            """{"question":"","better":"","worse":"\"\\","rating":2147483647,"score":1E+300,"good":false,"tags":null}""",
        }));
    }

    [Test]
    public void Columns_of_another_writer_are_read_in_its_encodings()
    {
        using DataFile file = new(ParquetTestFile.OfAnotherWriter("typed-columns.parquet"), "rows.parquet");
        string[] rows = [.. Rows(file.Path)];
        Assert.That(rows, Has.Length.EqualTo(40));
        for (int i = 0; i < rows.Length; i++)
            Assert.That(rows[i], Is.EqualTo($$"""{"question":"q{{i % 3}}","better":"b{{i}}","worse":"w","n":{{i * i}},"half":{{(i / 2.0).ToString(System.Globalization.CultureInfo.InvariantCulture)}},"ok":{{(i % 3 == 0 ? "true" : "false")}}}"""));
    }

    [Test]
    public void Faults_name_file_and_row_and_columns_are_told_as_of_every_file()
    {
        ParquetTestFile.Texts good = new() { question = "q", better = "b"u8.ToArray(), worse = "w" }, bad = new() { question = "q", better = [0xC3, 0x28], worse = "w" };
        using DataFile file = new(ParquetTestFile.Write([good, good, bad], rowGroup: 2), "rows.parquet");
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contain("no known layout has the columns question, better, worse, rating"));
        ReadOptions columns = new() { Columns = new("question", "better", "worse") };
        Assert.That(() => file.Read(PairFormat.Plain, columns), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{file.Path}(3): not UTF-8: byte "));
        Assert.That(file.Read(PairFormat.Plain, columns with { MaxSkipped = 1 }).Report.ToString(), Is.EqualTo("3 rows, 2 kept; left out: 1 not UTF-8"));
    }

    [Test]
    public void A_row_that_is_too_long_is_named_by_its_place_in_the_file()
    {
        ParquetTestFile.Texts Row(int length) => new() { question = new string('q', length) };
        using DataFile file = new(ParquetTestFile.Write([Row(1), Row(2), Row(3), Row(2000), Row(1)], rowGroup: 3), "rows.parquet");
        Assert.That(() => ParquetRows.Of(file.Path, 1000).Count(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(4): the Parquet file cannot be read: a row is longer than 1000 bytes"));
        Assert.That(ParquetRows.Of(file.Path, 3000).Count(), Is.EqualTo(5));
    }

    [Test]
    public void A_folder_and_a_pattern_of_Parquet_files_are_read_in_the_order_of_their_names()
    {
        using var folder = new TemporaryFolder();
        for (int part = 0; part < 3; part++)
            File.WriteAllBytes(folder.File($"train-{part}.parquet"), ParquetTestFile.Write([ParquetTestFile.Conversation(part)]));
        File.WriteAllText(folder.File("dataset_infos.json"), "{}");
        string[] wanted = [.. Enumerable.Range(0, 3).Select(part => $"train-{part}.parquet(1)")];
        foreach (string path in new[] { folder.Path, folder.File("train-*.parquet") })
            Assert.That(PreferenceData.Read(PairFormat.Plain, path, new()).Pairs.Select(pair => pair.Source), Is.EqualTo(wanted));
    }

    [Test]
    public void Reading_takes_no_more_memory_for_more_row_groups()
    {
        const int Group = 400;
        ParquetTestFile.Row[] rows = [.. Enumerable.Range(0, Group).Select(ParquetTestFile.Conversation)];
        using DataFile few = new(ParquetTestFile.Write(Repeated(4), rowGroup: Group), "few.parquet"), many = new(ParquetTestFile.Write(Repeated(80), rowGroup: Group), "many.parquet");
        Assert.That(Rows(few.Path).Count(), Is.EqualTo(4 * Group));
        long atFew = Live(few.Path), atMany = Live(many.Path);
        Assert.That(atMany, Is.LessThan(atFew + new FileInfo(many.Path).Length / 4), $"live bytes half way through 80 row groups, {atFew} through 4");

        IEnumerable<ParquetTestFile.Row> Repeated(int groups) => Enumerable.Repeat(rows, groups).SelectMany(each => each);

        static long Live(string path)
        {
            long most = 0, number = 0;
            foreach (byte[] _ in ParquetRows.Of(path, 1 << 20))
                if (++number % Group == Group / 2)
                    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            return most;
        }
    }

    private static string Ids(TokenizedPair pair) => $"{string.Join(' ', pair.Prompt)} | {string.Join(' ', pair.Chosen)} | {string.Join(' ', pair.Rejected)}";

    private static IReadOnlyList<TokenizedPair> Tokens(DataFile file) => new PairTokenizer(ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3),
        new() { MaxPrompt = 400, MaxTotal = 800 }).TokenizeAll(file.Read(PairFormats.Tell(file.Path)).Pairs);

    private static IEnumerable<string> Rows(string path) => JsonLines.Read(path).Select(line => Encoding.UTF8.GetString(line.Bytes));
}
