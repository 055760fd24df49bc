using System.Globalization;
using System.Text.Json;
using Alignment.Files;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>
/// Trains a point's weights once, whichever run asks for them first, and with them the averages of their last checkpoints that the recipe asks for. They are
/// worked on in weights/ID.work: a killed process's training goes on at its last checkpoint, and a folder gets its name when everything in it is on the disk.
/// </summary>
internal sealed class TrainedWeights(GridPoint point, RunInputs inputs)
{
    private const int AverageDigits = 6;
    private readonly string _name = inputs.Names.Weights;
    private readonly (GridPoint Point, string Weights) _trained = inputs.OfTraining[0];
    private readonly (GridPoint Point, string Weights)[] _averages = [.. inputs.OfTraining.Skip(1)];

    /// <summary>The trained model: stored, or trained now.</summary>
    /// <exception cref="InvalidOperationException">The weights were dropped, and training them again was not asked for.</exception>
    public Decoder Policy(CancellationToken cancel)
    {
        if (point.Method == Grid.Start)
            inputs.Log($"[{point.Slug}] no SFT: every run starts from the policy's folder as it is");
        if (IsGiven)
            return inputs.Models.Start();
        using RunLock held = inputs.Weights.Take(_trained.Weights, owner => inputs.Log($"[{point.Slug}] waiting: {owner} trains it"), cancel);
        string work = inputs.Weights.WorkFolder(_trained.Weights);
        Decoder? trained = null;
        if (inputs.Weights.Has(_name))
            inputs.Log($"[{point.Slug}] weights: stored, nothing is trained");
        else if (TakeFromOtherSweep(Path.Combine(work, "model")) is { } other)
            inputs.Log($"[{point.Slug}] weights: those of sweep {other}, nothing is trained");
        else if (inputs.Weights.WereDropped(_name) && !inputs.Options.Retrain)
            throw new InvalidOperationException(
                $"the weights of {_name} were dropped to save room (\"keepWeights\": \"best\"), and new responses need them: -p:Retrain=true trains them again");
        else
            trained = Train(work, held, cancel);
        if (Directory.Exists(work) && inputs.OfTraining.All(of => IsThere(of.Weights)))
            Directory.Delete(work, recursive: true);
        return trained ?? inputs.Models.Load(inputs.Weights.Folder(_name), inputs.StartWeights);
    }

    private string? TakeFromOtherSweep(string model)
    {
        string? other = inputs.Others.TakeFolder(Path.Combine("weights", _name), WeightStore.LockOf(_trained.Weights), model);
        if (other == null)
            return null;
        if (inputs.StartWeights is { } start)
            OtherSweeps.Rebase(model, Path.GetFullPath(start));
        inputs.Weights.Complete(_name, model);
        return other;
    }

    /// <summary>Where every rank finds the trained model.</summary>
    public RankModel Model => IsGiven ? new(null) : new(Path.GetFullPath(inputs.Weights.Folder(_name)), inputs.StartWeights);

    /// <summary>What training has cost.</summary>
    public TrainingTime Time => IsGiven ? new(0, 0) : TrainingTime.Read(Path.Combine(inputs.Weights.Folder(_name), "training.json"));

    // the policy's folder itself, of which no copy is made
    private bool IsGiven => point.Method == Grid.Start && inputs.Models.StartFolder != null;

    // trained before, if only its record is kept
    private bool IsThere(string name) => Directory.Exists(inputs.Weights.Folder(name));

    // null where averages were made of it, and stored in its place
    private Decoder? Train(string work, RunLock held, CancellationToken cancel)
    {
        // what a training without these averages has left is no beginning of one with them
        string averages = string.Join(' ', _averages.Select(of => Average(of.Point).Part));
        string training = Path.Combine(work, "training" + (averages.Length > 0 ? $"-{Fingerprint.Of(averages, AverageDigits)}" : ""));
        if (point.IsAverage && IsThere(_trained.Weights))
            inputs.Log($"[{point.Slug}] weights: {_trained.Point.Slug} was trained without its averages, and is trained once more for them");
        Decoder policy = inputs.StartWeights is { } start ? inputs.Models.Load(start) : inputs.Models.Start();
        Leftovers.RemoveAll(work);
        TrainingResult result = point.Method == Grid.Start ? new(0, 0, 0) : inputs.In(point.Method == Grid.Sft ? "SFT" : "preference", () => Train(policy, training, cancel));
        if (inputs.Sft == null)
            policy.Adapters?.Merge(); // preference runs start from a whole model
        Store(policy, _trained.Weights, new(result.Tokens, result.Seconds), (work, held), Path.Combine(training, "steps.jsonl"));
        if (_averages.Length == 0)
            return policy;
        using (policy)
            foreach ((GridPoint of, string name) in _averages)
            {
                WeightAverage average = Average(of);
                WeightAverages.Give(training, average, policy.Trained);
                Store(policy, name, new(0, 0), (work, held));
                inputs.Log($"[{of.Slug}] weights: the mean of {_trained.Point.Slug} after steps {string.Join(", ", average.StepsOf(result.Steps))} of {result.Steps}");
            }

        return null;
    }

