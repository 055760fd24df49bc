using System.Text;
using System.Text.Json;
using Alignment.Data;
using Alignment.Files;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Tokenization;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>
/// Trains a recipe's gold model once per sweep folder; other processes wait for it and then read it. It is worked on in gold-ID.work, as a run is: a
/// killed process's training goes on at its last checkpoint.
/// </summary>
/// <param name="gold">The model.</param>
/// <param name="setting">What it shares with the sweep's other judges.</param>
/// <param name="identity">Its identity, the name of its folder.</param>
/// <param name="sweepFolder">The sweep's folder.</param>
internal sealed class GoldTraining(TrainedGold gold, GoldSetting setting, string identity, string sweepFolder)
{
    // of the gold model's own pairs, by prompt: these choose the epoch, and these only measure
    private static readonly SplitShares s_shares = new(Reward: 0.1, Test: 0.15);

    /// <summary>The trained model's folder.</summary>
    public string Folder(CancellationToken cancel)
    {
        Action<string> log = setting.Log;
        string folder = Path.Combine(sweepFolder, identity);
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
            Train(work, folder, held, cancel);
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        return folder;
    }

    /// <summary>The folder's name: a fingerprint of all that decides the model.</summary>
    public static string Identity(TrainedGold gold, Recipe recipe, SweepOptions options, SweepData data, FileHashes hashes)
    {
        string pairs = ContentHash.Of(data.Reward);
        object content = gold switch
        {
            NeoXGold neox => new { neox.Shape, neox.Training, recipe.Seed, Pairs = pairs, data.TokenizerFingerprint },
            DecoderGold shape => new { shape.Family, shape.Shape, shape.Training, recipe.Seed, Pairs = pairs, data.TokenizerFingerprint },
            DecoderFolderGold named => new
            {
                Model = ModelFingerprint.OfWeightsAndTokenizer(RecipePath.Find(recipe, options, named.Folder, $"{named.Key}.decoder.folder"), hashes),
                named.Template,
                Given = $"{named.TemplateSettings}",
                named.Training,
                recipe.Seed,
                Pairs = pairs,
                TextInMessages = data.Tokenizer.TextInMessages != null,
            },
            _ => throw new NotSupportedException($"{gold.GetType().Name} is not a kind of gold model that is trained"),
        };
        return "gold-" + Fingerprint.Of(JsonSerializer.Serialize(content) + options.Rounding, 10);
    }

    /// <summary>What a trained gold model reads with: its folder's tokenizer, or the policy's.</summary>
    /// <exception cref="InvalidDataException">The folder has none, or nothing tells the template it is used with.</exception>
    public static ModelTokenizer Tokenizer(TrainedGold gold, GoldSetting setting) =>
        gold is DecoderFolderGold named ? GoldModel.Tokenizer(setting.Place(named), named, setting).Tokenizer : setting.Data.Tokenizer;

    /// <summary>A line on how well the model in a folder tells chosen from rejected.</summary>
    public static string Describe(string folder)
    {
        PairAccuracy accuracy = JsonSerializer.Deserialize<PairAccuracy>(File.ReadAllText(Path.Combine(folder, "accuracy.json")))!;
        return $"gold model: held-out accuracy {accuracy}";
    }

    /// <summary>About how long training takes, by a step that is timed here; 0 where the model is stored. Early stopping may end it sooner.</summary>
    public double Seconds()
    {
        if (Directory.Exists(Path.Combine(sweepFolder, identity)))
            return 0;
        RewardTrainingSettings settings = gold.Training with { Seed = setting.Recipe.Seed };
        ModelTokenizer tokenizer = Tokenizer(gold, setting);
        using IRewardNetwork network = Network(tokenizer);
        RewardData pairs = Pairs(tokenizer, network);
        using var goal = new RewardGoal(network, pairs, settings);
        int[] batch = RewardOrder.Batches(pairs.Train, settings, epoch: 0)[0];
        double step = TimedStep.Seconds(setting.Options, () => goal.AddGradient(batch));
        return step * settings.Epochs * Enumerable.Range(0, pairs.Train.Count).Sum(goal.Tokens) / batch.Sum(goal.Tokens);
    }

