using System.Text.Json.Serialization;
using Alignment.Data;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Rewards;
using Alignment.Tokenization;
using Alignment.Training;

namespace Alignment.Recipes;

/// <summary>Everything that changes a result. What changes only speed is no part of it.</summary>
internal sealed record Recipe
{
    /// <summary>Name of the recipe and of its folder among the sweeps.</summary>
    public required string Name { get; init; }

    /// <summary>Where it was read from; relative paths in it start there.</summary>
    public required string File { get; init; }

    /// <summary>The file's content, of which faults name lines.</summary>
    public string Text { get; init; } = "{}";

    /// <summary>Seed of every random stream.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The model that is trained.</summary>
    public required PolicyChoice Policy { get; init; }

    /// <summary>Preference pairs and test prompts.</summary>
    public required DataChoice Data { get; init; }

    /// <summary>What scores the responses: at least one judge, each of another name. The first one decides which SFT run and which runs are best.</summary>
    public required IReadOnlyList<GoldChoice> Judges { get; init; }

    /// <summary>The judges, and behind them the one that chooses the pairs of a round on-policy.</summary>
    [JsonIgnore]
    public IReadOnlyList<GoldChoice> AllJudges => Resample is { } resample ? [.. Judges, resample.Judge] : Judges;

    /// <summary>The round on-policy; null where there is none.</summary>
    [JsonIgnore]
    public Resampling? Resample => Data.Resample;

    /// <summary>Length limits of prompts and responses.</summary>
    public required LengthLimits Lengths { get; init; }

    /// <summary>The SFT grid; null where preference runs start from the policy's folder as it is.</summary>
    public required StageGrid? Sft { get; init; }

    /// <summary>The methods and their grids, in the order of the tables.</summary>
    public required IReadOnlyList<MethodGrid> Methods { get; init; }

    /// <summary>Preference runs beside those of the grids, each of a method that has one.</summary>
    public IReadOnlyList<GridPoint> Runs { get; init; } = [];

    /// <summary>Where relative paths start; null: where <see cref="File"/> is.</summary>
    public string? Paths { get; init; }

    /// <summary>The folder in which relative paths start.</summary>
    [JsonIgnore]
    public string PathsFolder => Paths ?? Path.GetDirectoryName(File)!;

    /// <summary>How many preference runs may be made, picked from the grids by their results; null: all of them are run. It changes no run.</summary>
    public SearchBudget? Search { get; init; }

    /// <summary>How responses are sampled.</summary>
    public required SamplingSettings Generation { get; init; }

    /// <summary>
    /// Above this share of cut responses, prompts or gold inputs log and report warn, 0 … 1. It changes no run.
    /// </summary>
    public double MaxCutShare { get; init; } = DefaultMaxCutShare;

    /// <summary><see cref="MaxCutShare"/> where a recipe does not say.</summary>
    public const double DefaultMaxCutShare = 0.1;

    /// <summary>How many of the test prompts are used.</summary>
    public required int TestPrompts { get; init; }

    /// <summary>How many responses a run samples to each of them; those of one prompt are no draws of their own in any interval.</summary>
    public int ResponsesPerPrompt { get; init; } = 1;

    /// <summary>Which trained models stay on the disk; no result depends on it.</summary>
    public WeightsToKeep KeepWeights { get; init; }

    /// <summary>Sequences of an SFT step, and pairs of the largest preference step; as many as there can be where there is none.</summary>
    public (int Sft, int Preference) BatchSizes =>
        (Sft?.Training.BatchSize ?? int.MaxValue, Methods.Select(method => method.Stage.Training.BatchSize).DefaultIfEmpty(int.MaxValue).Max());

    /// <summary>Averages of its last checkpoints that a training leaves, at most.</summary>
    public int Averages => Methods.Select(method => method.Stage.Averages.Count).DefaultIfEmpty().Max();

