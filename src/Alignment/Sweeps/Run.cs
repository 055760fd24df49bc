using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Alignment.Data;
using Alignment.Doctor;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Training;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>
/// One grid point from start to end: trained policy → responses → scores → sample rows → summary. Each arrow leaves a file under a name of its
/// content (<see cref="RunNames"/>), so that a killed run goes on where it was and what is stored is never computed again; the work folder becomes
/// the run when it is renamed.
/// </summary>
internal sealed class Run(GridPoint point, string folder, RunInputs inputs)
{
    private const string Steps = "steps.jsonl";
    private readonly TrainedWeights _weights = new(point, inputs);

    /// <summary>Runs what is not done yet.</summary>
    public (RunSummary Summary, RunFacts Facts) Execute(CancellationToken cancel)
    {
        var (answers, facts) = StoredAnswers() ?? Answers(cancel);
        var clock = Stopwatch.StartNew();
        Told(new Share(answers.Count(row => row.Ended == false), answers.Count),
            $"reached maxNewTokens {inputs.Recipe.Generation.MaxNewTokens} without an end", "raise maxNewTokens, or their scores, lengths and KL are those of cut texts");
        IReadOnlyList<RewardScore> scores = inputs.In(MemoryEstimate.JudgingBy(inputs.Judge), () => inputs.Gold().Score(inputs.Data.Test, answers.Select(row => (row.Response, row.Ended == true))));
        Told(new Share(scores.Count(score => score.InputCut), scores.Count),
            $"were read by {(inputs.Tag.Length > 0 ? $"judge {inputs.Tag[..^2]}" : "the gold model")} without their beginning", "raise gold.maxLength");
        double[]? sftScores = inputs.Sft is { } sft ? [.. sft.Samples().OrderBy(row => row.PromptIndex).Select(row => row.Score)] : null;
        SampleRow[] samples =
        [
            .. answers.Select((row, index) => row with
            {
                Score = scores[index].Value,
                ChosenScore = inputs.ChosenScores[index],
                SftScore = sftScores?[index] ?? scores[index].Value,
                GoldInputCut = scores[index].InputCut,
            }),
        ];
        AtomicFile.WriteText(Path.Combine(folder, "samples.jsonl"), string.Concat(samples.Select(row => SampleFile.Line(row) + "\n")));
        inputs.Weights.Link(folder, inputs.Names.Weights);
        Moved? moved = inputs.Sft is { } start ? HeldOut.Between(start.Folder, folder, inputs.Data.HeldOut, inputs.Recipe.Seed) : null;
        if (moved != null)
            inputs.Log($"[{point.Slug}] {HeldOut.Told(moved)}");
        return (Summaries.Summarise(samples, inputs.Recipe.Seed) with { Moved = moved },
            facts with { EvaluationSeconds = facts.EvaluationSeconds + clock.Elapsed.TotalSeconds, Data = inputs.Data.Facts });
    }

    // another run has asked the same model for the same responses: only the gold model is another
    private (IReadOnlyList<SampleRow> Rows, RunFacts Facts)? StoredAnswers()
    {
        if (inputs.Store.WithResponses(inputs.Names.Responses) is not { } other)
            return null;
        inputs.Log($"[{point.Slug}] {inputs.Tag}responses: those of {other.Id} with their log-probs, only scored");
        CopySteps(other.Folder);
        HeldOut.Copy(other.Folder, folder);
        return ([.. other.Samples().OrderBy(row => row.PromptIndex).Select((row, index) => row with
            {
                Prompt = Prompt(index),
                Chosen = Chosen(index),
                PromptCut = inputs.Data.TestPromptsCut[index],
            })],
            other.Facts with { EvaluationSeconds = 0, Environment = RunEnvironment.Describe(inputs, Ends) });
    }

