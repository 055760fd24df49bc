using Alignment.Data;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Doctor;

/// <summary>What is examined, and what it is meant for.</summary>
public sealed record ExaminationInput
{
    /// <summary>A Hugging Face folder with its tokenizer.</summary>
    public required string Model { get; init; }

    /// <summary>Preference pairs, .jsonl or .jsonl.gz.</summary>
    public required string Data { get; init; }

    /// <summary>Gives lengths, adapters and sampling; the model and the data it names are not read.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Device, micro-batch and generation batch.</summary>
    public required SweepOptions Options { get; init; }

    /// <summary>Name of the chat template; null: told from the tokenizer's markers.</summary>
    public string? Template { get; init; }

    /// <summary>Layout of the data; null: told from its first row.</summary>
    public PairFormat? Format { get; init; }
}
