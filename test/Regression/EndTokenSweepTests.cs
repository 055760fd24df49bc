using System.Text.Json;
using Alignment.Data.World;
using Alignment.Evaluation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tokenization;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>A policy folder with end tokens beside the template's, and a model that answers one token to everything.</summary>
[NonParallelizable]
public sealed class EndTokenSweepTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("end-tokens").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    // the world's <|endoftext|> is 763, <|user|> 765, the template's <|end|> 767
    [TestCase(763, "767", "[763, 767]", TestName = "A_response_stops_at_every_end_of_a_list_in_generation_config")]
    [TestCase(763, "767", "763", TestName = "A_response_stops_at_one_end_in_generation_config")]
    [TestCase(765, "765", "[763]", TestName = "A_response_stops_at_the_end_of_config_that_generation_config_lacks")]
    [TestCase(767, "763", "763", TestName = "A_response_stops_at_the_template_s_end_that_no_file_names")]
    public void Stops(int answer, string config, string generation)
    {
        WritePolicy(answer, config, generation);
        using MicroSweep micro = Micro();
        using Sweep sweep = micro.Open();
        StoredRun run = sweep.SftWinner(CancellationToken.None);
        SampleRow[] rows = [.. run.Samples()];
        Assert.That(rows, Has.Length.EqualTo(24));
        Assert.That(rows.Select(row => row.Tokens), Is.All.EqualTo(new[] { answer }));
        Assert.That(rows.Select(row => (row.Ended, row.Response)), Is.All.EqualTo((true, "")), "an end is no text");
        string end = EmbeddedWorld.Tokenizer.NameOf(answer);
        Assert.That(micro.Log, Has.Some.Contains("generate: responses end at <|end|> (767)").And.Contains(end));
        Assert.That(run.Facts.Environment["responses end at"], Does.Contain(end));

        // the SFT run's own folder tells the ends on
        StoredRun dpo = sweep.Run(micro.Points[0], CancellationToken.None);
        Assert.That(dpo.Samples().Select(row => row.Tokens), Is.All.EqualTo(new[] { answer }));
    }

    [Test]
    public void An_answer_that_is_no_end_goes_on_to_the_limit()
    {
        WritePolicy(766, "767", "[763, 767]");
        using MicroSweep micro = Micro();
        using Sweep sweep = micro.Open();
        SampleRow[] rows = [.. sweep.SftWinner(CancellationToken.None).Samples()];
        Assert.That(rows.Select(row => (row.Tokens.Count, row.Ended)), Is.All.EqualTo((24, false)));
    }

    [Test]
    public void An_id_behind_the_tokenizer_s_vocabulary_is_no_text_and_no_failure()
    {
        WritePolicy(790, "767", "767", spareRows: 32);
        using MicroSweep micro = Micro();
        using Sweep sweep = micro.Open();
        SampleRow[] rows = [.. sweep.SftWinner(CancellationToken.None).Samples()];
        Assert.That(rows.Select(row => (row.Tokens[^1], row.Ended, row.Response)), Is.All.EqualTo((790, (bool?)false, "")));
        Assert.That(micro.Log, Has.Some.Contains("responses: 24 of 24 (100.0 %) hold ids that stand for no text"));
    }

    [Test]
    public void An_end_outside_the_vocabulary_stops_the_sweep_by_name()
    {
        WritePolicy(763, "767", "[763, 5000]");
        using MicroSweep micro = Micro();
        using Sweep sweep = micro.Open();
        Assert.That(() => sweep.SftWinner(CancellationToken.None), Throws.TypeOf<RecipeException>().With.Message.EqualTo(
            $"{Path.Combine(_folder, "policy", "generation_config.json")} is no generation configuration this code can run: $.eos_token_id 5000 is outside the vocabulary of 768 tokens"));
    }

    private MicroSweep Micro() => new(
        ("\"width\": 32, \"layers\": 2, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 64, \"maxPositions\": 128", $"\"folder\": {JsonSerializer.Serialize(Path.Combine(_folder, "policy"))}"),
        ("\"learningRate\": [2e-3]", "\"learningRate\": [1e-12]"), ("\"learningRate\": [1e-3]", "\"learningRate\": [1e-12]"));

    // one direction of the embedding is the same for every token, and only the answer's row of the head reads it
    private void WritePolicy(int answer, string config, string generation, int spareRows = 0)
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer;
        using Decoder model = Decoder.Initialised(new DecoderConfig
        {
            Shape = new ModelShape { Vocabulary = tokenizer.VocabularySize + spareRows, Width = 16, Layers = 1, Heads = 2, KeyValueHeads = 1, MlpWidth = 24, MaxPositions = 128 },
            EndTokens = [0],
        }, 1);
        using (no_grad())
        using (var scope = NewDisposeScope())
        {
            model.named_parameters().Single(item => item.name == "model.embed_tokens.weight").parameter.select(1, 0).fill_(5);
            model.Head.fill_(0);
            model.Head.select(0, answer).select(0, 0).fill_(10);
        }

        string folder = Path.Combine(_folder, "policy");
        model.Save(folder, new Dictionary<string, byte[]>());
        string path = Path.Combine(folder, "config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"eos_token_id\": 0", $"\"eos_token_id\": {config}", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), $$"""{ "eos_token_id": {{generation}} }""");
    }
}
