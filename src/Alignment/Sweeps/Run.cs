using System.Diagnostics;
using System.Globalization;
using Alignment.Data;
using Alignment.Doctor;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps.Search;

namespace Alignment.Sweeps;

/// <summary>
/// One grid point from start to end: trained policy → responses → scores → sample rows → summary. Each arrow leaves a file under a name of its
/// content (<see cref="RunNames"/>), so that a killed run goes on where it was and what is stored is never computed again; the work folder becomes
/// the run when it is renamed. A search's run answers slice by slice, and only until it is behind the leader for certain.
/// </summary>
internal sealed class Run(GridPoint point, string folder, RunInputs inputs)
{
    private const string Steps = "steps.jsonl";
    private readonly TrainedWeights _weights = new(point, inputs);
    private readonly Stopwatch _answering = new();
    private Decoder? _policy;
    private bool _told;

    /// <summary>Runs what is not done yet.</summary>
    public RunResult Execute(CancellationToken cancel)
    {
        try
        {
            int? first = inputs.FirstPrompts;
            (IReadOnlyList<SampleRow> Rows, RunFacts Facts)? stored = StoredAnswers();
            if (stored == null && first == null && inputs.Contest is { } contest)
                first = StoppedAfter(contest, cancel);
            return Scored(stored ?? Answers(first is { } prompts ? inputs.Contest!.Order.Places(..prompts) : inputs.Data.Places, cancel), first);
        }
        finally
        {
            Free();
        }
    }

    private RunResult Scored((IReadOnlyList<SampleRow> Rows, RunFacts Facts) answers, int? first)
    {
        (IReadOnlyList<SampleRow> rows, RunFacts facts) = answers;
        var clock = Stopwatch.StartNew();
        Told(new Share(rows.Count(row => row.Ended == false), rows.Count),
            $"reached maxNewTokens {inputs.Recipe.Generation.MaxNewTokens} without an end", "raise maxNewTokens, or their scores, lengths and KL are those of cut texts");
        IReadOnlyList<RewardScore> scores = Scores([.. rows.Select(row => (row.PromptIndex, row.Response, row.Ended == true))]);
        Told(new Share(scores.Count(score => score.InputCut), scores.Count),
            $"were read by {(inputs.Tag.Length > 0 ? $"judge {inputs.Tag[..^2]}" : "the gold model")} without their beginning", "raise gold.maxLength");
        Dictionary<int, double>? sftScores = inputs.Sft?.Samples().ToDictionary(row => row.PromptIndex, row => row.Score);
        SampleRow[] samples =
        [
            .. rows.Select((row, index) => row with
            {
                Score = scores[index].Value,
                ChosenScore = inputs.ChosenScores[row.PromptIndex % inputs.ChosenScores.Count],
                SftScore = sftScores?[row.PromptIndex] ?? scores[index].Value,
                GoldInputCut = scores[index].InputCut,
            }),
        ];
        AtomicFile.WriteText(Path.Combine(folder, "samples.jsonl"), string.Concat(samples.Select(row => SampleFile.Line(row) + "\n")));
        inputs.Weights.Link(folder, inputs.Names.Weights);
        Moved? moved = inputs.Sft is { } start ? HeldOut.Between(start.Folder, folder, inputs.Data.HeldOut, inputs.Recipe.Seed) : null;
        if (moved != null)
            inputs.Log($"[{point.Slug}] {HeldOut.Told(moved, Grid.ModelOf(inputs.Sft?.Point))}");
        return new(Summaries.Summarise(samples, inputs.Recipe.Seed) with { Moved = moved },
            facts with { EvaluationSeconds = facts.EvaluationSeconds + clock.Elapsed.TotalSeconds, Data = inputs.Data.Facts }, first);
    }

    // slice by slice, until it is behind for certain; null where it never is. What is answered stands in the file of responses.
    private int? StoppedAfter(Contest contest, CancellationToken cancel)
    {
        Dictionary<int, double> scores = [];
        for (int prompts = EarlyStopping.Slice; prompts < contest.Order.Count; prompts += EarlyStopping.Slice)
        {
            Policy(cancel);
            int[] places = contest.Order.Places((prompts - EarlyStopping.Slice)..prompts);
            IReadOnlyList<SampledResponse> slice = inputs.In("sampling", () => Responses(places, cancel));
            if (!inputs.Memory.JudgesStay)
                Free();
            foreach ((RewardScore score, int place) in Scores([.. slice.Select(response => (response.PromptIndex, Text(response), response.Ended))]).Zip(places))
                scores[place] = score.Value;
            inputs.FreeGold();
            if (contest.Of(scores) is { StoppedAfter: not null } behind)
            {
                inputs.Log($"[{point.Slug}] early stop: {behind} {contest.Leader.Point.Slug}; the others are not answered");
                return prompts;
            }
        }

        return null;
    }

