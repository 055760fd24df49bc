using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Harness;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// Ids and text of Hugging Face's Rust library, on <see cref="SmallTokenizers"/>, the golden set's small files and every tokenizer.json of -p:TokenizersDir=FOLDER, its subfolders
/// and .json.gz files: over <see cref="DifficultTexts"/> and, with -p:DataDir=FOLDER, the 4,624 transcripts of HH-RLHF.
/// </summary>
[Category("Oracle")]
public class TokenizerOracleTests
{
    private static readonly Lazy<string[]> s_transcripts = new(Transcripts);

    [TestCaseSource(nameof(Files))]
    public void Every_id_is_that_of_the_Rust_library(string file) => Compare(file, Unpacked(file));

    [TestCaseSource(nameof(Small))]
    public void Every_form_that_is_read_gives_the_ids_of_the_Rust_library(string name) => Compare(name, SmallTokenizers.All().First(small => small.Name == name).Json);

    private static void Compare(string file, byte[] json)
    {
        VocabularyTokenizer ours = Opened(json, file);
        using RustTokenizer theirs = new(json);
        // of several thousand some are enough
        string[] markers = [.. ours.AddedTokens.Select(token => token.Content).Where((_, i) => i < 60 || i % 97 == 0)];
        string[] texts = [.. DifficultTexts.All(markers, mixtures: 2000), .. s_transcripts.Value];
        (long equal, long total, List<string> differences) = (0, 0, []);
        foreach (string text in texts)
        {
            IReadOnlyList<int> ids = ours.EncodeToIds(text);
            int[] wanted = theirs.Encode(text);
            total += wanted.Length;
            equal += ids.Zip(wanted).TakeWhile(pair => pair.First == pair.Second).Count();
            if (!ids.SequenceEqual(wanted))
                differences.Add($"{Shown(text)}: {Pieces(ours, ids, wanted)} is {Pieces(ours, wanted, ids)} there");
            else if (ours.DecodeWithoutSpecial(wanted) is var decoded && decoded != theirs.Decode(wanted))
                differences.Add($"{Shown(text)} comes back as {Shown(decoded)}, there as {Shown(theirs.Decode(wanted))}");
        }

        TestContext.Out.WriteLine(FormattableString.Invariant(
            $"oracle: {file}: {equal:N0} / {total:N0} ids equal, {texts.Length} texts ({s_transcripts.Value.Length} of HH-RLHF)"));
        if (s_transcripts.Value.Length > 0)
            TestContext.Out.WriteLine(Speed(Opened(json, file), json));
        Assert.That(differences, Is.Empty, $"{differences.Count} texts differ, the first of them:\n{string.Join('\n', differences.Take(20))}");
        Assert.That((equal, texts.Length), Is.EqualTo((total, texts.Length)));
    }

    // a first pass of each, one after the other, the code of both compiled
    private static string Speed(VocabularyTokenizer ours, byte[] json)
    {
        using RustTokenizer theirs = new(json);
        long start = Stopwatch.GetTimestamp();
        long ids = s_transcripts.Value.Sum(text => (long)ours.EncodeToIds(text).Count);
        double here = ids / Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        ids = s_transcripts.Value.Sum(text => (long)theirs.Encode(text).Length);
        double there = ids / Stopwatch.GetElapsedTime(start).TotalSeconds;
        return FormattableString.Invariant($"speed: {here / 1e6:F2} million ids/s on a first pass over HH-RLHF, the Rust library {there / 1e6:F2} million: {here / there:F1} times");
    }

    private static IEnumerable<string> Small() => SmallTokenizers.All().Select(small => small.Name);

    private static IEnumerable<TestCaseData> Files()
    {
        string[] golden = [.. Directory.EnumerateFiles(Path.GetFullPath(Path.Combine(Here(), "../Golden/tokenizers")), "tokenizer.json", SearchOption.AllDirectories)];
        string[] given = Parameters.FullPath("TokenizersDir") is not { } folder ? []
            : [.. Directory.EnumerateFiles(folder, "*tokenizer.json*", SearchOption.AllDirectories).Where(IsTokenizer)];
        return golden.Concat(given).Order(StringComparer.Ordinal)
            .Select(file => new TestCaseData(file).SetArgDisplayNames($"{Path.GetFileName(Path.GetDirectoryName(file))}/{Path.GetFileName(file)}"));
    }

    private static bool IsTokenizer(string file) => file.EndsWith("tokenizer.json", StringComparison.Ordinal) || file.EndsWith("tokenizer.json.gz", StringComparison.Ordinal);

    // what cannot be exact is refused, which compares nothing
    private static VocabularyTokenizer Opened(byte[] json, string file)
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"oracle-{TestContext.CurrentContext.Test.ID}.json");
        File.WriteAllBytes(path, json);
        try
        {
            return TokenizerFolder.OpenJson(path);
        }
        catch (InvalidDataException refusal)
        {
            throw new IgnoreException($"{file} is refused: {refusal.Message}");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Unpacked(string file)
    {
        if (!file.EndsWith(".gz", StringComparison.Ordinal))
            return File.ReadAllBytes(file);
        using GZipStream packed = new(File.OpenRead(file), CompressionMode.Decompress);
        using MemoryStream content = new();
        packed.CopyTo(content);
        return content.ToArray();
    }

    private static string[] Transcripts()
    {
        if (Parameters.FullPath("DataDir") is not { } folder || Path.Combine(folder, "hh-rlhf-harmless-base-test.jsonl.gz") is not { } file || !File.Exists(file))
            return [];
        using StreamReader lines = new(new MemoryStream(Unpacked(file)));
        return [.. lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)
            .SelectMany(row => new[] { (string)row["chosen"]!, (string)row["rejected"]! })];
    }

    // from where the two part
    private static string Pieces(VocabularyTokenizer tokenizer, IReadOnlyList<int> ids, IReadOnlyList<int> other)
    {
        int same = ids.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"…{string.Join(' ', ids.Skip(same).Take(8).Select(id => $"{tokenizer.PieceOrNull(id)} ({id})"))}";
    }

    private static string Shown(string text) => JsonSerializer.Serialize(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Length > 200 ? text[..200] : text)));

    private static string Here([CallerFilePath] string source = "") => Path.GetDirectoryName(source)!;
}