    // not scored yet
    private (IReadOnlyList<SampleRow> Rows, RunFacts Facts) Answers(CancellationToken cancel)
    {
        (IReadOnlyList<SampledResponse> responses, IReadOnlyList<ResponseLogProbs> policyLogProbs, IReadOnlyList<ResponseLogProbs>? known, Stopwatch clock) = Sampled(cancel);
        IReadOnlyList<ResponseLogProbs> sftLogProbs = known ?? SftLogProbs(responses);
        var textless = new Share(responses.Count(response => response.Tokens.Any(id => !inputs.Data.Tokenizer.HasText(id))), responses.Count);
        if (textless.Count > 0)
            inputs.Log($"[{point.Slug}] responses: {textless} hold ids that stand for no text, rows of the model's vocabulary behind the tokenizer's; their text goes without them");
        TrainingTime time = _weights.Time;
        return ([.. responses.Select((response, index) => new SampleRow
        {
            PromptIndex = index,
            Prompt = Prompt(index),
            Chosen = Chosen(index),
            Response = inputs.Data.Tokenizer.Decode(response.Said.ToArray()),
            Tokens = response.Tokens,
            Ended = response.Ended,
            Score = double.NaN,
            ChosenScore = double.NaN,
            SftScore = double.NaN,
            PolicyLogProb = policyLogProbs[index].Sum,
            SftLogProb = sftLogProbs[index].Sum,
            KlK3 = KlEstimates.K3(policyLogProbs[index].PerToken, sftLogProbs[index].PerToken),
            PromptCut = inputs.Data.TestPromptsCut[index],
        })], new RunFacts
        {
            TrainingSeconds = time.Seconds,
            TokensPerSecond = time.Tokens / time.Seconds,
            EvaluationSeconds = clock.Elapsed.TotalSeconds,
            Environment = RunEnvironment.Describe(inputs, Ends),
        });
    }

    private string Ends => string.Join(", ", inputs.Data.EndTokens.Select(id => inputs.Data.Tokenizer.NameOf(id)));

    // a share above the limit comes with what to do
    private void Told(Share share, string what, string advice)
    {
        double limit = inputs.Recipe.MaxCutShare;
        string judged = share.Value > limit ? $"above it: {advice}" : "within it";
        inputs.Log(FormattableString.Invariant($"[{point.Slug}] cut: {share} responses {what}; maxCutShare is {limit}, {judged}"));
    }

    // there are none where nothing was trained
    private void CopySteps(string from)
    {
        if (File.Exists(Path.Combine(from, Steps)))
            File.Copy(Path.Combine(from, Steps), Path.Combine(folder, Steps), overwrite: true);
    }

    // a desirable response without one to compare it with was not chosen
    private string Chosen(int index) => inputs.Data.TestHasPairs ? inputs.Data.Test[index].Chosen : "";

    private string Prompt(int index) => PromptText.Of(inputs.Data.Test[index].Prompt);

    private IReadOnlyList<SampledResponse> Responses(Decoder policy, CancellationToken cancel)
    {
        using RunLock held = RunLock.Take(Path.Combine(inputs.Folder, "locks", $"responses-{inputs.Names.Sampling}.lock"), TimeProvider.System,
            owner => inputs.Log($"[{point.Slug}] waiting: {owner} samples from it"), cancel);
        inputs.Log($"[{point.Slug}] generate: responses end at {Ends}, the end of template {inputs.Data.Tokenizer.Template.Name} and the policy's eos_token_id");
        if (inputs.Others.TakeFile(Path.Combine("responses", inputs.Names.Sampling + ".jsonl")) is { } other)
            inputs.Log($"[{point.Slug}] generate: goes on from the responses of sweep {other}");
        if (inputs.Recipe.Policy.Precision != Precision.Float32)
            inputs.Log($"[{point.Slug}] generate: {RunEnvironment.Together(inputs)}");
        var progress = new ProgressLines($"[{point.Slug}] generate", inputs.Options.ProgressSeconds, inputs.Log);
        AskedPrompts asked = AskedPrompts.Test(inputs.Recipe, inputs.Data);
        return new ResponseFile(inputs.Store.ResponseFile(inputs.Names.Sampling)).Complete(asked, left =>
        {
            inputs.Ranks.Ask(asked.Order(_weights.Model, left));
            return asked.By(policy, inputs.Recipe, inputs.Data);
        }, inputs.Options.Generation, progress, cancel);
    }

