using Alignment.Data;
using Alignment.Doctor;
using Alignment.Models;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>
/// A sweep's memory, worked out before anything is loaded: refused where it is certain not to fit; else whether activations are kept, whether judges stay
/// on the device while the policy is there, and how much goes through the model at once. None is in an identity.
/// </summary>
internal sealed class MemoryPlan
{
    private readonly Workload _work;
    private readonly AvailableMemory _available;
    private readonly OpenSizes _open;

    private MemoryPlan(Workload work, AvailableMemory available, OpenSizes open) => (_work, _available, _open) = (work, available, open);

    /// <summary>Judges stay open between their uses.</summary>
    public bool JudgesStay => _work.JudgesStay;

    /// <summary>The plan of a sweep.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="options">Device and sizes; what they leave open is chosen here.</param>
    /// <param name="data">With the lengths of pairs and prompts.</param>
    /// <exception cref="RecipeException">A stage needs more than the device has; the message says what would fit.</exception>
    public static MemoryPlan Of(Recipe recipe, SweepOptions options, SweepData data)
    {
        AvailableMemory available = options.Memory(options.Device).OfRank(options.RankCount);
        Workload chosen = options.Open.Chosen(Work(recipe, options, data), options.Recompute, available);
        return MemoryCheck.Refusal(chosen, available) is { } refusal ? throw new RecipeException([$"{recipe.At("$.policy")}: {refusal}"]) : new(chosen, available, options.Open);
    }

    /// <summary>The options with what they left open.</summary>
    public SweepOptions Settled(SweepOptions options) => options with
    {
        Recompute = _work.Recompute,
        MicroBatch = options.RowsAtOnce,
        TokenBudget = options.Open.Tokens ? _work.TokenBudget : options.TokenBudget,
        GenerationBatch = options.Open.Responses ? _work.GenerationBatch : options.ResponsesAtOnce,
    };

    /// <summary>What was chosen, and how much of the device's memory it takes.</summary>
    public IEnumerable<string> Lines()
    {
        if (_available.Bytes == AvailableMemory.Unasked)
            yield break;
        Verdict judged = MemoryCheck.Judged(_work, _available);
        yield return $"memory: {judged.Text}{(judged.Grade == Grade.Ok ? "" : $": {judged.Advice}")}";
        if (_available.Used > 0 && MemoryEstimate.Of(_work).Max(stage => stage.Needed) > _available.Bytes - _available.Used)
            yield return $"memory: {ByteCount.Text(_available.Used)} of {_available.Device} are in use already, and what is needed does not fit beside them: end what holds them, "
                + "or lower -p:TokenBudget and -p:GenerationBatch";
        if (_open.Tokens)
            yield return $"memory: {_work.TokenBudget} tokens go through the model at once (-p:TokenBudget names others)";
        if (_open.Responses)
            yield return $"memory: {_work.GenerationBatch} responses are drawn at once (-p:GenerationBatch names others)";
        if (_work.Recompute)
            yield return "memory: activations are computed again in the backward pass (-p:Recompute=false keeps them)";
        if (!_work.JudgesStay && _work.Judges.Count > 0)
            yield return "memory: judges are opened anew for each run, since they do not fit beside the policy";
    }

    /// <summary>What a stage was estimated to take, and what would lower it.</summary>
    public string Told(string stage)
    {
        if (MemoryEstimate.Of(_work).FirstOrDefault(one => one.Stage == stage) is not { } memory)
            return $"no estimate was made of it, and {_available.Device} has {ByteCount.Text(_available.Bytes)}";
        AvailableMemory less = _available with { Bytes = Math.Min(_available.Bytes, memory.Bytes) };
        string used = _available.Used > 0 ? $", of which {ByteCount.Text(_available.Used)} were in use before the sweep began" : "";
        return $"it was estimated to take {ByteCount.Text(memory.Bytes)} of the {ByteCount.Text(_available.Bytes)} {_available.Device} has{used}; {MemoryRelief.Of(_work, less)}";
    }

    /// <summary>The stage in which a judge is opened, or first trained.</summary>
    public static string StageOf(GoldChoice judge) => judge is TrainedGold ? MemoryEstimate.TrainingOf(judge.Name) : MemoryEstimate.JudgingBy(judge.Name);

    private static Workload Work(Recipe recipe, SweepOptions options, SweepData data)
    {
        IReadOnlyList<TokenizedPair> pairs = data.PreferenceRows;
        // a round on-policy answers the training prompts and trains on its answers
        int answered = data.TrainingPrompts.Select(tokens => tokens.Length).DefaultIfEmpty().Max();
        int prompt = Math.Max(answered, data.TestPrompts.Max(tokens => tokens.Length));
        DecoderConfig config = recipe.Policy is PolicyFolder named ? RecipePath.Policy(recipe, options, named).Config()
            : new() { Shape = ((NewPolicy)recipe.Policy).Shape with { Vocabulary = data.Tokenizer.VocabularySize } };
        return new()
        {
            Config = config,
            SecondModel = Grid.Settings(recipe).Any(point => Methods.Objective(point).NeedsModel),
            Narrow = recipe.Policy.Precision == Precision.BFloat16,
            StateOnHost = options.OptimiserOnHost,
            Averages = recipe.Averages,
            IsHost = options.Device == "cpu",
            Ranks = options.RankCount,
            Lora = recipe.Policy.Lora,
            TrainsSft = recipe.Sft != null,
            SftLora = recipe.Sft?.Lora,
            MicroBatch = options.RowsAtOnce,
            TokenBudget = options.TokenBudget ?? long.MaxValue,
            Batches = recipe.BatchSizes,
            GenerationBatch = Math.Min(options.Open.Responses ? OpenSizes.MostResponses : options.ResponsesAtOnce, Math.Max(data.TestPrompts.Count, data.TrainingPrompts.Count)),
            LongestSequence = Math.Max(answered + (recipe.Resample == null ? 0 : recipe.Generation.MaxNewTokens),
                pairs.Max(pair => pair.Prompt.Length + Math.Max(pair.Chosen.Length, pair.Rejected.Length))),
            LongestPrompt = prompt,
            NewTokens = recipe.Generation.MaxNewTokens,
            Judges = [.. recipe.AllJudges.Select(judge => JudgeModel.Of(judge, Place(judge, recipe, options), data.Tokenizer.VocabularySize)).OfType<JudgeModel>()],
            Slack = AllocatorSlack.Of(options.Device),
        };
    }

    private static string? Place(GoldChoice judge, Recipe recipe, SweepOptions options) => judge switch
    {
        GoldFolder named => RecipePath.Find(recipe, options, named.Folder, $"{named.Key}.folder"),
        DecoderFolderGold begun => RecipePath.Find(recipe, options, begun.Folder, $"{begun.Key}.decoder.folder"),
        _ => null,
    };
}
