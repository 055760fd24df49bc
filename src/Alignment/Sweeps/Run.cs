using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Training;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>
/// One grid point from start to end: trained policy → responses → scores → sample rows → summary. Each arrow leaves a file in the run's work
/// folder, so that a killed run goes on where it was; the folder becomes the run when it is renamed.
/// </summary>
internal sealed class Run(GridPoint point, string folder, RunInputs inputs)
{
    /// <summary>Runs what is not done yet.</summary>
    public (RunSummary Summary, RunFacts Facts) Execute(CancellationToken cancel)
    {
        using Decoder policy = TrainedPolicy(cancel);
        TrainingTime training = TrainingTime.Read(TrainingFile);
        var clock = Stopwatch.StartNew();

        string ends = string.Join(", ", inputs.EndTokens(policy).Select(id => inputs.Data.Tokenizer.NameOf(id)));
        inputs.Log($"[{point.Slug}] generate: responses end at {ends}, the end of template {inputs.Data.Tokenizer.Template.Name} and the policy's eos_token_id");
        IReadOnlyList<SampledResponse> responses = new ResponseFile(Path.Combine(folder, "responses.jsonl"))
            .Complete(policy, inputs, Progress("generate"), cancel);
        string[] texts = [.. responses.Select(response => inputs.Data.Tokenizer.Decode(response.Said.ToArray()))];
        IReadOnlyList<double> scores = inputs.Gold.Score(inputs.Data.Test, texts);
        IReadOnlyList<SampleRow> samples = SampleRows(policy, responses, texts, scores);
        AtomicFile.WriteText(Path.Combine(folder, "samples.jsonl"), string.Concat(samples.Select(row => SampleFile.Line(row) + "\n")));

        RunSummary summary = Summaries.Summarise(samples, inputs.Recipe.Seed);
        return (summary, new RunFacts
        {
            TrainingSeconds = training.Seconds,
            TokensPerSecond = training.Tokens / training.Seconds,
            EvaluationSeconds = clock.Elapsed.TotalSeconds,
            Environment = RunEnvironment.Describe(inputs.Options, ends),
        });
    }

    private string TrainingFile => Path.Combine(folder, "training.json");

    // weights/ appears by a rename when training is over, so it is either whole or not there
    private Decoder TrainedPolicy(CancellationToken cancel)
    {
        string weights = Path.Combine(folder, "weights"), training = Path.Combine(folder, "training");
        if (Directory.Exists(weights))
            return inputs.Models.Load(weights, inputs.Sft);
        Decoder policy = inputs.Sft is { } start ? inputs.Models.Load(inputs.Models.Weights(start)) : inputs.Models.Start();
        if (point.Method == Grid.Start)
            return Untrained(policy, weights);
        IPolicyGoal goal = Goal(policy, cancel);
        TrainingSettings settings = Settings();
        if (Grid.Lora(inputs.Recipe, point) is { } lora)
            LoraAdapters.Attach(policy, lora, settings.Seed);
        var trainer = new Trainer(policy, goal, settings, new TrainingRun { Folder = training, Speed = inputs.Options.Speed, Progress = Progress("train") });
        TrainingResult result = trainer.Train(cancel);
        AtomicFile.WriteText(TrainingFile, new TrainingTime(result.Tokens, result.Seconds).ToJson());
        File.Copy(Path.Combine(training, "steps.jsonl"), Path.Combine(folder, "steps.jsonl"), overwrite: true);
        if (inputs.Sft == null)
            policy.Adapters?.Merge(); // preference runs start from a whole model
        inputs.Models.Save(policy, weights, inputs.Sft);
        Directory.Delete(training, recursive: true);
        return policy;
    }

    private Decoder Untrained(Decoder policy, string weights)
    {
        inputs.Log($"[{point.Slug}] no SFT: every run starts from the policy's folder as it is");
        AtomicFile.WriteText(TrainingFile, new TrainingTime(0, 0).ToJson());
        inputs.Models.SaveMerged(policy, weights);
        return policy;
    }