    /// <summary>The place of a JSON path as faults name it: "mine.json(12): $.policy.folder"; without the line where the file does not have the path.</summary>
    public string At(string path) => DocumentFaults.Place(Path.GetFileName(File), Text, path);
}

/// <summary>What a search may spend.</summary>
/// <param name="Runs">Preference runs, second seeds included.</param>
internal sealed record SearchBudget(int Runs);

/// <summary>Which trained models stay on the disk.</summary>
internal enum WeightsToKeep
{
    /// <summary>Every run's.</summary>
    All,

    /// <summary>Of each method the best run's, and those of the SFT run they start from.</summary>
    Best,
}

/// <summary>The model that is trained: a new one of a given shape, or a Hugging Face folder.</summary>
internal abstract record PolicyChoice
{
    /// <summary>Preference runs train adapters of this kind and leave the weights they start from as they are; null: they train all weights.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LoraSettings? Lora { get; init; }

    /// <summary>In how many bits it computes, from SFT to the sampling of responses.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Precision Precision { get; init; }
}

/// <summary>A Phi-3-architecture model with seeded weights; its vocabulary is the tokenizer's.</summary>
internal sealed record NewPolicy(ModelShape Shape) : PolicyChoice;

/// <summary>A Hugging Face folder, or a PEFT folder: training then starts from its adapters merged into their base.</summary>
internal sealed record PolicyFolder(string Folder) : PolicyChoice
{
    /// <summary>The folder of the adapters' base; null: the one that adapter_config.json names.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Base { get; init; }
}

/// <summary>Where pairs and prompts come from.</summary>
internal abstract record DataChoice
{
    /// <summary>The round on-policy; null: every run trains on the data's own pairs.</summary>
    public Resampling? Resample { get; init; }
}

/// <summary>The embedded world.</summary>
/// <param name="TrainingPairs">Pairs for SFT and preference optimisation.</param>
internal sealed record WorldChoice(int TrainingPairs) : DataChoice;

/// <summary>Files.</summary>
/// <param name="Train">The pairs.</param>
/// <param name="Test">The test prompts, or null where they are split off from <paramref name="Train"/>.</param>
/// <param name="Split">Shares of the prompts in <paramref name="Train"/>.</param>
/// <param name="Tokenizer">Tokenizer file or folder; null takes the one in the policy's folder.</param>
/// <param name="Template">Chat template; null takes the one that the tokenizer's folder tells.</param>
internal sealed record FileChoice(PairSource Train, PairSource? Test, SplitShares Split, string? Tokenizer, string? Template) : DataChoice
{
    /// <summary>What the folder's chat template is given beside the messages.</summary>
    public TemplateSettings TemplateSettings { get; init; } = new();

    /// <summary>What becomes of markers inside messages.</summary>
    public MarkersInText Markers { get; init; }

    /// <summary>What becomes of test prompts that are trained on.</summary>
    public PromptRule SeenTestPrompts { get; init; }

    /// <summary>What becomes of a test prompt's further pairs.</summary>
    public PromptRule RepeatedTestPrompts { get; init; }
}

/// <summary>A file of pairs, or of labelled responses.</summary>
/// <param name="Format">Its layout; null: told from its rows.</param>
/// <param name="File">Path as the recipe gives it.</param>
/// <param name="MaxSkippedRows">How many malformed rows may be left out.</param>
/// <param name="Filter">Good rows to leave out.</param>
internal sealed record PairSource(PairFormat? Format, string File, int MaxSkippedRows, PairFilter Filter)
{
    /// <summary>Where a pair stands in a row; null: told from the rows.</summary>
    public PairColumns? Columns { get; init; }

    /// <summary>Where a labelled response stands in a row; null: told from the rows.</summary>
    public LabelledColumns? Labels { get; init; }

    /// <summary>SafeRLHF: the label that says what is chosen.</summary>
    public PreferredAxis Axis { get; init; }
}

