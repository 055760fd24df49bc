using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Recipes;
using Alignment.Rewards;

namespace Alignment.Doctor;

/// <summary>What a judge takes of the memory, in float32.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Numbers of its weights.</param>
/// <param name="Token">What it holds for a token.</param>
internal sealed record JudgeModel(string Name, long Parameters, TokenMemory Token)
{
    /// <summary>Tokens that go through it at once while it is trained; 0 where it is not.</summary>
    public long TrainedTokens { get; private init; }

    /// <summary>The judge of a recipe; null for one that is no model, or whose folder is not there.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="folder">The folder it names, where it names one.</param>
    /// <param name="vocabulary">Of the policy's tokenizer, by which one without a folder reads.</param>
    /// <exception cref="InvalidDataException">The folder's config.json cannot be read.</exception>
    public static JudgeModel? Of(GoldChoice judge, string? folder, int vocabulary) => judge switch
    {
        GoldFolder when folder is not null => OfFolder(judge.Name, folder),
        NeoXGold neox => Of(neox.Name, neox.Shape with { Vocabulary = vocabulary }).TrainedBy(neox.Training),
        DecoderGold shape => Of(shape.Name, new DecoderConfig
        {
            Family = DecoderGold.Families.First(family => family.ModelType == shape.Family),
            Shape = shape.Shape with { Vocabulary = vocabulary },
        }).TrainedBy(shape.Training),
        DecoderFolderGold begun when folder is not null => Of(begun.Name, DecoderConfig.ReadFolder(folder)).TrainedBy(begun.Training),
        _ => null,
    };

    private static JudgeModel OfFolder(string name, string folder)
    {
        string config = Path.Combine(folder, "config.json");
        return RewardFolder.IsNeoX(folder) ? Of(name, NeoXConfig.Read(config)) : Of(name, DecoderConfig.Read(config));
    }

    private static JudgeModel Of(string name, DecoderConfig config) =>
        new(name, DecoderWeights.Of(config with { Scores = true }).Sum(parameter => parameter.Elements), TokenMemory.Of(config));

    private static JudgeModel Of(string name, NeoXConfig config) => new(name, NeoXWeights.Of(config).Sum(parameter => parameter.Elements), TokenMemory.Of(config));

    private JudgeModel TrainedBy(RewardTrainingSettings training) => this with { TrainedTokens = 2L * training.BatchPairs * training.MaxLength };
}
