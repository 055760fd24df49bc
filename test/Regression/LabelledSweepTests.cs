using Alignment.Data;
using Alignment.Data.World;
using Alignment.Distributed;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Regression.Ranks;
using NUnit.Framework;
using Parquet.Serialization;

namespace Alignment.Tests.Regression;

/// <summary>A sweep on responses that are labelled one by one, from a Parquet file to its report: killed in training, and undisturbed by two ranks.</summary>
[NonParallelizable]
public sealed class LabelledSweepTests
{
    private readonly string _policy = MicroSweep.NewPolicyFolder();
    private MicroSweep _micro = null!;

    [OneTimeSetUp]
    public void WriteFiles()
    {
        _micro = new(MicroSweep.Policy(_policy),
            ("\"world\": { \"trainingPairs\": 48 }", "\"train\": { \"file\": \"labels.parquet\" }, \"test\": { \"file\": \"test.parquet\" }"),
            ("\"gold\": { \"world\": {} }", "\"gold\": { \"folder\": \"judge\", \"maxLength\": 64 }"),
            ("\"DPO\": { \"beta\": [0.1] },\n    \"LN-DPO\": { \"beta\": [2.0] },\n    \"SimPO\": { \"beta\": [2.0], \"gammaBetaRatio\": [0.5] }", "\"KTO\": { \"beta\": [0.1], \"undesirableWeight\": [1.2] }"));
        string root = Path.GetDirectoryName(_micro.Edited)!;
        Write("labels.parquet", EmbeddedWorld.TrainingPairs(5, 48)); // whole batches, of which two ranks have the micro-batches of one
        Write("test.parquet", EmbeddedWorld.TestPrompts(5, 12));
        using NeoXReward judge = NeoXReward.Create(new() { Vocabulary = EmbeddedWorld.Tokenizer.VocabularySize, Width = 16, Layers = 1, Heads = 2, MlpWidth = 16, RotaryFraction = 1, MaxPositions = 128 }, 5);
        judge.Save(Path.Combine(root, "judge"));
        foreach ((string name, byte[] content) in RecipeTokenizer.Files(RecipeFile.Load(MicroSweep.RecipePath, "/"), new SweepOptions { SweepsFolder = "" }))
            File.WriteAllBytes(Path.Combine(root, "judge", name), content);

        void Write(string name, IEnumerable<PreferencePair> pairs)
        {
            using FileStream file = File.Create(Path.Combine(root, name));
            ParquetSerializer.SerializeAsync(pairs.Select((pair, i) => new Row { prompt = pair.Prompt[^1].Text, completion = i % 2 == 0 ? pair.Chosen : pair.Rejected, label = i % 2 == 0 }), file)
                .GetAwaiter().GetResult();
        }
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _micro.Dispose();
        Directory.Delete(Path.GetDirectoryName(_policy)!, recursive: true);
    }

    // the undisturbed one is that of two ranks, where there is an mpirun
    [Test]
    public void Killed_while_it_trains_it_goes_on_and_ends_with_the_bits_of_an_undisturbed_one_of_two_ranks()
    {
        const string Marker = "[KTO-b0.1-wu1.2-lr1e-3-e1] train: step 3/6";
        string whole = _micro.Sweeps + "-whole";
        if (MpiRun.IsPresent)
            Mpirun.Run(2, "sweep", _micro.Edited, whole);
        else
            Assert.That(ChildProcess.Run(_micro.Edited, whole).Ended);
        Assert.That(ChildProcess.Run(_micro.Edited, _micro.Sweeps, Marker).Lines, Has.Some.Contains(Marker), "the marker was printed, so the kill came there");
        (IReadOnlyList<string> lines, bool ended) = ChildProcess.Run(_micro.Edited, _micro.Sweeps);
        Assert.That(ended, string.Join('\n', lines));
        Assert.That(lines, Has.Some.EqualTo("labels.parquet: read as unpaired: prompt = prompt, completion = completion, label = label; told by the file's columns")
            .And.Some.EqualTo("training: 24 of 48 responses are labelled desirable; SFT learns these").And.None.StartsWith("[SFT-lr2e-3-e1] train: step"));
        Assert.That(StoreFiles.Results(_micro.Sweeps), Is.EqualTo(StoreFiles.Results(whole)));
        Assert.That(StoreFiles.Results(whole).Keys, Has.Some.Contains("KTO-b0.1"));
    }

#pragma warning disable IDE1006 // the names of columns
    private sealed class Row
    {
        public string? prompt { get; set; }

        public string? completion { get; set; }

        public bool label { get; set; }
    }
}