    private IReadOnlyList<RewardScore> Scores((int Place, string Text, bool Ended)[] responses) => inputs.In(MemoryEstimate.JudgingBy(inputs.Judge),
        () => inputs.Gold().Score([.. responses.Select(response => inputs.Data.TestAt(response.Place))], responses.Select(response => (response.Text, response.Ended))));

    // another run has asked the same model for the same responses: only the gold model is another
    private (IReadOnlyList<SampleRow> Rows, RunFacts Facts)? StoredAnswers()
    {
        if (inputs.Store.WithResponses(inputs.Names.Responses) is not { } other)
            return null;
        inputs.Log($"[{point.Slug}] {inputs.Tag}responses: those of {other.Id} with their log-probs, only scored");
        CopySteps(other.Folder);
        HeldOut.Copy(other.Folder, folder);
        return ([.. other.Samples().OrderBy(row => row.PromptIndex).Select(row => row with
            {
                Prompt = Prompt(row.PromptIndex),
                Chosen = Chosen(row.PromptIndex),
                PromptCut = PromptCut(row.PromptIndex),
            })],
            other.Facts with { EvaluationSeconds = 0, Environment = RunEnvironment.Describe(inputs, Ends) });
    }

    // not scored yet
    private (IReadOnlyList<SampleRow> Rows, RunFacts Facts) Answers(IReadOnlyList<int> places, CancellationToken cancel)
    {
        (IReadOnlyList<SampledResponse> responses, IReadOnlyList<ResponseLogProbs> policyLogProbs, IReadOnlyList<ResponseLogProbs>? known) = Sampled(places, cancel);
        IReadOnlyList<ResponseLogProbs> sftLogProbs = known ?? SftLogProbs(responses);
        var textless = new Share(responses.Count(response => response.Tokens.Any(id => !inputs.Data.Tokenizer.HasText(id))), responses.Count);
        if (textless.Count > 0)
            inputs.Log($"[{point.Slug}] responses: {textless} hold ids that stand for no text, rows of the model's vocabulary behind the tokenizer's; their text goes without them");
        TrainingTime time = _weights.Time;
        return ([.. responses.Select((response, index) => new SampleRow
        {
            PromptIndex = response.PromptIndex,
            Prompt = Prompt(response.PromptIndex),
            Chosen = Chosen(response.PromptIndex),
            Response = Text(response),
            Tokens = response.Tokens,
            Ended = response.Ended,
            Score = double.NaN,
            ChosenScore = double.NaN,
            SftScore = double.NaN,
            PolicyLogProb = policyLogProbs[index].Sum,
            SftLogProb = sftLogProbs[index].Sum,
            KlK3 = KlEstimates.K3(policyLogProbs[index].PerToken, sftLogProbs[index].PerToken),
            PromptCut = PromptCut(response.PromptIndex),
        })], new RunFacts
        {
            TrainingSeconds = time.Seconds,
            TokensPerSecond = time.Tokens / time.Seconds,
            EvaluationSeconds = _answering.Elapsed.TotalSeconds,
            Environment = RunEnvironment.Describe(inputs, Ends),
        });
    }

    private string Ends => string.Join(", ", inputs.Data.EndTokens.Select(id => inputs.Data.Tokenizer.NameOf(id)));

    // a share above the limit comes with what to do
    private void Told(Share share, string what, string advice) => inputs.Log($"[{point.Slug}] {CutResponses.Text(inputs.Recipe, share, what, advice)}");

    // there are none where nothing was trained
    private void CopySteps(string from)
    {
        if (File.Exists(Path.Combine(from, Steps)))
            File.Copy(Path.Combine(from, Steps), Path.Combine(folder, Steps), overwrite: true);
    }

    // a desirable response without one to compare it with was not chosen
    private string Chosen(int place) => inputs.Data.TestHasPairs ? inputs.Data.TestAt(place).Chosen : "";

