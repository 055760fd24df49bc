using System.Globalization;
using System.Text;
using System.Text.Json;
using Alignment.Checkpoints.Safetensors;
using Alignment.Distributed;
using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// A run's state after a step: checkpoint-STEP/ with weights, optimiser and the goal's own state as safetensors and the counters as JSON. The folder gets its name
/// only when everything in it is on the disk, and older ones go after that, so a killed run always finds a whole one.
/// </summary>
internal static class Checkpoint
{
    private const string Prefix = "checkpoint-";

    /// <param name="folder">The run's.</param>
    /// <param name="state">Counters.</param>
    /// <param name="parts">Tensors by file and name (<see cref="CheckpointPieces"/>); a file that would be empty is not written.</param>
    /// <param name="ranks">Each writes its own pieces.</param>
    public static void Save(string folder, CheckpointState state, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> parts, ICollectives ranks)
    {
        string path = Path.Combine(folder, Prefix + state.Step.ToString("D8", CultureInfo.InvariantCulture)), partial = path + ".partial";
        if (ranks.Rank == 0)
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
            Directory.CreateDirectory(partial);
        }

        ranks.Barrier();
        foreach ((string name, IReadOnlyDictionary<string, Tensor> tensors) in parts.Where(part => part.Value.Count > 0))
            SafetensorsWriter.Write(Path.Combine(partial, CheckpointPieces.FileName(name, ranks.Rank, ranks.Ranks)), tensors);
        ranks.Barrier();
        if (ranks.Rank > 0)
            return;
        AtomicFile.Write(Path.Combine(partial, "state.json"), file => JsonSerializer.Serialize(file, state));
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        Directory.Move(partial, path);
        foreach (string other in Directory.EnumerateDirectories(folder, Prefix + "*").Where(other => other != path).ToList())
            Directory.Delete(other, recursive: true);
    }

    /// <summary>Fills the tensors of <see cref="Save"/> from the newest checkpoint; null where there is none.</summary>
    /// <exception cref="InvalidDataException">The checkpoint is damaged or of another run.</exception>
    public static CheckpointState? Load(
        string folder, CheckpointState fresh, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> parts, ICollectives ranks)
    {
        string name = Encoding.UTF8.GetString(ranks.FromFirst(Encoding.UTF8.GetBytes(ranks.Rank == 0 ? Newest(folder) ?? "" : "")));
        if (name.Length == 0)
            return null;
        string path = Path.Combine(folder, name);
        CheckpointState state = Read(Path.Combine(path, "state.json"));
        if (state with { Step = fresh.Step, Tokens = fresh.Tokens, Seconds = fresh.Seconds } != fresh)
            throw new InvalidDataException(
                $"{path} is of another run ({Describe(state)}), this one is {Describe(fresh)}: delete the folder to start anew");
        foreach ((string part, IReadOnlyDictionary<string, Tensor> tensors) in parts.Where(part => part.Value.Count > 0))
            Fill(path, part, tensors);
        ranks.Barrier(); // none goes on, and deletes it, before all have read it
        return state;
    }

    private static string? Newest(string folder) => !Directory.Exists(folder) ? null
        : Directory.EnumerateDirectories(folder, Prefix + "*")
            .Where(path => !path.EndsWith(".partial", StringComparison.Ordinal)).Select(path => Path.GetFileName(path)).Max(StringComparer.Ordinal);

    private static CheckpointState Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<CheckpointState>(File.ReadAllText(path)) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not the state of a checkpoint: {e.Message}", e);
        }
    }

    private static void Fill(string folder, string part, IReadOnlyDictionary<string, Tensor> targets)
    {
        using IDisposable noGrad = no_grad();
        using var pieces = new CheckpointPieces(folder, part);
        foreach ((string name, Tensor target) in targets)
            pieces.Fill(name, target);
    }

    private static string Describe(CheckpointState state) =>
        FormattableString.Invariant($"{state.Goal}, {state.Rows} rows, {state.Steps} steps, seed {state.Seed}");
}
