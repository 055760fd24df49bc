using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Alignment.Files;
using Alignment.Harness;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// As many pairs as HH-RLHF has, of its sizes, made into the data of a sweep with Llama 2's tokenizer by a process of its own: -p:Scale=true and -p:TokenizersDir=FOLDER.
/// </summary>
[NonParallelizable, Category("Scale")]
public sealed class PairScaleTests
{
    private const int Pairs = 160_000, Words = 30_000;

    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "pair-scale");

    [OneTimeSetUp]
    public void WriteFiles()
    {
        if (!Parameters.IsTrue("Scale") || Parameters.FullPath("TokenizersDir") is not { } tokenizers)
        {
            Assert.Ignore("160,000 pairs are a quarter of a gigabyte and want a real tokenizer: give -p:Scale=true and -p:TokenizersDir=FOLDER, with llama2.tokenizer.model in it");
            return;
        }

        Directory.CreateDirectory(_folder);
        File.Copy(Path.Combine(tokenizers, "llama2.tokenizer.model"), Path.Combine(_folder, "tokenizer.model"));
        using (var rows = new StreamWriter(Path.Combine(_folder, "pairs.jsonl")))
            foreach (string row in Rows())
                rows.WriteLine(row);
        File.WriteAllText(Path.Combine(_folder, "recipe.json"), """
            {
              "name": "pair-scale",
              "seed": 1,
              "policy": { "width": 32, "layers": 1, "heads": 2, "keyValueHeads": 2, "mlpWidth": 64, "maxPositions": 1024 },
              "data": { "train": { "format": "hh-rlhf", "file": "pairs.jsonl" }, "split": { "rewardModel": 0.1, "test": 0.01 }, "tokenizer": "tokenizer.model", "template": "plain-hh" },
              "gold": { "neox": { "width": 32, "layers": 1, "heads": 2, "mlpWidth": 64, "maxLength": 128, "epochs": 1, "learningRate": 1e-3, "batchSize": 16 } },
              "lengths": { "maxPrompt": 512, "maxTotal": 1024 },
              "sft": { "epochs": [1], "learningRate": [1e-3], "batchSize": 32 },
              "preference": { "epochs": [1], "learningRate": [1e-4], "batchSize": 32 },
              "methods": { "DPO": { "beta": [0.1] } },
              "generation": { "temperature": 0.7, "topP": 0.95, "maxNewTokens": 64 },
              "testPrompts": 1000
            }
            """);
    }

    [OneTimeTearDown]
    public void RemoveFiles()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void A_hundred_and_sixty_thousand_pairs_are_read_and_tokenized_in_20_seconds_and_a_gigabyte()
    {
        (IReadOnlyList<string> lines, bool ended) = ChildProcess.Run("data", Path.Combine(_folder, "recipe.json"));
        TestContext.Progress.WriteLine(string.Join('\n', lines));
        Assert.That(ended);
        double[] figures = [.. lines[^1].Split(' ').Where((_, i) => i is 4 or 9).Select(figure => double.Parse(figure, CultureInfo.InvariantCulture))];
        Assert.That(figures[0], Is.LessThan(20), "seconds");
        Assert.That(figures[1], Is.LessThan(954), "MiB: a gigabyte");
    }

    // transcripts of one to four exchanges, whose words are as often as those of a language (Zipf)
    private static IEnumerable<string> Rows()
    {
        var json = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var random = new SeededRandom(1, "pair-scale");
        string[] words = [.. Enumerable.Range(0, Words).Select(rank => Word(random, rank))];
        for (int row = 0; row < Pairs; row++)
        {
            StringBuilder prompt = new();
            int turns = 1 + 2 * random.NextInt(4);
            for (int turn = 0; turn < turns; turn++)
                prompt.Append(turn % 2 == 0 ? "\n\nHuman: " : "\n\nAssistant: ").Append(Text(random, words, turn % 2 == 0 ? 16 : 36));
            prompt.Append("\n\nAssistant: ");
            yield return JsonSerializer.Serialize(new { chosen = prompt + Text(random, words, 36), rejected = prompt + Text(random, words, 48) }, json);
        }
    }

    // the most frequent words are the shortest
    private static string Word(SeededRandom random, int rank)
    {
        const string Consonants = "bcdfghklmnprstvw", Vowels = "aeiou";
        return string.Concat(Enumerable.Range(0, 1 + (rank > 60 ? 1 : 0) + (rank > 2000 ? 1 + random.NextInt(2) : 0)).Select(_ => $"{Consonants[random.NextInt(Consonants.Length)]}{Vowels[random.NextInt(Vowels.Length)]}"));
    }

    // half to one and a half times the words, in sentences
    private static string Text(SeededRandom random, string[] words, int mean)
    {
        StringBuilder text = new();
        int count = mean / 2 + random.NextInt(mean + 1);
        for (int i = 0; i < count; i++)
        {
            string word = words[(int)Math.Pow(words.Length, random.NextDouble()) - 1];
            bool begins = i % 12 == 0, ends = i % 12 == 11 || i == count - 1;
            text.Append(begins ? char.ToUpperInvariant(word[0]) + word[1..] : word).Append(i == count - 1 ? "." : ends ? ". " : i % 7 == 6 ? ", " : " ");
        }

        return text.ToString();
    }
}