    private RewardData Pairs(ModelTokenizer tokenizer, IRewardNetwork network)
    {
        Func<IReadOnlyList<Message>, string, bool, int[]> read = GoldInput.Reader(tokenizer, network is DecoderReward);
        PromptSplit split = PromptSplit.Of(setting.Data.Reward, s_shares, setting.Recipe.Seed);
        return new() { Train = GoldInput.Pairs(split.Training, read), Validation = GoldInput.Pairs(split.Reward, read), HeldOut = GoldInput.Pairs(split.Test, read) };
    }

    private void Train(string work, string folder, RunLock held, CancellationToken cancel)
    {
        Leftovers.RemoveAll(work);
        (Recipe recipe, SweepOptions options, _, Action<string> log) = setting;
        ModelTokenizer tokenizer = Tokenizer(gold, setting);
        using IRewardNetwork network = Network(tokenizer);
        string training = Path.Combine(work, "training"), model = Path.Combine(work, "model");
        var run = new TrainingRun { Folder = training, Speed = options.Speed.Alone, Progress = new ProgressLines("[gold] train", options.ProgressSeconds, log) };
        RewardData pairs = Pairs(tokenizer, network);
        RewardPair[] all = [.. pairs.Train, .. pairs.Validation, .. pairs.HeldOut];
        int cut = all.Count(pair => Math.Max(pair.Chosen.Length, pair.Rejected.Length) > gold.Training.MaxLength);
        log($"[gold] train: {new Share(cut, all.Length)} pairs lose their beginning to the gold model's maxLength {gold.Training.MaxLength}");
        RewardTrainingResult result = RewardTraining.Run(network, pairs, gold.Training with { Seed = recipe.Seed }, run, cancel);

        if (Directory.Exists(model))
            Directory.Delete(model, recursive: true);
        network.Save(model, Files(tokenizer));
        File.Copy(Path.Combine(training, "steps.jsonl"), Path.Combine(model, "steps.jsonl"));
        AtomicFile.WriteText(Path.Combine(model, "accuracy.json"), JsonSerializer.Serialize(new { result.HeldOut.Right, result.HeldOut.Total, result.HeldOut.Ties }) + "\n");
        held.Require();
        Directory.Move(model, folder);
    }

    private IRewardNetwork Network(ModelTokenizer tokenizer)
    {
        ulong seed = setting.Recipe.Seed;
        Placement place = Placement.Of(Precision.Float32, setting.Device);
        switch (gold)
        {
            case NeoXGold neox:
                return NeoXReward.Create(neox.Shape with { Vocabulary = tokenizer.VocabularySize }, seed, setting.Device);
            case DecoderGold shape:
                return DecoderReward.Create(Padded(new()
                {
                    Family = DecoderGold.Families.First(family => family.ModelType == shape.Family),
                    Shape = shape.Shape with { Vocabulary = tokenizer.VocabularySize },
                    BeginToken = tokenizer.Bos,
                    EndTokens = [tokenizer.Eos],
                }, tokenizer), seed, place);
            default:
                string folder = setting.Place((DecoderFolderGold)gold);
                setting.Log($"[gold] train: begins with {(DecoderReward.IsOne(folder) ? "the reward model" : "the language model, under a new score,")} of {((DecoderFolderGold)gold).Folder}");
                return DecoderReward.Begin(Padded(DecoderConfig.ReadFolder(folder), tokenizer), folder, seed, place);
        }
    }

    // transformers finds the end of a row in a batch by the token that fills it
    private DecoderConfig Padded(DecoderConfig config, ModelTokenizer tokenizer)
    {
        config = config with { PadToken = config.PadToken ?? tokenizer.Pad };
        if (config.EndTokens.Contains(config.PadToken.Value) || config.PadToken == tokenizer.Eos)
            setting.Log($"[gold] train: {tokenizer.NameOf(config.PadToken.Value)} ends and pads, so the score is read at the token before it");
        return config;
    }

    private IReadOnlyDictionary<string, byte[]> Files(ModelTokenizer tokenizer) => gold is DecoderFolderGold named
        ? new Dictionary<string, byte[]>(TokenizerFolder.Files(setting.Place(named))) { [TemplateJinja.FileName] = Encoding.UTF8.GetBytes(tokenizer.Template.Jinja) }
        : RecipeTokenizer.ModelFiles(setting.Recipe, setting.Options, tokenizer.Template);
}
