using System.Text.Json;
using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>The doctor on folders that other code made: a sweep's own model, and the golden Phi-3 with a tokenizer that is not its own.</summary>
[NonParallelizable]
public sealed class DoctorTests
{
    [Test]
    public void The_model_of_a_sweep_and_the_worlds_pairs_pass_every_check()
    {
        using var micro = new MicroSweep();
        using Sweep sweep = micro.Open();
        string weights = Path.Combine(sweep.SftWinner(CancellationToken.None).Folder, "weights"), data = Path.Combine(micro.Folder, "pairs.jsonl");
        File.WriteAllLines(data, EmbeddedWorld.TrainingPairs(1, 200).Select(pair =>
            JsonSerializer.Serialize(new { prompt = pair.Prompt[^1].Text, chosen = pair.Chosen, rejected = pair.Rejected })));
        using var examination = new Examination(Input(weights, data, RecipeFile.Load(micro.Edited, "/"), micro.Options));
        foreach (Verdict verdict in All(examination))
        {
            TestContext.Out.WriteLine(verdict);
            Assert.That(verdict.Grade, Is.LessThan(Grade.Fail), verdict.ToString());
        }
    }

    [Test]
    public void The_golden_model_with_another_ones_tokenizer_is_refused_by_name()
    {
        string folder = Directory.CreateTempSubdirectory("doctor").FullName;
        try
        {
            foreach (string file in new[] { "config.json", "generation_config.json", "model.safetensors" })
                File.Copy(GoldenSet.File("phi3-tiny", file), Path.Combine(folder, file));
            File.Copy(GoldenSet.File("tokenizers", "sentencepiece", "tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
            string data = Path.Combine(folder, "pairs.jsonl");
            File.WriteAllText(data, """{"chosen":"\n\nHuman: hi\n\nAssistant: Hello.","rejected":"\n\nHuman: hi\n\nAssistant: What?"}""");
            using var examination = new Examination(Input(folder, data, RecipeFile.Load("paper", "/"), new() { SweepsFolder = "" }));
            Assert.That(examination.Weights().Select(verdict => verdict.Grade), Is.All.LessThan(Grade.Warn));
            Assert.That(examination.Template().Select(verdict => verdict.Grade), Is.All.LessThan(Grade.Warn));
            IEnumerable<Verdict> verdicts = examination.SpecialTokens().Concat(examination.FirstLoss());
            Assert.That(verdicts.Where(verdict => verdict.Grade == Grade.Fail).Select(verdict => verdict.Text), Is.EqualTo(new[]
            {
                "the tokenizer has 1011 tokens and the model 320: ids from 320 on have no embedding",
                "template phi-3 ends responses with <|end|> (1007), and generation stops at are (300), um (307), ec (301)",
                "the pairs have token 1010, and the model knows 320 tokens",
            }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ExaminationInput Input(string model, string data, Recipe recipe, SweepOptions options) => new()
    {
        Model = model,
        Data = data,
        Recipe = recipe,
        Device = options.Device,
        MicroBatch = options.RowsAtOnce,
        GenerationBatch = options.ResponsesAtOnce,
    };

    private static IEnumerable<Verdict> All(Examination examination) =>
    [
        .. examination.Weights(), .. examination.SpecialTokens(), .. examination.Rows(), .. examination.Template(), .. examination.Truncation(),
        .. examination.ResponseMasks(), .. examination.Memory(), .. examination.FirstLoss(),
    ];
}