    private IPolicyGoal Goal(Decoder start, CancellationToken cancel)
    {
        if (point.Method == Grid.Sft)
            return new SftGoal(inputs.Data.Training);
        Objectives.Objective objective = Methods.Objective(point);
        return new PreferenceGoal(objective, inputs.Data.Training, objective.NeedsReference ? Reference(start, cancel) : null);
    }

    // one process computes it, the others wait and read it
    private ReferenceLogProbs Reference(Decoder start, CancellationToken cancel)
    {
        using RunLock held = RunLock.Take(Path.Combine(inputs.Folder, "locks", "reference.lock"), TimeProvider.System,
            owner => inputs.Log($"[{point.Slug}] waiting for the reference pass: {owner} runs it"), cancel);
        return ReferencePass.Run(start, inputs.Data.Training, Path.Combine(inputs.Folder, "reference"), inputs.Options.Speed, cancel);
    }

    private TrainingSettings Settings()
    {
        StageGrid grid = Grid.Stage(inputs.Recipe, point)!;
        PointValues at = PointValues.Of(point);
        return grid.Training with { LearningRate = at[Grid.LearningRate.Name], Epochs = (int)at[Grid.Epochs.Name], Seed = (ulong)at.Or(Grid.Seed, grid.Training.Seed) };
    }

    private IReadOnlyList<SampleRow> SampleRows(
        Decoder policy, IReadOnlyList<SampledResponse> responses, IReadOnlyList<string> texts, IReadOnlyList<double> scores)
    {
        IReadOnlyList<double> policyLogProbs = inputs.LogProbs(policy, responses);
        IReadOnlyList<double> sftLogProbs = policyLogProbs, sftScores = scores;
        if (inputs.Sft is { } sft)
        {
            sftLogProbs = SftLogProbs(policy, sft, responses);
            sftScores = [.. sft.Samples().OrderBy(row => row.PromptIndex).Select(row => row.Score)];
        }

        return [.. responses.Select((response, index) => new SampleRow
        {
            PromptIndex = index,
            Prompt = PromptText.Of(inputs.Data.Test[index].Prompt),
            Chosen = inputs.Data.Test[index].Chosen,
            Response = texts[index],
            Tokens = response.Tokens,
            Ended = response.Ended,
            Score = scores[index],
            ChosenScore = inputs.ChosenScores[index],
            SftScore = sftScores[index],
            PolicyLogProb = policyLogProbs[index],
            SftLogProb = sftLogProbs[index],
        })];
    }

    // with its adapters off, the policy is the SFT model
    private IReadOnlyList<double> SftLogProbs(Decoder policy, StoredRun sft, IReadOnlyList<SampledResponse> responses)
    {
        if (policy.Adapters is { } adapters)
            using (adapters.Off())
                return inputs.LogProbs(policy, responses);
        using Decoder start = inputs.Models.Load(inputs.Models.Weights(sft));
        return inputs.LogProbs(start, responses);
    }

    private ProgressLines Progress(string what) => new($"[{point.Slug}] {what}", inputs.Options.ProgressSeconds, inputs.Log);
}

/// <summary>training.json: what training cost, interruptions included.</summary>
internal sealed record TrainingTime(long Tokens, double Seconds)
{
    public static TrainingTime Read(string path) => JsonSerializer.Deserialize<TrainingTime>(File.ReadAllText(path))!;

    public string ToJson() => JsonSerializer.Serialize(this) + "\n";
}

/// <summary>Machine, versions, and what ended the responses, as stored with each run.</summary>
internal static class RunEnvironment
{
    public static IReadOnlyDictionary<string, string> Describe(SweepOptions options, string responseEnds) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["device"] = options.Device,
        ["responses end at"] = responseEnds,
        ["threads"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
        ["processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["torchsharp"] = typeof(torch).Assembly.GetName().Version?.ToString() ?? "",
        ["alignment"] = typeof(RunEnvironment).Assembly.GetName().Version?.ToString() ?? "",
    };
}