    // the policy's responses with their log-probs, also under the SFT model where that is the policy itself or what its adapters sit on
    private (IReadOnlyList<SampledResponse>, IReadOnlyList<ResponseLogProbs>, IReadOnlyList<ResponseLogProbs>?, Stopwatch) Sampled(CancellationToken cancel)
    {
        using Decoder policy = _weights.Policy(cancel);
        var clock = Stopwatch.StartNew();
        CopySteps(inputs.Weights.Folder(inputs.Names.Weights));
        IReadOnlyList<SampledResponse> responses = inputs.In("sampling", () => Responses(policy, cancel));
        IReadOnlyList<ResponseLogProbs> own = LogProbs(policy, _weights.Model, responses);
        inputs.In("reference pass", () => // the same work on other pairs
        {
            HeldOut.Write(folder, policy, inputs.Data.HeldOut, inputs.Options.Speed);
            return true;
        });
        if (inputs.Sft == null || policy.Adapters is not { } adapters)
            return (responses, own, inputs.Sft == null ? own : null, clock);
        using (adapters.Off())
            return (responses, own, LogProbs(policy, _weights.Model with { AdaptersOff = true }, responses), clock);
    }

    // the policy is freed by now: the two are never there together
    private IReadOnlyList<ResponseLogProbs> SftLogProbs(IReadOnlyList<SampledResponse> responses)
    {
        using Decoder start = inputs.Models.Load(inputs.StartWeights!);
        return LogProbs(start, new(inputs.StartWeights), responses);
    }

    private IReadOnlyList<ResponseLogProbs> LogProbs(Decoder model, RankModel place, IReadOnlyList<SampledResponse> responses) =>
        inputs.In("scoring", () => inputs.LogProbs(model, place, responses));
}

/// <summary>Machine, versions, and what ended the responses, as stored with each run.</summary>
internal static class RunEnvironment
{
    public static IReadOnlyDictionary<string, string> Describe(RunInputs inputs, string responseEnds)
    {
        SortedDictionary<string, string> facts = Common(inputs, responseEnds);
        if (inputs.Options.Ranks.Ranks > 1)
            facts["ranks"] = inputs.Options.Ranks.Ranks.ToString(CultureInfo.InvariantCulture);
        return facts;
    }

    private static SortedDictionary<string, string> Common(RunInputs inputs, string responseEnds) => new(StringComparer.Ordinal)
    {
        ["activations"] = inputs.Options.Recompute == true || inputs.Options.Ranks.Ranks > 1 ? "computed again in the backward pass" : "kept for the backward pass",
        ["policy"] = Policy(inputs.Recipe.Policy),
        ["device"] = inputs.Options.Device,
        ["responses drawn at once"] = Together(inputs),
        ["rows trained at once"] = Rows(inputs.Options.Speed),
        ["responses end at"] = responseEnds,
        ["tf32"] = inputs.Options.Tf32 ? "on" : "off",
        ["deterministic algorithms"] = inputs.Options.Deterministic ? "on" : "off",
        ["threads"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
        ["processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["torchsharp"] = typeof(torch).Assembly.GetName().Version?.ToString() ?? "",
        ["alignment"] = typeof(RunEnvironment).Assembly.GetName().Version?.ToString() ?? "",
    };

    private static string Policy(PolicyChoice policy)
    {
        string model = policy switch
        {
            PolicyFolder folder => folder.Folder,
            NewPolicy made => $"new, {made.Shape.Layers.ToString(CultureInfo.InvariantCulture)} layers of {made.Shape.Width.ToString(CultureInfo.InvariantCulture)}",
            _ => throw new NotSupportedException($"a policy of kind {policy.GetType().Name} has no name"),
        };
        string adapters = policy.Lora is { } lora ? $", LoRA of rank {lora.Rank.ToString(CultureInfo.InvariantCulture)}" : "";
        return $"{model}, {(policy.Precision == Precision.Float32 ? "float32" : "bfloat16")}{adapters}";
    }

    /// <summary>How many responses are drawn at once, and what that can change.</summary>
    public static string Together(RunInputs inputs) => string.Create(CultureInfo.InvariantCulture, $"at most {inputs.Options.ResponsesAtOnce}")
        + (inputs.Recipe.Policy.Precision == Precision.Float32 ? "" : ", and in bfloat16 a response may depend on the others: rounding differs with their number and lengths");

    private static string Rows(SpeedSettings speed) => string.Join(" and ", new[]
    {
        speed.MicroBatch < int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"at most {speed.MicroBatch} rows") : "",
        speed.TokenBudget < long.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"at most {speed.TokenBudget} tokens") : "",
    }.Where(limit => limit.Length > 0));
}
