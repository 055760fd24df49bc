using Alignment.Data;
using Alignment.Data.World;
using Alignment.Files;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Tokenization;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>What scores a sweep's responses; a prompt is given as the conversation, each model writes it in its own template.</summary>
internal sealed class GoldModel : IDisposable
{
    private readonly IRewardModel _model;
    private readonly Func<IReadOnlyList<Message>, WrittenConversation> _write;
    private Func<IReadOnlyList<Message>, string, bool, int[]>? _encode; // where the model's own template writes conversations as wholes

    /// <summary>Of a model, which is owned, and how conversations are written for it.</summary>
    internal GoldModel(IRewardModel model, Func<IReadOnlyList<Message>, WrittenConversation> write) => (_model, _write) = (model, write);

    /// <summary>Opens, or first trains, one of the judges a recipe asks for.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="setting">What it shares with the sweep's other judges.</param>
    /// <param name="sweep">The sweep's folder, and the judge's identity: where one that is trained stands.</param>
    /// <param name="cancel">Asked while one is trained.</param>
    public static GoldModel Open(GoldChoice judge, GoldSetting setting, (string Folder, string Identity) sweep, CancellationToken cancel) => judge switch
    {
        WorldGold => new(new WorldReward(), turns => new(turns[^1].Text, [])),
        GoldFolder named => FromFolder(setting.Place(named), named, setting),
        TrainedGold trained => Trained(trained, new GoldTraining(trained, setting, sweep.Identity, sweep.Folder).Folder(cancel), setting),
        _ => throw new NotSupportedException($"{judge.GetType().Name} is not a kind of gold reward"),
    };

    /// <summary>What a judge is, for reports.</summary>
    public static string Describe(GoldChoice judge) => judge switch
    {
        WorldGold => "the embedded world's exact score",
        GoldFolder named => named.Folder,
        DecoderFolderGold begun => $"{begun.Folder}, trained on pairs that were set aside",
        _ => "trained on pairs that were set aside",
    };

    /// <summary>Of all that decides a score beside prompt and response; nothing is opened or trained for it.</summary>
    public static string Identity(GoldChoice judge, Recipe recipe, SweepOptions options, SweepData data, FileHashes hashes) => judge switch
    {
        GoldFolder named => FormattableString.Invariant(
            $"{ModelFingerprint.OfWeightsAndTokenizer(RecipePath.Find(recipe, options, named.Folder, $"{named.Key}.folder"), hashes)} {named.MaxLength} {named.Template}")
            + (named.TemplateSettings.AreGiven ? $" with {named.TemplateSettings}" : "")
            + (Markers(recipe) == MarkersInText.Text ? " markers as text" : "") + options.Rounding,
        TrainedGold trained => GoldTraining.Identity(trained, recipe, options, data, hashes),
        var other => other.GetType().Name,
    };

    /// <summary>The score of one response to each prompt.</summary>
    /// <param name="prompts">The test prompts.</param>
    /// <param name="responses">The text of each response, and whether it ended by itself.</param>
    public IReadOnlyList<RewardScore> Score(IReadOnlyList<PreferencePair> prompts, IEnumerable<(string Text, bool Ended)> responses) =>
        _model.Score([.. prompts.Zip(responses, (pair, response) => Request(_write(pair.Prompt), response.Text, response.Ended)
            with { Ids = _encode?.Invoke(pair.Prompt, response.Text, response.Ended) })]);

    /// <summary>The scores of the pairs' own responses, which ended by themselves.</summary>
    public (IReadOnlyList<RewardScore> Chosen, IReadOnlyList<RewardScore> Rejected) ScoreSides(IReadOnlyList<PreferencePair> pairs) =>
        (Score(pairs, pairs.Select(pair => (pair.Chosen, true))), Score(pairs, pairs.Select(pair => (pair.Rejected, true))));

    private static ScoringRequest Request(WrittenConversation prompt, string response, bool ended) => new(prompt.Text, response, ended) { Messages = prompt.Messages };

    private static MarkersInText Markers(Recipe recipe) => (recipe.Data as FileChoice)?.Markers ?? MarkersInText.Tokens;

    /// <summary>Frees the model.</summary>
    public void Dispose() => _model.Dispose();

