using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Alignment.Data;
using Alignment.Files;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Tokenization;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>Trains a recipe's gold model once per sweep folder; other processes wait for it and then read it.</summary>
internal sealed class GoldTraining(Recipe recipe, TrainedGold gold, SweepOptions options, string sweepFolder)
{
    // of the gold model's own pairs, by prompt: these choose the epoch, and these only measure
    private static readonly SplitShares s_shares = new(Reward: 0.1, Test: 0.15);

    /// <summary>The trained model's folder.</summary>
    public string Folder(SweepData data, Action<string> log)
    {
        string content = JsonSerializer.Serialize(new { gold.Shape, gold.Training, recipe.Seed, data.Fingerprint });
        string folder = Path.Combine(sweepFolder, "gold-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..10]);
        using RunLock held = RunLock.Take(Path.Combine(sweepFolder, "locks", Path.GetFileName(folder) + ".lock"), TimeProvider.System,
            owner => log($"[gold] waiting: {owner} trains it"), CancellationToken.None);
        if (!Directory.Exists(folder))
            Train(folder, data, log);
        return folder;
    }

    /// <summary>A line on how well the model in a folder tells chosen from rejected.</summary>
    public static string Describe(string folder)
    {
        PairAccuracy accuracy = JsonSerializer.Deserialize<PairAccuracy>(File.ReadAllText(Path.Combine(folder, "accuracy.json")))!;
        return $"gold model: held-out accuracy {accuracy}";
    }

    private void Train(string folder, SweepData data, Action<string> log)
    {
        PromptSplit split = PromptSplit.Of(data.Reward, s_shares, recipe.Seed);
        RewardPair[] Pairs(IReadOnlyList<PreferencePair> pairs) => [.. pairs.Select(pair => Tokens(data.Tokenizer, pair))];
        using NeoXReward network = NeoXReward.Create(gold.Shape with { Vocabulary = data.Tokenizer.VocabularySize }, recipe.Seed);
        if (options.Device != "cpu")
            network.to(torch.device(options.Device));
        var sinceLine = Stopwatch.StartNew();
        var trainer = new RewardTrainer(network, gold.Training with { Seed = recipe.Seed })
        {
            Progress = step =>
            {
                if (step.Step < step.Steps && sinceLine.Elapsed.TotalSeconds < 5)
                    return;
                sinceLine.Restart();
                log(string.Create(CultureInfo.InvariantCulture, $"[gold] train: step {step.Step}/{step.Steps}, loss {step.Loss:F4}, {step.TokensPerSecond:F0} tokens/s"));
            },
        };
        RewardTrainingResult result = trainer.Train(new RewardData { Train = Pairs(split.Training), Validation = Pairs(split.Reward), HeldOut = Pairs(split.Test) },
            CancellationToken.None);

        string work = folder + ".work";
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        network.Save(work);
        AtomicFile.WriteText(Path.Combine(work, "accuracy.json"), JsonSerializer.Serialize(new { result.HeldOut.Right, result.HeldOut.Total }) + "\n");
        Directory.Move(work, folder);
    }

    private static RewardPair Tokens(ModelTokenizer tokenizer, PreferencePair pair)
    {
        IReadOnlyList<int> prompt = tokenizer.Text.EncodeToIds(tokenizer.Template.Render(pair.Prompt, addGenerationPrompt: true));
        return new([.. prompt, .. tokenizer.EncodeResponse(pair.Chosen)], [.. prompt, .. tokenizer.EncodeResponse(pair.Rejected)]);
    }
}
