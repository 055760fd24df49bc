using System.Text.Json;

namespace Alignment.Sweeps;

/// <summary>training.json: what training cost, interruptions included.</summary>
internal sealed record TrainingTime(long Tokens, double Seconds)
{
    public static TrainingTime Read(string path) => JsonSerializer.Deserialize<TrainingTime>(File.ReadAllText(path))!;

    public string ToJson() => JsonSerializer.Serialize(this) + "\n";
}