    private static GoldModel FromFolder(string folder, GoldFolder named, GoldSetting setting)
    {
        ToldTemplate told = Tokenizer(folder, named);
        told = told with { Tokenizer = told.Tokenizer.With(Markers(setting.Recipe)) };
        setting.Log($"gold model: template {told.Tokenizer.Template.Name}, told by {told.By}");
        return Network(folder, told.Tokenizer, named.MaxLength, setting);
    }

    /// <summary>The tokenizer in a gold model's folder.</summary>
    /// <exception cref="InvalidDataException">There is none, or nothing tells the template it is used with.</exception>
    public static ToldTemplate Tokenizer(string folder, GoldFolder named) => Tokenizer(folder, named.Template, named.TemplateSettings);

    /// <inheritdoc cref="Tokenizer(string, GoldFolder)"/>
    public static ToldTemplate Tokenizer(string folder, string? template, TemplateSettings settings) => ToldTemplate.Load(folder,
        template == null ? null : ChatTemplate.Known.First(known => known.Name == template), "\"template\" in the recipe's gold", settings);

    /// <summary>The tokenizer in the folder that a gold model's training begins with, with markers in messages taken as the recipe says.</summary>
    /// <exception cref="InvalidDataException">There is none, or nothing tells the template it is used with.</exception>
    public static ToldTemplate Tokenizer(string folder, DecoderFolderGold named, GoldSetting setting)
    {
        ToldTemplate told = Tokenizer(folder, named.Template, named.TemplateSettings);
        return told with { Tokenizer = told.Tokenizer.With(Markers(setting.Recipe)) };
    }

    private static GoldModel Trained(TrainedGold gold, string folder, GoldSetting setting)
    {
        setting.Log(GoldTraining.Describe(folder));
        return Network(folder, GoldTraining.Tokenizer(gold, setting), gold.Training.MaxLength, setting);
    }

    private static GoldModel Network(string folder, ModelTokenizer tokenizer, int maxLength, GoldSetting setting)
    {
        IRewardNetwork network = RewardFolder.Load(folder, setting.Device);
        Func<ModelTokenizer, ScoringRequest, int[]> input = network is DecoderReward ? GoldInput.Conversation : GoldInput.Parts;
        var model = new NetworkRewardModel(network, request => input(tokenizer, request), setting.Ranks?.Scoring(maxLength) ?? new() { MaxLength = maxLength },
            rows => setting.Ranks?.Ask(new(RankTask.Judge, new(folder)) { Judged = new(maxLength, rows) }));
        return new(model, turns => tokenizer.Template.Write(turns, addGenerationPrompt: true)) { _encode = GoldInput.Encoder(tokenizer, network is DecoderReward) };
    }
}

/// <summary>What judges of a sweep share.</summary>
/// <param name="Recipe">Names them.</param>
/// <param name="Options">Says where they are and run.</param>
/// <param name="Data">With the pairs that some are trained on.</param>
/// <param name="Log">Gets lines about them.</param>
internal sealed record GoldSetting(Recipe Recipe, SweepOptions Options, SweepData Data, Action<string> Log)
{
    /// <summary>The ranks that score together; null where this process scores alone.</summary>
    public RankWork? Ranks { get; init; }

    /// <summary>Where judges score and are trained.</summary>
    public torch.Device Device => torch.device(Options.Device);

    /// <summary>The folder of a judge that the recipe names.</summary>
    /// <exception cref="RecipeException">It is not there.</exception>
    public string Place(GoldFolder named) => RecipePath.Find(Recipe, Options, named.Folder, $"{named.Key}.folder");

    /// <summary>The folder that a judge's training begins with.</summary>
    /// <exception cref="RecipeException">It is not there.</exception>
    public string Place(DecoderFolderGold named) => RecipePath.Find(Recipe, Options, named.Folder, $"{named.Key}.decoder.folder");
}

/// <summary>The embedded world's programmatic gold reward: <see cref="WorldJudge.Score"/> behind the interface of a reward model.</summary>
internal sealed class WorldReward : IRewardModel
{
    /// <inheritdoc/>
    public IReadOnlyList<RewardScore> Score(IReadOnlyList<ScoringRequest> requests) =>
        [.. requests.Select(request => new RewardScore(WorldJudge.Score(request.Prompt, request.Response), InputCut: false))];

    /// <summary>Nothing is held.</summary>
    public void Dispose()
    {
    }
}