/// <summary>A judge: what scores the responses.</summary>
internal abstract record GoldChoice
{
    /// <summary>Its name in logs, reports and folders: given, or told by what it is.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where the recipe speaks of it, for messages: gold, or gold[1].</summary>
    public string Key { get; init; } = "gold";
}

/// <summary>The embedded world's programmatic reward.</summary>
internal sealed record WorldGold : GoldChoice;

/// <summary>A reward model trained on its own part of the data before the sweep.</summary>
/// <param name="Training">How.</param>
internal abstract record TrainedGold(RewardTrainingSettings Training) : GoldChoice;

/// <summary>A new one of GPT-NeoX's architecture; its vocabulary is the policy's tokenizer's.</summary>
internal sealed record NeoXGold(NeoXConfig Shape, RewardTrainingSettings Training) : TrainedGold(Training);

/// <summary>A new one of a decoder's architecture; its vocabulary is the policy's tokenizer's.</summary>
/// <param name="Family">Which decoder, by config.json's model_type.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Training">How it is trained.</param>
internal sealed record DecoderGold(string Family, ModelShape Shape, RewardTrainingSettings Training) : TrainedGold(Training)
{
    /// <summary>Families that a shape alone makes a model of.</summary>
    public static IReadOnlyList<DecoderFamily> Families { get; } = [.. DecoderFamily.All.Where(family => family.ModelType is "llama" or "mistral" or "phi3" or "qwen2" or "qwen3")];
}

/// <summary>A Hugging Face folder that training begins with: a language model, under a new score, or one that scores already. It reads with its own tokenizer.</summary>
internal sealed record DecoderFolderGold(string Folder, RewardTrainingSettings Training) : TrainedGold(Training)
{
    /// <summary>Its chat template's name; null: the folder tells it.</summary>
    public string? Template { get; init; }

    /// <summary>What the folder's chat template is given beside the messages.</summary>
    public TemplateSettings TemplateSettings { get; init; } = new();
}

/// <summary>A reward model's Hugging Face folder.</summary>
internal sealed record GoldFolder(string Folder, int MaxLength) : GoldChoice
{
    /// <summary>Its chat template's name; null: the folder tells it.</summary>
    public string? Template { get; init; }

    /// <summary>What the folder's chat template is given beside the messages.</summary>
    public TemplateSettings TemplateSettings { get; init; } = new();
}

/// <summary>Epochs × learning rate (× seed), and what is the same at every point.</summary>
internal sealed record StageGrid(IReadOnlyList<Spelled> Epochs, IReadOnlyList<Spelled> LearningRates, TrainingSettings Training)
{
    /// <summary>SFT: adapters that are trained, and merged when training is over; null: all weights are trained.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LoraSettings? Lora { get; init; }

    /// <summary>Training seeds every point is repeated with; empty: each is trained once, with the recipe's seed.</summary>
    public IReadOnlyList<Spelled> Seeds { get; init; } = [];

    /// <summary>Each makes a further point of every training, the mean of so many of its last checkpoints (<see cref="WeightAverage"/>); no training differs for it.</summary>
    public IReadOnlyList<Spelled> Averages { get; init; } = [];

    /// <summary>The last part of the steps over which these checkpoints are spaced, in (0, 1].</summary>
    public double AverageOver { get; init; } = DefaultAverageOver;

    /// <summary><see cref="AverageOver"/> where a recipe does not say.</summary>
    public const double DefaultAverageOver = 0.5;
}

/// <summary>One method: its own hyperparameters × epochs × learning rate.</summary>
/// <param name="Method">Its name in the tables.</param>
/// <param name="Axes">Its own hyperparameters in the order of its points' names, for example Beta and Gamma.</param>
/// <param name="Stage">Epochs, learning rates and the settings they complete.</param>
internal sealed record MethodGrid(string Method, IReadOnlyList<KeyValuePair<string, IReadOnlyList<Spelled>>> Axes, StageGrid Stage);
