using System.Globalization;
using System.Text.Json;
using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>
/// Names made of content, so that what is unchanged is found again, whatever recipe asks for it. Each stage has its own: trained weights, the
/// responses they give, the scores of these. Device (but for TF32 on it), threads, batches, shards and checkpoints are in none.
/// </summary>
/// <param name="recipe">The recipe; its name and place do not matter.</param>
/// <param name="inputs">Fingerprints of what it names.</param>
internal sealed class RunIdentity(Recipe recipe, InputFingerprints inputs)
{
    // raised when code changes what a recipe computes
    private const int Version = 3;
    private const int HashDigits = 10;

    /// <summary>A judge's identity, by its place in the recipe; of one that a recipe trains its folder.</summary>
    public string Judge(int judge) => inputs.Judges[judge];

    /// <summary>The file of a judge's scores of the test set's own responses.</summary>
    public string JudgedPairs(int judge) => Sweeps.JudgedPairs.Name(inputs.Judges[judge], inputs.Test);

    /// <summary>All names of a grid point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="start">The name of the trained weights it starts from; null where it starts from the policy as the recipe gives it.</param>
    /// <param name="judge">Who scores the responses, by the place in the recipe.</param>
    public RunNames Of(GridPoint point, string? start, int judge = 0)
    {
        string weights = Weights(point, start), sampling = Name(point, Sampling(weights)), responses = Name(point, Responses(sampling), Several);
        return new(Name(point, Scores(responses, inputs.Judges[judge])), weights, sampling, responses);
    }

    /// <summary>Names of a round on-policy.</summary>
    /// <param name="start">The name of the weights that answer.</param>
    public ResampleNames Resampled(string start)
    {
        Resampling resample = recipe.Resample!;
        string responses = Digits(new { Version, start, Sampling = resample.Sampling(recipe.Generation), recipe.Seed, inputs.EndTokens }), judge = inputs.Judges[recipe.Judges.Count];
        return new(responses, Digits(new { judge, inputs.TrainingPrompts }), Digits(new { responses, resample.Responses, judge, inputs.TrainingPrompts }));
    }

    private static string Digits(object content) => Fingerprint.Of(JsonSerializer.Serialize(content), HashDigits);

    // an average follows from the training it is of
    private string Weights(GridPoint point, string? start) => Grid.Average(recipe, point) is not { } average ? Trained(point, start)
        : Name(point, new { Trained = Trained(Grid.Trained(point), start), average.Checkpoints, average.Over });

    // all that decides training: a new part of a recipe that does so is a line here
    private string Trained(GridPoint point, string? start) => Name(point, new
    {
        Version,
        Start = start ?? "the policy",
        Policy = start == null ? Policy : null,
        Lora = Grid.Lora(recipe, point),
        inputs.Tokenizer,
        Training = point.OnPolicy ? Resampled(start!).Pairs : inputs.Training,
        Settings = Grid.Stage(recipe, point)?.Training,
        point.Method,
        point.Parameters,
    }, Precision);

    // nothing where it is float32: the names are those of before there was another
    private string Precision => recipe.Policy.Precision == Models.Precision.Float32 ? inputs.Rounding : $" in {recipe.Policy.Precision}";

    // a new model's weights follow from shape, vocabulary and seed
    private object Policy => recipe.Policy is NewPolicy fresh ? new { fresh.Shape, recipe.Seed } : inputs.Policy;

    // of one response, beside its prompt and the prompt's index
    private object Sampling(string weights) => new { weights, recipe.Generation, recipe.Seed, inputs.EndTokens };

    private object Responses(string sampling) => new { sampling, inputs.Prompts };

    // nothing where a prompt gets one: the names are those of before there were several
    private string Several => recipe.ResponsesPerPrompt == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" {recipe.ResponsesPerPrompt} to each");

    private object Scores(string responses, string judge) => new { responses, inputs.Test, Gold = judge };

    private static string Name(GridPoint point, object content, string more = "") =>
        $"{point.Slug}-{Fingerprint.Of(JsonSerializer.Serialize(content) + more, HashDigits)}";
}

/// <summary>The names of a grid point's results, each its readable point and ten digits.</summary>
/// <param name="Run">Its folder: scored responses.</param>
/// <param name="Weights">Its trained weights.</param>
/// <param name="Sampling">Responses of these weights under one way of sampling, to any prompts.</param>
/// <param name="Responses">The responses to all test prompts, as many to each as the recipe asks for.</param>
internal sealed record RunNames(string Run, string Weights, string Sampling, string Responses)
{
    /// <summary>The same with the responses to the first prompts alone, of a run that was stopped.</summary>
    public RunNames OfFirst(int prompts) => this with { Responses = string.Create(CultureInfo.InvariantCulture, $"{Responses}-first-{prompts}") };
}

/// <summary>The names of what a round on-policy leaves, each ten digits.</summary>
/// <param name="Responses">Of its folder: weights and how they are sampled.</param>
/// <param name="Scores">Of the judge's scores: who read which prompts.</param>
/// <param name="Pairs">Of the pairs: all that decides them.</param>
internal sealed record ResampleNames(string Responses, string Scores, string Pairs);

/// <summary>Fingerprints of what a recipe names: equal content has equal digits, wherever it lies.</summary>
internal sealed record InputFingerprints
{
    /// <summary>The policy's folder; empty for a new model.</summary>
    public required string Policy { get; init; }

    /// <summary>The tokenizer's files and the chat template.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>Token ids of the training pairs, in order.</summary>
    public required string Training { get; init; }

    /// <summary>Ids that end a response.</summary>
    public required IReadOnlyList<int> EndTokens { get; init; }

    /// <summary>Token ids of the test prompts, in order.</summary>
    public required string Prompts { get; init; }

    /// <summary>Texts of the test prompts with the data set's responses.</summary>
    public required string Test { get; init; }

    /// <summary>The training prompts, ids and texts, in order; empty where no round on-policy asks for them.</summary>
    public string TrainingPrompts { get; init; } = "";

    /// <summary>Every judge and how it reads, in the recipe's order; last the one that chooses the pairs of a round on-policy.</summary>
    public required IReadOnlyList<string> Judges { get; init; }

    /// <summary>How products of float32 factors are rounded, where that is not to float32: <see cref="SweepOptions.Rounding"/>.</summary>
    public string Rounding { get; init; } = "";

    /// <summary>Of all that a recipe names.</summary>
    public static InputFingerprints Of(Recipe recipe, SweepOptions options, SweepData data, FileHashes hashes) => new()
    {
        Policy = recipe.Policy is PolicyFolder policy
            ? string.Join('+', RecipePath.Policy(recipe, options, policy).Folders.Select(folder => ModelFingerprint.OfWeights(folder, hashes))) : "",
        Tokenizer = data.TokenizerFingerprint,
        Training = data.TrainingFingerprint(),
        EndTokens = [.. data.EndTokens.Order()],
        Prompts = data.PromptsFingerprint(),
        Test = Data.ContentHash.Of(data.Test),
        TrainingPrompts = recipe.Resample == null ? "" : data.TrainingPromptsFingerprint(),
        Judges = [.. recipe.AllJudges.Select(judge => GoldModel.Identity(judge, recipe, options, data, hashes))],
        Rounding = options.Rounding,
    };
}
