using System.Text;
using System.Text.Json;

namespace Alignment.Training;

/// <summary>One optimiser step; a line of steps.jsonl with TRL's names.</summary>
internal sealed record StepRow
{
    /// <summary>Steps done, this one included.</summary>
    public required long Step { get; init; }

    /// <summary>Passes over the data done, as a fraction.</summary>
    public required double Epoch { get; init; }

    /// <summary>Loss of the batch.</summary>
    public required double Loss { get; init; }

    /// <summary>Means over the batch's rows by name, such as rewards/chosen.</summary>
    public required IReadOnlyList<KeyValuePair<string, double>> Means { get; init; }

    /// <summary>L2 norm of the batch's gradient before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Real (unpadded) tokens trained on so far.</summary>
    public required long Tokens { get; init; }

    /// <summary>Real tokens per second in this step.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Every number but the step, by its name in the line.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Numbers =>
    [
        new("epoch", Epoch), new("loss", Loss), .. Means, new("grad_norm", GradientNorm), new("learning_rate", LearningRate), new("num_tokens", Tokens),
        new("tokens_per_second", double.IsFinite(TokensPerSecond) ? TokensPerSecond : 0),
    ];

    /// <summary>The line, without the line break.</summary>
    public string Line()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", Step);
            foreach ((string name, double number) in Numbers)
                json.WriteNumber(name, number);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
