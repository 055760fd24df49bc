using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Objectives;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Preference optimisation: the objective's loss summed over the batch's pairs, divided by their number. Chosen and rejected responses go through
/// the model in one forward pass.
/// </summary>
internal sealed class PreferenceGoal : IPolicyGoal
{
    private readonly Objective _objective;
    private readonly ReferenceLogProbs? _reference;
    private readonly ulong _seed;
    private readonly MovingReference? _moving;
    private readonly KlSteps? _kl;
    private (double Sum, int Count) _steps; // of the batch so far
    private IReadOnlyList<double>? _running;

    /// <summary>Checks that the reference has every pair.</summary>
    /// <param name="objective">The loss.</param>
    /// <param name="pairs">The data.</param>
    /// <param name="reference">Made for these pairs by <see cref="ReferencePass"/>; null where the objective needs none.</param>
    /// <param name="seed">Decides what an objective draws at random.</param>
    /// <param name="beside">The second model of an objective that needs one.</param>
    /// <exception cref="ArgumentException">The objective needs a reference and there is none, or it was made for other pairs.</exception>
    public PreferenceGoal(Objective objective, IReadOnlyList<TokenizedPair> pairs, ReferenceLogProbs? reference, ulong seed = 0, ModelBeside? beside = null)
    {
        if (objective.ReadsReferencePass && reference == null)
            throw new ArgumentException($"{objective.Name} needs the reference model's log-probs: run the reference pass first");
        if (objective.NeedsModel && beside == null)
            throw new ArgumentException($"{objective.Name} needs a second model beside the policy, and is given none");
        if (objective.CouplesPairs && objective.NeedsSharedSums)
            throw new NotSupportedException($"{objective.Name} couples pairs and needs sums over parts of responses: the trainer offers one of the two");
        reference?.RequireRows(pairs);
        (_objective, Rows, _reference, _seed) = (objective, pairs, objective.ReadsReferencePass ? reference : null, seed);
        _moving = objective.Moves is { } moves ? new(beside!.Reference, beside.Policy, moves, beside.Device) : null;
        _kl = objective.KlStep is null ? null : new(beside!.Policy, beside.Reference, beside.Device);
    }

    /// <inheritdoc/>
    public string Name => _objective.Name;

    /// <inheritdoc/>
    public IReadOnlyList<TokenizedPair> Rows { get; }

    /// <inheritdoc/>
    public bool CouplesRows => _objective.CouplesPairs;

    /// <inheritdoc/>
    public long Tokens(int row) => 2L * Rows[row].Prompt.Length + Rows[row].Chosen.Length + Rows[row].Rejected.Length;

    /// <inheritdoc/>
    public double Divisor(IReadOnlyList<int> batch) => batch.Count;

    /// <inheritdoc/>
    public ScoredSequences Sequences(IReadOnlyList<int> rows)
    {
        TokenizedPair[] pairs = [.. rows.Select(row => Rows[row])];
        return (_objective.NeedsSharedSums ? PairSequences.PreferenceWithShared(pairs) : PairSequences.Preference(pairs)) with { Collisions = _objective.NeedsCollisions };
    }

    /// <inheritdoc/>
    public SummedLoss Loss(SequenceScores scores, IReadOnlyList<int> rows, IReadOnlyList<int> batch)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = LogProbs(scores, rows, batch);
        PairLosses losses = _objective.Loss(pairs);
        _running = losses.Running ?? _running;
        if (pairs.KlSteps is not null)
            _steps = (_steps.Sum + pairs.KlSteps.sum().item<double>(), _steps.Count + rows.Count);
        Tensor margins = losses.ChosenRewards - losses.RejectedRewards;
        List<KeyValuePair<string, Tensor>> logged =
        [
            new("rewards/chosen", losses.ChosenRewards),
            new("rewards/rejected", losses.RejectedRewards),
            new("rewards/margins", margins),
            new("rewards/accuracies", margins.gt(0).to(ScalarType.Float32)),
            new("logps/chosen", pairs.Chosen.detach()),
            new("logps/rejected", pairs.Rejected.detach()),
        ];
        if (pairs.ReferenceChosen is not null)
        {
            logged.Add(new("log_ratios/chosen", pairs.ChosenLogRatios().detach()));
            logged.Add(new("log_ratios/rejected", pairs.RejectedLogRatios().detach()));
        }
        foreach ((string _, Tensor values) in logged)
            values.MoveToOuterDisposeScope();
        return new(losses.Losses.sum().MoveToOuterDisposeScope(), logged);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State() =>
        _objective.RunningNumbers.Select((number, i) => KeyValuePair.Create(number.Name, tensor(_running?[i] ?? number.First, ScalarType.Float64)))
            .Concat(_moving?.Weights().Select(weight => KeyValuePair.Create($"reference.{weight.Key}", weight.Value)) ?? []).ToDictionary();

    /// <inheritdoc/>
    public void EndStep(long step)
    {
        _moving?.EndStep(step);
        if (_steps.Count > 0)
            _running = _objective.AfterSteps(_running ?? [.. _objective.RunningNumbers.Select(number => number.First)], _steps.Sum / _steps.Count);
        _steps = default;
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state) => _running = [.. _objective.RunningNumbers.Select(number => state[number.Name].item<double>())];

    private ScoredSequences Whole(IReadOnlyList<int> rows) => PairSequences.Preference([.. rows.Select(row => Rows[row])]);

    private PairLogProbs LogProbs(SequenceScores scores, IReadOnlyList<int> rows, IReadOnlyList<int> batch)
    {
        long pairs = rows.Count;
        Tensor? moved = _moving?.Sums(Whole(rows));
        return new()
        {
            Chosen = scores.Sums.narrow(0, 0, pairs),
            Rejected = scores.Sums.narrow(0, pairs, pairs),
            ChosenCounts = scores.Counts.narrow(0, 0, pairs),
            RejectedCounts = scores.Counts.narrow(0, pairs, pairs),
            BatchChosenTokens = batch.Average(row => Rows[row].Chosen.Length),
            Running = _running,
            KlSteps = _kl?.Of(Whole(rows), _objective.KlStep!.Value),
            Seed = _seed,
            ReferenceChosen = moved?.narrow(0, 0, pairs) ?? _reference?.Chosen(rows, scores.Sums.device),
            ReferenceRejected = moved?.narrow(0, pairs, pairs) ?? _reference?.Rejected(rows, scores.Sums.device),
            Collisions = scores.Collisions is { } collisions ? new(collisions.narrow(0, 0, pairs), collisions.narrow(0, pairs, pairs)) : null,
            Shared = scores.FirstSums is not { } first || _reference is null ? null : new(first.narrow(0, 0, pairs), first.narrow(0, pairs, pairs),
                _reference.ChosenShared(rows, first.device), _reference.RejectedShared(rows, first.device)),
        };
    }
}
