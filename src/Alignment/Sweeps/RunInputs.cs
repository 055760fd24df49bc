using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using static TorchSharp.torch;

namespace Alignment.Sweeps;

/// <summary>What a run is given: what it shares with the other runs of its sweep, and the run it starts from.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Options">Place and speed.</param>
/// <param name="Folder">The sweep's folder.</param>
/// <param name="Data">Pairs and prompts.</param>
/// <param name="Gold">Scores responses.</param>
/// <param name="ChosenScores">Gold score of each test prompt's chosen response.</param>
/// <param name="Sft">The run to start from: SFT, or the policy's folder as it is; null for such a run.</param>
/// <param name="Log">Gets progress lines.</param>
internal sealed record RunInputs(Recipe Recipe, SweepOptions Options, string Folder, SweepData Data, GoldModel Gold,
    IReadOnlyList<double> ChosenScores, StoredRun? Sft, Action<string> Log)
{
    public PolicyModels Models { get; } = new(Recipe, Options, Data.Tokenizer);

    public GenerationSpeed GenerationSpeed { get; } = new()
    {
        BatchSize = Options.GenerationBatch,
        ChunkSize = Options.GenerationBatch,
        Device = device(Options.Device),
    };

    /// <summary>Ids that end a response: the template's end first, then every end token the policy's folder names.</summary>
    public IReadOnlySet<int> EndTokens(Decoder policy) => new HashSet<int>([Data.Tokenizer.Eos, .. policy.Config.EndTokens.Select(id => (int)id)]);

    /// <summary>Summed log-probability of each response under a model, nats.</summary>
    public IReadOnlyList<double> LogProbs(ILanguageModel model, IReadOnlyList<SampledResponse> responses) =>
        ResponseScorer.Score(model, [.. responses.Select((response, index) => new ResponseToScore(Data.TestPrompts[index], response.Tokens))], GenerationSpeed);
}
