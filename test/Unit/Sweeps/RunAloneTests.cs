using System.Collections;
using System.Diagnostics;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Sweeps.Search;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A run by itself, of weights that are stored, against a leader that it is never behind: its slices, its stages and what it holds in them.</summary>
[NonParallelizable]
public sealed class RunAloneTests
{
    private const int Prompts = 2 * EarlyStopping.Slice + 10;

    private readonly SweepFolder _folder = new SweepFolder().With("own.json", "\"testPrompts\": 4", $"\"testPrompts\": {Prompts}").With("own.json", "\"maxNewTokens\": 6", "\"maxNewTokens\": 1");
    private readonly List<string> _log = [];
    private Recipe _recipe = null!;
    private SweepData _data = null!;
    private StoredRun _sft = null!;
    private int _opened, _freed;

    [OneTimeSetUp]
    public void Train()
    {
        _folder.Write("test.jsonl", string.Join('\n', Enumerable.Range(0, Prompts).Select(i => DoctorFolder.Line($"how {i}", "yes", "no"))));
        using (Sweep sweep = _folder.Open())
            _sft = sweep.SftWinner(CancellationToken.None);
        _recipe = _folder.Load();
        _data = _folder.Data();
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [SetUp]
    public void Forget()
    {
        _log.Clear();
        (_opened, _freed) = (0, 0);
    }

    // the last slice is no slice: all that is left is answered
    [TestCase(true, 1), TestCase(false, 3)]
    public void A_run_that_is_not_behind_answers_slice_by_slice_and_holds_judge_and_policy_together_where_they_fit(bool judgesStay, int loaded)
    {
        RunResult result = Execute(judgesStay ? "together" : "apart", inputs => inputs with { Contest = Even(), Memory = Plan(judgesStay) });
        Assert.That((result.FirstPrompts, result.Summary.Samples), Is.EqualTo(((int?)null, Prompts)));
        Assert.That(_log.Count(line => line.EndsWith("weights: stored, nothing is trained", StringComparison.Ordinal)), Is.EqualTo(loaded));
        Assert.That((_opened, _freed), Is.EqualTo((3, 2)), "after each slice, and when all is answered");
        Assert.That(_log, Has.One.Contains("generate: responses end at "), "however many slices there are");
        Assert.That(result.Summary.MeanScore, Is.EqualTo(_sft.Summary.MeanScore));
    }

    [Test]
    public void Stored_responses_are_only_scored_and_that_takes_time()
    {
        RunResult result = Execute("scored", inputs => inputs with { Contest = Even(), Names = Names with { Run = "scored" } });
        Assert.That(_log, Has.None.Contains("weights: ").And.None.Contains("generate: "));
        Assert.That(_log, Has.Some.StartsWith($"[{_sft.Point.Slug}] responses: those of "), "one judge has no tag");
        Assert.That(result.Facts.EvaluationSeconds, Is.GreaterThan(0));
    }

    // whoever reads the log takes their time
    [Test]
    public void Sampling_counts_as_evaluation()
    {
        var pause = TimeSpan.FromMilliseconds(300);
        var sampling = new Stopwatch();
        var scoring = new Stopwatch();
        RunResult result = Execute("timed", inputs => inputs, line =>
        {
            if (line.Contains("reached maxNewTokens", StringComparison.Ordinal))
                scoring.Start();
            if (!line.Contains("generate: responses end at ", StringComparison.Ordinal))
                return;
            sampling.Start();
            SpinWait.SpinUntil(() => sampling.Elapsed > pause);
        });
        Assert.That(result.Facts.EvaluationSeconds, Is.GreaterThan((scoring.Elapsed + pause / 2).TotalSeconds));
    }

    [TestCase("sampling", false), TestCase("sampling", true), TestCase("scoring", false), TestCase("reference pass", false)]
    public void The_stage_that_finds_no_memory_is_named(string stage, bool isSlice)
    {
        bool isSampled = false;
        var starved = new Starved<int[]>(_data.TestPrompts, () => stage == "scoring" && isSampled);
        SweepData data = _data with { TestPrompts = starved, HeldOut = new Starved<Alignment.Data.TokenizedPair>(_data.HeldOut, () => stage == "reference pass") };
        Assert.That(() => Execute($"no memory for {stage} {isSlice}", inputs => inputs with { Data = data, Contest = isSlice ? Even() : null }, line =>
        {
            isSampled |= line.Contains($"generate: {Prompts}/{Prompts} ", StringComparison.Ordinal);
            if (stage == "sampling" && line.Contains("generate: ", StringComparison.Ordinal))
                throw new InvalidOperationException("out of memory");
        }), Throws.TypeOf<StageOutOfMemoryException>().With.Message.StartsWith($"{stage} ran out of memory: it was estimated to take "));
    }

    private RunNames Names => new RunIdentity(_recipe, InputFingerprints.Of(_recipe, _folder.Options, _data, _folder.Options.Hashes(TimeProvider.System, _ => { }))).Of(_sft.Point, null);

    private MemoryPlan Plan(bool judgesStay) => MemoryPlan.Of(_recipe, judgesStay ? _folder.Options : _folder.CrowdedOptions(), _data);

    // itself
    private Contest Even() => new(_sft, new(_sft.Samples().ToDictionary(row => row.PromptIndex, row => row.Prompt)));

    private RunResult Execute(string name, Func<RunInputs, RunInputs> with, Action<string>? read = null)
    {
        RunNames names = Names;
        SweepOptions options = _folder.Options;
        var inputs = new RunInputs(_recipe, options, _data, line =>
        {
            _log.Add(line);
            read?.Invoke(line);
        })
        {
            Store = new(Path.GetDirectoryName(_sft.Folder)!, TimeProvider.System),
            Weights = new(Path.GetDirectoryName(_sft.Folder)!, TimeProvider.System),
            Names = new(name, names.Weights, name, name),
            OfTraining = [(_sft.Point, names.Weights)],
            Memory = Plan(judgesStay: true),
            Judge = "gold",
            Gold = () =>
            {
                _opened++;
                return _folder.OpenGold(_data);
            },
            FreeGold = () => _freed++,
            ChosenScores = [.. _sft.Samples().Select(row => row.ChosenScore)],
            Sft = null,
            Ranks = new(_recipe, options, () => _data, () => options),
        };
        return new Run(_sft.Point, Directory.CreateDirectory(_folder.PathOf("runs/" + name)).FullName, with(inputs)).Execute(CancellationToken.None);
    }

    private sealed class Starved<T>(IReadOnlyList<T> all, Func<bool> isStarved) : IReadOnlyList<T>
    {
        public int Count => isStarved() ? throw new InvalidOperationException("DefaultCPUAllocator: can't allocate memory") : all.Count;

        public T this[int index] => all[index];

        public IEnumerator<T> GetEnumerator() => all.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
