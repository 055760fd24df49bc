using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>What a run is given: what it shares with the other runs of its sweep, and the run it starts from.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Options">Place and speed.</param>
/// <param name="Data">Pairs and prompts.</param>
/// <param name="Log">Gets progress lines.</param>
internal sealed record RunInputs(Recipe Recipe, SweepOptions Options, SweepData Data, Action<string> Log)
{
    /// <summary>The sweep's runs.</summary>
    public required RunStore Store { get; init; }

    /// <summary>The sweep's trained models.</summary>
    public required WeightStore Weights { get; init; }

    /// <summary>Of the run and what it is made of.</summary>
    public required RunNames Names { get; init; }

    /// <summary>All points that come of the run's training (<see cref="Grid.OfTraining(Recipe, GridPoint)"/>), each with the name of its weights.</summary>
    public required IReadOnlyList<(GridPoint Point, string Weights)> OfTraining { get; init; }

    /// <summary>What the sweep's stages take.</summary>
    public required MemoryPlan Memory { get; init; }

    /// <summary>Opens what scores the responses, where it is not open; asked for when no policy is there.</summary>
    public required Func<GoldModel> Gold { get; init; }

    /// <summary>The name of what scores them.</summary>
    public required string Judge { get; init; }

    /// <summary>What begins the log's lines about scores: the judge, where there are several.</summary>
    public string Tag { get; init; } = "";

    /// <summary>Frees what scores the responses, where it does not fit beside a policy.</summary>
    public Action FreeGold { get; init; } = () => { };

    /// <summary>What a search sets the run against; null where it answers all prompts.</summary>
    public Contest? Contest { get; init; }

    /// <summary>How many of the prompts were enough for the first judge, where another one is to score them; null: all, or as many as it takes.</summary>
    public int? FirstPrompts { get; init; }

    /// <summary>Gold score of each test prompt's chosen response.</summary>
    public required IReadOnlyList<double> ChosenScores { get; init; }

    /// <summary>The run to start from, scored by the same judge: SFT, or the policy's folder as it is; null for such a run.</summary>
    public required StoredRun? Sft { get; init; }

    /// <summary>What other sweeps have done.</summary>
    public OtherSweeps Others => new(Folder);

    /// <summary>The sweep's folder.</summary>
    public string Folder => Store.Folder;

    /// <summary>The folder of the weights to start from; null where that is the policy itself.</summary>
    public string? StartWeights => Sft == null ? null : Models.WeightsOf(Sft, Weights);

    public PolicyModels Models { get; } = new(Recipe, Options, Data.Tokenizer);

    /// <summary>The ranks that work on the run.</summary>
    public required RankWork Ranks { get; init; }

    /// <summary>Does the work of a stage, by its name in the memory's estimate.</summary>
    /// <exception cref="StageOutOfMemoryException">It found no memory.</exception>
    public T In<T>(string stage, Func<T> work) => StageOutOfMemoryException.In(stage, Memory, work);

    /// <summary>The log-probabilities of each response under a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="place">Where the other ranks find it.</param>
    /// <param name="responses">By their places (<see cref="SweepData.Places"/>).</param>
    public IReadOnlyList<ResponseLogProbs> LogProbs(ILanguageModel model, RankModel place, IReadOnlyList<SampledResponse> responses)
    {
        int[] prompts = [.. responses.Select(response => response.PromptIndex % Data.TestPrompts.Count)];
        Ranks.Ask(new(RankTask.LogProbs, place) { Prompts = prompts, Responses = [.. responses.Select(response => response.Tokens)] });
        return ResponseScorer.Score(model, [.. responses.Zip(prompts, (response, prompt) => new ResponseToScore(Data.TestPrompts[prompt], response.Tokens))], Options.Generation);
    }
}
