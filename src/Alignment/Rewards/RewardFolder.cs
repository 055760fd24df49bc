using Alignment.Files;
using Alignment.Models;
using Alignment.Models.NeoX;

namespace Alignment.Rewards;

/// <summary>Opens a reward model's Hugging Face folder as what its config.json says it is.</summary>
internal static class RewardFolder
{
    private static readonly string[] s_known = [.. DecoderFamily.All.Select(family => family.RewardArchitecture), .. NeoXConfig.Architectures];

    /// <summary>Reads config.json and the weights, in float32 on the CPU.</summary>
    /// <exception cref="InvalidDataException">It is no reward model known here; as in <see cref="NeoXReward.Load(string)"/> and
    /// <see cref="DecoderReward.Load(string)"/>.</exception>
    public static IRewardNetwork Load(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        JsonObjectReader json = new ConfigFaults(path).Read();
        string architecture = RewardArchitecture.Of(json), type = json.Get("model_type", JsonKind.Text, "");
        if (type.StartsWith("gpt_neox", StringComparison.Ordinal) || architecture.StartsWith("GPTNeoX", StringComparison.Ordinal))
            return NeoXReward.Load(folder);
        return DecoderFamily.All.Any(family => family.ModelType == type && family.RewardArchitecture == architecture) ? DecoderReward.Load(folder)
            : throw new InvalidDataException($"{path} is of a {(architecture.Length > 0 ? architecture : "model without architectures")}, model_type \"{type}\": "
                + $"no reward model this code can run; wanted one of {string.Join(", ", s_known)}");
    }
}