    private WeightAverage Average(GridPoint of) => Grid.Average(inputs.Recipe, of)!;

    // what stands there is left, unless it is asked for
    private void Store(Decoder policy, string name, TrainingTime time, (string Folder, RunLock Held) work, string? steps = null)
    {
        if (name != _name && IsThere(name))
            return;
        string model = Path.Combine(work.Folder, "model");
        if (Directory.Exists(model))
            Directory.Delete(model, recursive: true);
        inputs.Models.Save(policy, model, inputs.StartWeights);
        AtomicFile.WriteText(Path.Combine(model, "training.json"), time.ToJson());
        if (File.Exists(steps))
            File.Copy(steps, Path.Combine(model, "steps.jsonl"));
        work.Held.Require();
        inputs.Weights.Complete(name, model);
    }

    private TrainingResult Train(Decoder policy, string folder, CancellationToken cancel)
    {
        var training = new PointTraining(_trained.Point, inputs.Recipe, inputs.Data);
        ReferenceLogProbs? reference = training.ReadsReferencePass ? Reference(policy, cancel) : null;
        using Decoder? second = training.NeedsModel ? inputs.StartWeights is { } start ? inputs.Models.Load(start) : inputs.Models.Start() : null;
        LoraSettings? lora = training.Attach(policy);
        string what = lora == null ? "all" : $"adapters of rank {lora.Rank} on {string.Join(", ", lora.Targets)}:";
        long parameters = policy.Trained.Values.Sum(parameter => parameter.numel());
        inputs.Log(string.Create(CultureInfo.InvariantCulture,
            $"[{point.Slug}] train: {what} {parameters:N0} parameters{Precision}{(second is null ? "" : ", beside a second model")}{Ranks(training.Settings)}"));
        var progress = new ProgressLines($"[{point.Slug}] train", inputs.Options.ProgressSeconds, inputs.Log);
        inputs.Ranks.Ask(new(RankTask.Train, new(inputs.StartWeights))
        {
            Point = _trained.Point,
            Pairs = inputs.Data.PairsFile,
            Folder = folder,
            Reference = reference is null ? null : [reference.ChosenSums, reference.RejectedSums, reference.ChosenSharedSums, reference.RejectedSharedSums],
        });
        IPolicyGoal goal = training.Goal(reference, second is null ? null : new(policy, second, inputs.Options.Speed.Device));
        var run = new TrainingRun
        {
            Folder = folder,
            EventFolder = inputs.Options.TensorBoard ? inputs.Weights.EventFolder(_trained.Weights) : null,
            Speed = inputs.Options.Speed,
            Averages = training.Averages,
            Progress = progress,
        };
        return new Trainer(policy, goal, training.Settings, run).Train(cancel);
    }

    private string Ranks(TrainingSettings settings) => inputs.Options.Ranks.Ranks is 1 ? ""
        : FormattableString.Invariant($" on {inputs.Options.Ranks.Ranks} ranks, at most {inputs.Options.Speed.RowsAtOnce(settings.BatchSize)} rows at once on each");

    private string Precision => inputs.Recipe.Policy.Precision == Models.Precision.Float32 ? "" : " in bfloat16, with masters in float32";

    private ReferenceLogProbs Reference(Decoder start, CancellationToken cancel) => inputs.In("reference pass", () =>
        SharedReference.Of(inputs.Folder, start, inputs.Sft!.Weights, inputs.Data, inputs.Options.Speed, line => inputs.Log($"[{point.Slug}] {line}"),
            () => inputs.Ranks.Ask(new(RankTask.Reference, new(inputs.StartWeights)) { Pairs = inputs.Data.PairsFile }), cancel));
}

/// <summary>training.json: what training cost, interruptions included.</summary>
internal sealed record TrainingTime(long Tokens, double Seconds)
{
    public static TrainingTime Read(string path) => JsonSerializer.Deserialize<TrainingTime>(File.ReadAllText(path))!;

    public string ToJson() => JsonSerializer.Serialize(this) + "\n";
}
