using Alignment.Recipes;
using Alignment.Sweeps.Import;
using Alignment.Tests.Unit.Mutations;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Damaged results of another framework are read or give one error that names the file.</summary>
[NonParallelizable]
public class ResultMutationTests
{
    [Test]
    public void Three_hundred_damaged_manifests_are_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("results.json");
        File.WriteAllText(path, """
            { "name": "trl", "seed": 4, "sft": { "file": "sft.jsonl" }, "runs": [
              { "method": "DPO", "file": "a.jsonl", "parameters": { "beta": 0.1, "learning_rate": 5e-7 }, "seed": 2, "seconds": 60 },
              { "method": "SimPO", "file": "b.jsonl", "parameters": { "beta": 2.0, "gamma": "1.0", "learningRate": "1e-6" } } ] }
            """);
        new MutationRun(path, typeof(RecipeException)).Read(300, () => ResultManifest.Load(path).Runs.Count);
    }

    [Test]
    public void Three_hundred_damaged_files_of_scored_responses_are_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("scored.jsonl");
        File.WriteAllText(path, """
            {"prompt":"a","response":"b","score":1.5,"chosen":"c","chosen_score":-2e3,"tokens":[1,2,3],"policy_log_prob":-4.5,"sft_log_prob":-5,"ended":true}
            {"prompt":[{"role":"user","content":"a"}],"response":"b\ud83d\ude00","score":0,"length":7}

            """);
        new MutationRun(path, typeof(InvalidDataException)).Read(300, () => ResultRow.Read(path).Sum(row => row.Row.Words().Count));
    }
}
