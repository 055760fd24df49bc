using Alignment.Models;
using Alignment.Recipes;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>What the ranks can do together.</summary>
internal enum RankTask
{
    /// <summary>Log-probs of the training pairs under a model.</summary>
    Reference,

    /// <summary>A point's training.</summary>
    Train,

    /// <summary>Responses of a model.</summary>
    Sample,

    /// <summary>Log-probs of responses under a model.</summary>
    LogProbs,

    /// <summary>A judge's scores; the model is the judge's.</summary>
    Judge,
}

/// <summary>Where every rank finds the model of a task.</summary>
/// <param name="Weights">Its folder; null: what every SFT run starts from.</param>
/// <param name="Start">What its adapters stand on, where it has some.</param>
/// <param name="AdaptersOff">Without them.</param>
internal sealed record RankModel(string? Weights, string? Start = null, bool AdaptersOff = false)
{
    /// <summary>Loads it.</summary>
    public Decoder Load(PolicyModels models) => Weights == null ? models.Start() : models.Load(Weights, Start);
}

/// <summary>Sizes that may be found from free memory, which the ranks would find differently.</summary>
/// <param name="Rows">Of a micro-batch, at most.</param>
/// <param name="Tokens">Of a micro-batch, at most.</param>
/// <param name="Responses">Drawn together.</param>
internal sealed record RankSizes(int Rows, long Tokens, int Responses);

/// <summary>What a judge reads.</summary>
/// <param name="MaxLength">Tokens of a row at most, counted from its end.</param>
/// <param name="Ids">The rows: prompt and response.</param>
internal sealed record JudgedRows(int MaxLength, int[][] Ids);

/// <summary>What rank 0, which alone reads and writes the run store, asks the other ranks to do with it.</summary>
/// <param name="Task">The task.</param>
/// <param name="Model">Its model.</param>
internal sealed record RankOrder(RankTask Task, RankModel Model)
{
    /// <summary>What rank 0 lets through the model at once; set by <see cref="RankWork.Ask"/>.</summary>
    public RankSizes? Sizes { get; init; }

    /// <summary>The point that is trained.</summary>
    public GridPoint? Point { get; init; }

    /// <summary>Where its checkpoints are.</summary>
    public string? Folder { get; init; }

    /// <summary>The reference's four sums of each training pair, in the order of <see cref="ReferenceLogProbs"/>; null where the loss needs none.</summary>
    public float[][]? Reference { get; init; }

    /// <summary>The prompts that are answered, or were, by their places among the test prompts or the training prompts.</summary>
    public int[]? Prompts { get; init; }

    /// <summary>Of what prompts: <see cref="AskedPrompts.Draw"/>.</summary>
    public int Draw { get; init; }

    /// <summary>The file of the pairs that are trained on or read; null: the data's own.</summary>
    public string? Pairs { get; init; }

    /// <summary>The response to each of the test prompts.</summary>
    public int[][]? Responses { get; init; }

    /// <summary>What a judge scores.</summary>
    public JudgedRows? Judged { get; init; }
}
