using Alignment.Data.World;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Regression.Ranks;
using NUnit.Framework;
using Parquet.Serialization;

namespace Alignment.Tests.Regression;

/// <summary>A sweep on responses that are labelled one by one, from a Parquet file to its report: killed in training, and by two ranks.</summary>
[NonParallelizable]
public sealed class LabelledSweepTests
{
    private readonly string _policy = MicroSweep.NewPolicyFolder();
    private MicroSweep _micro = null!;

    [OneTimeSetUp]
    public void RunUndisturbed()
    {
        _micro = new(MicroSweep.Policy(_policy),
            ("\"world\": { \"trainingPairs\": 48 }", "\"train\": { \"file\": \"labels.parquet\" }, \"split\": { \"test\": 0.25 }"),
            ("\"gold\": { \"world\": {} }", "\"gold\": { \"folder\": \"judge\", \"maxLength\": 64 }"),
            ("\"DPO\": { \"beta\": [0.1] },\n    \"LN-DPO\": { \"beta\": [2.0] },\n    \"SimPO\": { \"beta\": [2.0], \"gammaBetaRatio\": [0.5] }", "\"KTO\": { \"beta\": [0.1], \"undesirableWeight\": [1.2] }"));
        string root = Path.GetDirectoryName(_micro.Edited)!;
        Row[] rows = [.. EmbeddedWorld.TrainingPairs(5, 60).Select((pair, i) => new Row { prompt = pair.Prompt[^1].Text, completion = i % 2 == 0 ? pair.Chosen : pair.Rejected, label = i % 2 == 0 })];
        using (FileStream file = File.Create(Path.Combine(root, "labels.parquet")))
            ParquetSerializer.SerializeAsync(rows, file).GetAwaiter().GetResult();
        using NeoXReward judge = NeoXReward.Create(new() { Vocabulary = EmbeddedWorld.Tokenizer.VocabularySize, Width = 16, Layers = 1, Heads = 2, MlpWidth = 16, RotaryFraction = 1, MaxPositions = 128 }, 5);
        judge.Save(Path.Combine(root, "judge"));
        foreach ((string name, byte[] content) in RecipeTokenizer.Files(RecipeFile.Load(MicroSweep.RecipePath, "/"), new SweepOptions { SweepsFolder = "" }))
            File.WriteAllBytes(Path.Combine(root, "judge", name), content);
        (IReadOnlyList<string> lines, bool ended) = ChildProcess.Run(_micro.Edited, Whole);
        Assert.That(ended, string.Join('\n', lines));
        Assert.That(lines, Has.Some.EqualTo("labels.parquet: read as unpaired: prompt = prompt, completion = completion, label = label; told by the file's columns")
            .And.Some.Match(@"^training: \d+ of 45 responses are labelled desirable; SFT learns these$"));
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _micro.Dispose();
        Directory.Delete(Path.GetDirectoryName(_policy)!, recursive: true);
    }

    [Test]
    public void Killed_while_it_trains_it_goes_on_and_ends_with_the_same_bits()
    {
        const string Marker = "[KTO-b0.1-wu1.2-lr1e-3-e1] train: step 3/6";
        Assert.That(ChildProcess.Run(_micro.Edited, _micro.Sweeps, Marker).Lines, Has.Some.Contains(Marker), "the marker was printed, so the kill came there");
        Assert.That(ChildProcess.Run(_micro.Edited, _micro.Sweeps).Ended);
        Assert.That(StoreFiles.Results(_micro.Sweeps), Is.EqualTo(StoreFiles.Results(Whole)));
    }

    [Test]
    public void Two_ranks_store_what_one_stores()
    {
        Mpirun.Require();
        string two = _micro.Sweeps + "-two";
        Mpirun.Run(2, "sweep", _micro.Edited, two);
        Assert.That(StoreFiles.Results(two), Is.EqualTo(StoreFiles.Results(Whole)));
    }

    private string Whole => _micro.Sweeps + "-whole";

#pragma warning disable IDE1006 // the names of columns
    private sealed class Row
    {
        public string? prompt { get; set; }

        public string? completion { get; set; }

        public bool label { get; set; }
    }
}
