using Alignment.Files;
using Alignment.Models;
using Alignment.Models.NeoX;

namespace Alignment.Rewards;

/// <summary>Opens a reward model's Hugging Face folder as what its config.json says it is.</summary>
internal static class RewardFolder
{
    private static readonly string[] s_known = [.. DecoderFamily.All.Select(family => family.RewardArchitecture), .. NeoXConfig.Architectures];

    /// <summary>Reads config.json and the weights, in float32 onto a device; null: the CPU.</summary>
    /// <exception cref="InvalidDataException">It is no reward model known here; as in <see cref="NeoXReward.Load(string, TorchSharp.torch.Device)"/> and
    /// <see cref="DecoderReward.Load(string, Placement)"/>.</exception>
    public static IRewardNetwork Load(string folder, TorchSharp.torch.Device? device = null) =>
        IsNeoX(folder) ? NeoXReward.Load(folder, device) : DecoderReward.Load(folder, device is null ? null : Placement.Of(Precision.Float32, device));

    /// <summary>Refuses what <see cref="Load"/> would, by config.json and the headers of the weights alone.</summary>
    /// <exception cref="InvalidDataException">As there.</exception>
    public static RewardSizes Require(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        if (IsNeoX(folder))
        {
            NeoXConfig config = NeoXConfig.Read(path);
            NeoXReward.Require(config, folder);
            return new(config.Vocabulary, config.MaxPositions);
        }

        DecoderConfig decoder = DecoderConfig.Read(path);
        DecoderReward.Require(decoder, folder);
        return new(decoder.Shape.Vocabulary, decoder.Shape.MaxPositions);
    }

    /// <summary>Whether a folder is of GPT-NeoX's architecture, and not a decoder's.</summary>
    /// <exception cref="InvalidDataException">It is no reward model known here.</exception>
    public static bool IsNeoX(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        JsonObjectReader json = new ConfigFaults(path).Read();
        string architecture = RewardArchitecture.Of(json), type = json.Get("model_type", JsonKind.Text, "");
        if (type.StartsWith("gpt_neox", StringComparison.Ordinal) || architecture.StartsWith("GPTNeoX", StringComparison.Ordinal))
            return true;
        return DecoderFamily.All.Any(family => family.ModelType == type && family.RewardArchitecture == architecture) ? false
            : throw new InvalidDataException($"{path} is of a {(architecture.Length > 0 ? architecture : "model without architectures")}, model_type \"{type}\": "
                + $"no reward model this code can run; wanted one of {string.Join(", ", s_known)}");
    }
}

/// <summary>What a reward model can read.</summary>
/// <param name="Vocabulary">Tokens it knows.</param>
/// <param name="MaxPositions">Longest dialogue it was made for, in tokens.</param>
internal sealed record RewardSizes(long Vocabulary, long MaxPositions);
