using System.Text.Json;
using Alignment.Data;
using Alignment.Files;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Tokenization;
using Alignment.Training;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>
/// Trains a recipe's gold model once per sweep folder; other processes wait for it and then read it. It is worked on in gold-ID.work, as a run is: a
/// killed process's training goes on at its last checkpoint.
/// </summary>
internal sealed class GoldTraining(Recipe recipe, TrainedGold gold, SweepOptions options, string sweepFolder)
{
    // of the gold model's own pairs, by prompt: these choose the epoch, and these only measure
    private static readonly SplitShares s_shares = new(Reward: 0.1, Test: 0.15);

    /// <summary>The trained model's folder.</summary>
    public string Folder(SweepData data, Action<string> log, CancellationToken cancel)
    {
        string folder = Path.Combine(sweepFolder, Identity(recipe, gold, data));
        using RunLock held = RunLock.Take(Path.Combine(sweepFolder, "locks", Path.GetFileName(folder) + ".lock"), TimeProvider.System,
            owner => log($"[gold] waiting: {owner} trains it"), cancel);
        string work = folder + ".work", name = Path.GetFileName(folder), model = Path.Combine(work, "model");
        if (Directory.Exists(folder))
            log("[gold] stored, nothing is trained");
        else if (new OtherSweeps(sweepFolder).TakeFolder(name, name, model) is { } other)
        {
            log($"[gold] that of sweep {other}, nothing is trained");
            Directory.Move(model, folder);
        }
        else
            Train(work, folder, data, log, cancel);
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        return folder;
    }

    /// <summary>The folder's name: a fingerprint of all that decides the model.</summary>
    public static string Identity(Recipe recipe, TrainedGold gold, SweepData data) => "gold-" + Fingerprint.Of(
        JsonSerializer.Serialize(new { gold.Shape, gold.Training, recipe.Seed, Pairs = ContentHash.Of(data.Reward), data.TokenizerFingerprint }), 10);

    /// <summary>A line on how well the model in a folder tells chosen from rejected.</summary>
    public static string Describe(string folder)
    {
        PairAccuracy accuracy = JsonSerializer.Deserialize<PairAccuracy>(File.ReadAllText(Path.Combine(folder, "accuracy.json")))!;
        return $"gold model: held-out accuracy {accuracy}";
    }

    /// <summary>About how long training takes, by a step that is timed here; 0 where the model is stored. Early stopping may end it sooner.</summary>
    public double Seconds(SweepData data)
    {
        if (Directory.Exists(Path.Combine(sweepFolder, Identity(recipe, gold, data))))
            return 0;
        RewardTrainingSettings settings = gold.Training with { Seed = recipe.Seed };
        RewardData pairs = Pairs(data);
        using NeoXReward network = Network(data);
        using var goal = new RewardGoal(network, pairs, settings);
        int[] batch = RewardOrder.Batches(pairs.Train, settings, epoch: 0)[0];
        double step = TimedStep.Seconds(options, () => goal.AddGradient(batch));
        return step * settings.Epochs * Enumerable.Range(0, pairs.Train.Count).Sum(goal.Tokens) / batch.Sum(goal.Tokens);
    }

    private RewardData Pairs(SweepData data)
    {
        PromptSplit split = PromptSplit.Of(data.Reward, s_shares, recipe.Seed);
        return new() { Train = Of(split.Training), Validation = Of(split.Reward), HeldOut = Of(split.Test) };

        RewardPair[] Of(IReadOnlyList<PreferencePair> pairs) => [.. pairs.Select(pair => Tokens(data.Tokenizer, pair))];
    }

    private NeoXReward Network(SweepData data)
    {
        NeoXReward network = NeoXReward.Create(gold.Shape with { Vocabulary = data.Tokenizer.VocabularySize }, recipe.Seed);
        if (options.Device != "cpu")
            network.to(torch.device(options.Device));
        return network;
    }

    private void Train(string work, string folder, SweepData data, Action<string> log, CancellationToken cancel)
    {
        Leftovers.RemoveAll(work);
        using NeoXReward network = Network(data);
        string training = Path.Combine(work, "training"), model = Path.Combine(work, "model");
        var run = new TrainingRun { Folder = training, Speed = options.Speed, Progress = new ProgressLines("[gold] train", options.ProgressSeconds, log) };
        RewardData pairs = Pairs(data);
        RewardPair[] all = [.. pairs.Train, .. pairs.Validation, .. pairs.HeldOut];
        int cut = all.Count(pair => Math.Max(pair.Chosen.Length, pair.Rejected.Length) > gold.Training.MaxLength);
        log($"[gold] train: {new Share(cut, all.Length)} pairs lose their beginning to the gold model's maxLength {gold.Training.MaxLength}");
        RewardTrainingResult result = RewardTraining.Run(network, pairs, gold.Training with { Seed = recipe.Seed }, run, cancel);

        if (Directory.Exists(model))
            Directory.Delete(model, recursive: true);
        network.Save(model, RecipeTokenizer.ModelFiles(recipe, options, data.Tokenizer.Template));
        File.Copy(Path.Combine(training, "steps.jsonl"), Path.Combine(model, "steps.jsonl"));
        AtomicFile.WriteText(Path.Combine(model, "accuracy.json"), JsonSerializer.Serialize(new { result.HeldOut.Right, result.HeldOut.Total, result.HeldOut.Ties }) + "\n");
        Directory.Move(model, folder);
    }

    private static RewardPair Tokens(ModelTokenizer tokenizer, PreferencePair pair)
    {
        if (tokenizer.Template is FolderTemplate && tokenizer.EncodePair(pair.Prompt, pair.Chosen, pair.Rejected) is var written)
            return new(pair.Source, [.. written.Prompt, .. written.Chosen], [.. written.Prompt, .. written.Rejected]);
        IReadOnlyList<int> prompt = tokenizer.Encode(pair.Prompt, addGenerationPrompt: true);
        return new(pair.Source, [.. prompt, .. tokenizer.EncodeResponse(pair.Chosen)], [.. prompt, .. tokenizer.EncodeResponse(pair.Rejected)]);
    }
}
