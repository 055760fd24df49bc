using System.Globalization;
using System.Text.Json;
using Alignment.Files;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>
/// Trains a point's weights once, whichever run asks for them first. They are worked on in weights/ID.work: a killed process's training goes on
/// at its last checkpoint, and the folder gets its name when everything in it is on the disk.
/// </summary>
internal sealed class TrainedWeights(GridPoint point, RunInputs inputs)
{
    private readonly string _name = inputs.Names.Weights;

    /// <summary>The trained model: stored, or trained now.</summary>
    /// <exception cref="InvalidOperationException">The weights were dropped, and training them again was not asked for.</exception>
    public Decoder Policy(CancellationToken cancel)
    {
        if (point.Method == Grid.Start)
            inputs.Log($"[{point.Slug}] no SFT: every run starts from the policy's folder as it is");
        if (IsGiven)
            return inputs.Models.Start();
        using RunLock held = inputs.Weights.Take(_name, owner => inputs.Log($"[{point.Slug}] waiting: {owner} trains it"), cancel);
        string work = inputs.Weights.WorkFolder(_name);
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
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        return trained ?? inputs.Models.Load(inputs.Weights.Folder(_name), inputs.StartWeights);
    }

    private string? TakeFromOtherSweep(string model)
    {
        string? other = inputs.Others.TakeFolder(Path.Combine("weights", _name), WeightStore.LockOf(_name), model);
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

    private Decoder Train(string work, RunLock held, CancellationToken cancel)
    {
        string training = Path.Combine(work, "training"), model = Path.Combine(work, "model");
        Decoder policy = inputs.StartWeights is { } start ? inputs.Models.Load(start) : inputs.Models.Start();
        Leftovers.RemoveAll(work);
        TrainingResult result = point.Method == Grid.Start ? new(0, 0, 0) : inputs.In(point.Method == Grid.Sft ? "SFT" : "preference", () => Train(policy, training, cancel));
        if (inputs.Sft == null)
            policy.Adapters?.Merge(); // preference runs start from a whole model
        if (Directory.Exists(model))
            Directory.Delete(model, recursive: true);
        inputs.Models.Save(policy, model, inputs.StartWeights);
        AtomicFile.WriteText(Path.Combine(model, "training.json"), new TrainingTime(result.Tokens, result.Seconds).ToJson());
        if (File.Exists(Path.Combine(training, "steps.jsonl")))
            File.Copy(Path.Combine(training, "steps.jsonl"), Path.Combine(model, "steps.jsonl"));
        held.Require();
        inputs.Weights.Complete(_name, model);
        return policy;
    }

    private TrainingResult Train(Decoder policy, string folder, CancellationToken cancel)
    {
        var training = new PointTraining(point, inputs.Recipe, inputs.Data);
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
            Point = point,
            Folder = folder,
            Reference = reference is null ? null : [reference.ChosenSums, reference.RejectedSums, reference.ChosenSharedSums, reference.RejectedSharedSums],
        });
        IPolicyGoal goal = training.Goal(reference, second is null ? null : new(policy, second, inputs.Options.Speed.Device));
        var run = new TrainingRun
        {
            Folder = folder,
            EventFolder = inputs.Options.TensorBoard ? inputs.Weights.EventFolder(_name) : null,
            Speed = inputs.Options.Speed,
            Progress = progress,
        };
        return new Trainer(policy, goal, training.Settings, run).Train(cancel);
    }

    private string Ranks(TrainingSettings settings) => inputs.Options.Ranks.Ranks is 1 ? ""
        : FormattableString.Invariant($" on {inputs.Options.Ranks.Ranks} ranks, at most {inputs.Options.Speed.RowsAtOnce(settings.BatchSize)} rows at once on each");

    private string Precision => inputs.Recipe.Policy.Precision == Models.Precision.Float32 ? "" : " in bfloat16, with masters in float32";

    private ReferenceLogProbs Reference(Decoder start, CancellationToken cancel) => inputs.In("reference pass", () =>
        SharedReference.Of(inputs.Folder, start, inputs.Sft!.Weights, inputs.Data, inputs.Options.Speed, line => inputs.Log($"[{point.Slug}] {line}"),
            () => inputs.Ranks.Ask(new(RankTask.Reference, new(inputs.StartWeights))), cancel));
}

/// <summary>training.json: what training cost, interruptions included.</summary>
internal sealed record TrainingTime(long Tokens, double Seconds)
{
    public static TrainingTime Read(string path) => JsonSerializer.Deserialize<TrainingTime>(File.ReadAllText(path))!;

    public string ToJson() => JsonSerializer.Serialize(this) + "\n";
}