    private string Prompt(int place) => PromptText.Of(inputs.Data.TestAt(place).Prompt);

    private bool PromptCut(int place) => inputs.Data.TestPromptsCut[place % inputs.Data.Test.Count];

    private string Text(SampledResponse response) => inputs.Data.Tokenizer.Decode(response.Said.ToArray());

    private Decoder Policy(CancellationToken cancel)
    {
        _policy ??= _weights.Policy(cancel);
        _answering.Start();
        return _policy;
    }

    private void Free()
    {
        _policy?.Dispose();
        _policy = null;
    }

    // at ascending places: the first response to each prompt, then the second
    private IReadOnlyList<SampledResponse> Responses(IReadOnlyList<int> places, CancellationToken cancel)
    {
        using RunLock held = RunLock.Take(Path.Combine(inputs.Folder, "locks", $"responses-{inputs.Names.Sampling}.lock"), TimeProvider.System,
            owner => inputs.Log($"[{point.Slug}] waiting: {owner} samples from it"), cancel);
        TellSampling();
        int prompts = inputs.Data.Test.Count, draws = inputs.Data.Responses;
        var file = new ResponseFile(inputs.Store.ResponseFile(inputs.Names.Sampling));
        return [.. places.GroupBy(place => place / prompts, place => place % prompts).SelectMany(draw => Draw(draw.Key, [.. draw])
            .Select(response => response with { PromptIndex = response.PromptIndex + draw.Key * prompts }))];

        IReadOnlyList<SampledResponse> Draw(int before, int[] asked)
        {
            string title = draws == 1 ? "generate" : string.Create(CultureInfo.InvariantCulture, $"generate response {before + 1} of {draws}");
            AskedPrompts test = AskedPrompts.Test(inputs.Recipe, inputs.Data, before) with { Asked = asked };
            return file.Complete(test, left =>
            {
                inputs.Ranks.Ask(test.Order(_weights.Model, left));
                return test.By(_policy!, inputs.Recipe, inputs.Data);
            }, inputs.Options.Generation, new ProgressLines($"[{point.Slug}] {title}", inputs.Options.ProgressSeconds, inputs.Log), cancel);
        }
    }

    // once
    private void TellSampling()
    {
        if (_told)
            return;
        _told = true;
        inputs.Log($"[{point.Slug}] generate: responses end at {Ends}, the end of template {inputs.Data.Tokenizer.Template.Name} and the policy's eos_token_id");
        if (inputs.Others.TakeFile(Path.Combine("responses", inputs.Names.Sampling + ".jsonl")) is { } other)
            inputs.Log($"[{point.Slug}] generate: goes on from the responses of sweep {other}");
        if (inputs.Recipe.Policy.Precision != Precision.Float32)
            inputs.Log($"[{point.Slug}] generate: {RunEnvironment.Together(inputs)}");
    }

    // the policy's responses with their log-probs, also under the SFT model where that is the policy itself or what its adapters sit on
    private (IReadOnlyList<SampledResponse>, IReadOnlyList<ResponseLogProbs>, IReadOnlyList<ResponseLogProbs>?) Sampled(IReadOnlyList<int> places, CancellationToken cancel)
    {
        Decoder policy = Policy(cancel);
        CopySteps(inputs.Weights.Folder(inputs.Names.Weights));
        IReadOnlyList<SampledResponse> responses = inputs.In("sampling", () => Responses(places, cancel));
        IReadOnlyList<ResponseLogProbs> own = LogProbs(policy, _weights.Model, responses);
        inputs.In("reference pass", () => // the same work on other pairs
        {
            HeldOut.Write(folder, policy, inputs.Data.HeldOut, inputs.Options.Speed);
            return true;
        });
        IReadOnlyList<ResponseLogProbs>? start = inputs.Sft == null ? own : null;
        if (inputs.Sft != null && policy.Adapters is { } adapters)
            using (adapters.Off())
                start = LogProbs(policy, _weights.Model with { AdaptersOff = true }, responses);
        Free();
        return (responses, own, start);
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

/// <summary>What a run comes to.</summary>
/// <param name="Summary">Its metrics.</param>
/// <param name="Facts">Time and machine.</param>
/// <param name="FirstPrompts">How many of the prompts were enough to tell that it is behind; null where it has answered all.</param>
internal sealed record RunResult(RunSummary Summary, RunFacts Facts, int? FirstPrompts);
