using Alignment.Bench.Jobs;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Training;

namespace Alignment.Bench.Plain;

/// <summary>
/// A recipe's whole job as one writes it in an afternoon around TRL and transformers: every run trains in padded batches after a reference pass of its own, answers the test prompts
/// in left-padded batches with a cache that is concatenated, scores its answers under both models, and has them judged by one call a batch. Nothing is stored or shared between
/// runs. Data, tokenizer, judge (a trained one by the library's own training) and draws are the library's.
/// </summary>
internal sealed class TrlJob(Recipe recipe, SweepOptions options)
{
    private const int Together = 128; // responses, as many as the library draws at once

    /// <summary>Why a recipe cannot be run this way; null where it can.</summary>
    public static string? Refusal(Recipe recipe) => recipe switch
    {
        { Policy: not NewPolicy } or { Policy.Lora: not null } or { Policy.Precision: not Precision.Float32 } => "the TRL-style loop has a new Phi-3 policy in float32, without adapters",
        { Sft: null } => "the TRL-style loop begins with SFT",
        { Search: not null } => "a search picks its runs by results, so that two programs would run different ones: give a grid",
        { Judges.Count: > 1 } => "the TRL-style loop has one judge",
        _ => Grid.PreferencePoints(recipe).Select(point => Methods.Objective(point)).FirstOrDefault(NeedsMore) is { } objective
            ? $"the TRL-style loop has the sums of whole responses alone, and {objective.Name} needs more" : null,
    };

    /// <summary>All runs, SFT first, in the recipe's order.</summary>
    /// <param name="folder">Where a judge that is trained stands; nothing else is written.</param>
    public IReadOnlyList<JobRun> Run(string folder)
    {
        SweepData data = SweepData.Read(recipe, options, _ => { });
        using GoldModel judge = GoldModel.Open(recipe.Judges[0], new(recipe, options, data, _ => { }), (folder, "judge"), CancellationToken.None);
        judge.ScoreSides(data.Test);
        using Decoder fresh = new PolicyModels(recipe, options, data.Tokenizer).Start();
        using PlainDecoder start = PlainDecoder.Sdpa(fresh);
        List<JobRun> runs = [];
        PlainDecoder? best = null;
        double highest = double.NegativeInfinity;
        foreach (GridPoint point in Grid.SftPoints(recipe))
        {
            PlainDecoder policy = start.Copy();
            runs.Add(Run(point, policy, null, data, judge));
            if (runs[^1].MeanScore > highest)
                (highest, best, policy) = (runs[^1].MeanScore, policy, best!);
            policy?.Dispose();
        }
        using PlainDecoder sft = best!;
        foreach (GridPoint point in Grid.PreferencePoints(recipe))
        {
            using PlainDecoder policy = sft.Copy();
            runs.Add(Run(point, policy, sft, data, judge));
        }
        return runs;
    }

    private JobRun Run(GridPoint point, PlainDecoder policy, PlainDecoder? sft, SweepData data, GoldModel judge)
    {
        var training = new PointTraining(point, recipe, data);
        ReferenceLogProbs? reference = training.ReadsReferencePass ? TrlTraining.Reference(sft!, data.Training, training.Settings.BatchSize) : null;
        double[] losses = TrlTraining.Train(policy, training.Goal(reference), training.Settings);
        List<double> scores = [], lengths = [], ratios = [];
        foreach (int[] rows in Enumerable.Range(0, data.TestPrompts.Count).Chunk(Together))
        {
            int[][] responses = new CachedGeneration(policy, ((NewPolicy)recipe.Policy).Shape.Layers)
                .Sample([.. rows.Select(row => new SamplingPrompt(row, data.TestPrompts[row]))], recipe.Generation, recipe.Seed, data.EndTokens);
            var sequences = new ScoredSequences([.. rows.Zip(responses, (row, response) => (data.TestPrompts[row], response))]);
            float[] own = TrlLogProbs.Sums(policy, sequences), before = sft is null ? own : TrlLogProbs.Sums(sft, sequences);
            IReadOnlyList<RewardScore> judged = judge.Score([.. rows.Select(row => data.Test[row])], responses.Select(response => Said(response, data)));
            scores.AddRange(judged.Select(score => score.Value));
            lengths.AddRange(responses.Select(response => (double)response.Length));
            ratios.AddRange(own.Zip(before, (policySum, sftSum) => (double)policySum - sftSum));
        }
        return new(point.Slug, losses, scores.Average(), lengths.Average()) { MeanKl = ratios.Average() };
    }

    private static (string Text, bool Ended) Said(int[] response, SweepData data)
    {
        bool ended = data.EndTokens.Contains(response[^1]);
        return (data.Tokenizer.Decode(ended ? response[..^1] : response), ended);
    }

    private static bool NeedsMore(Objective objective) => objective.NeedsModel || objective.NeedsSharedSums || objective.NeedsCollisions;
}
