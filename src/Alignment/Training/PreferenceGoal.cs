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

    /// <summary>Checks that the reference has every pair.</summary>
    /// <param name="objective">The loss.</param>
    /// <param name="pairs">The data.</param>
    /// <param name="reference">Made for these pairs by <see cref="ReferencePass"/>; null where the objective needs none.</param>
    /// <exception cref="ArgumentException">The objective needs a reference and there is none, or it was made for other pairs.</exception>
    public PreferenceGoal(Objective objective, IReadOnlyList<TokenizedPair> pairs, ReferenceLogProbs? reference)
    {
        if (objective.NeedsReference && reference == null)
            throw new ArgumentException($"{objective.Name} needs the reference model's log-probs: run the reference pass first");
        if (objective.CouplesPairs && objective.NeedsSharedSums)
            throw new NotSupportedException($"{objective.Name} couples pairs and needs the sums over shared lengths: the trainer offers one of the two");
        reference?.RequireRows(pairs);
        (_objective, Rows, _reference) = (objective, pairs, objective.NeedsReference ? reference : null);
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
        return _objective.NeedsSharedSums ? PairSequences.PreferenceWithShared(pairs) : PairSequences.Preference(pairs);
    }

    /// <inheritdoc/>
    public SummedLoss Loss(SequenceScores scores, IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = LogProbs(scores, rows);
        PairLosses losses = _objective.Loss(pairs);
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
        if (_reference != null)
        {
            logged.Add(new("log_ratios/chosen", pairs.ChosenLogRatios().detach()));
            logged.Add(new("log_ratios/rejected", pairs.RejectedLogRatios().detach()));
        }
        foreach ((string _, Tensor values) in logged)
            values.MoveToOuterDisposeScope();
        return new(losses.Losses.sum().MoveToOuterDisposeScope(), logged);
    }

    private PairLogProbs LogProbs(SequenceScores scores, IReadOnlyList<int> rows)
    {
        long pairs = rows.Count;
        return new()
        {
            Chosen = scores.Sums.narrow(0, 0, pairs),
            Rejected = scores.Sums.narrow(0, pairs, pairs),
            ChosenCounts = scores.Counts.narrow(0, 0, pairs),
            RejectedCounts = scores.Counts.narrow(0, pairs, pairs),
            ReferenceChosen = _reference?.Chosen(rows, scores.Sums.device),
            ReferenceRejected = _reference?.Rejected(rows, scores.Sums.device),
            Shared = scores.FirstSums is not { } first || _reference is null ? null : new(first.narrow(0, 0, pairs), first.narrow(0, pairs, pairs),
                _reference.ChosenShared(rows, first.device), _reference.RejectedShared(rows, first.device)),
        };
    }
}
