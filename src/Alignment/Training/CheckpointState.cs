using System.Text.Json.Serialization;

namespace Alignment.Training;

/// <summary>What a checkpoint says of its run; the first four must be those of the run that goes on from it.</summary>
internal sealed record CheckpointState
{
    /// <summary>"SFT", the objective's name, or "gold".</summary>
    [JsonPropertyName("goal")] public required string Goal { get; init; }

    /// <summary>Rows of the data.</summary>
    [JsonPropertyName("rows")] public required int Rows { get; init; }

    /// <summary>All steps of the run.</summary>
    [JsonPropertyName("steps")] public required long Steps { get; init; }

    /// <summary>Seed of the order.</summary>
    [JsonPropertyName("seed")] public required ulong Seed { get; init; }

    /// <summary>Steps done.</summary>
    [JsonPropertyName("step")] public required long Step { get; init; }

    /// <summary>Real tokens trained on.</summary>
    [JsonPropertyName("num_tokens")] public required long Tokens { get; init; }

    /// <summary>Wall time so far.</summary>
    [JsonPropertyName("seconds")] public required double Seconds { get; init; }
}
