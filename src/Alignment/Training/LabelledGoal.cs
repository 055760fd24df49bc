using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Objectives;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Optimisation on responses that are labelled one by one: the objective's loss summed over the batch's responses, divided by their number. A response and its
/// mismatched one go through the model in one forward pass, as the two of a pair do.
/// </summary>
internal sealed class LabelledGoal : IPolicyGoal
{
    private readonly LabelledObjective _objective;
    private readonly LabelledRows _rows;
    private readonly ReferenceLogProbs _reference;

    /// <summary>Checks that the reference has every row.</summary>
    /// <param name="objective">The loss.</param>
    /// <param name="rows">The data.</param>
    /// <param name="reference">Made for these rows by <see cref="ReferencePass"/>.</param>
    /// <exception cref="ArgumentException">The reference was made for other rows, or no response is mismatched and the objective needs such.</exception>
    public LabelledGoal(LabelledObjective objective, LabelledRows rows, ReferenceLogProbs reference)
    {
        if (objective.NeedsMismatched && !rows.HasMismatched)
            throw new ArgumentException($"{objective.Name} needs responses to other prompts, and all rows have the same one");
        reference.RequireRows(rows);
        (_objective, _rows, _reference) = (objective, rows, reference);
    }

    /// <inheritdoc/>
    public string Name => _objective.Name;

    /// <inheritdoc/>
    public IReadOnlyList<TokenizedPair> Rows => _rows;

    /// <inheritdoc/>
    public bool CouplesRows => _objective.NeedsMismatched;

    /// <inheritdoc/>
    public long Tokens(int row) => _rows[row] is var pair && _objective.NeedsMismatched ? 2L * pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length
        : pair.Prompt.Length + pair.Chosen.Length;

    /// <inheritdoc/>
    public double Divisor(IReadOnlyList<int> batch) => batch.Count;

    /// <inheritdoc/>
    public ScoredSequences Sequences(IReadOnlyList<int> rows)
    {
        TokenizedPair[] pairs = [.. rows.Select(row => _rows[row])];
        return _objective.NeedsMismatched ? PairSequences.Preference(pairs) : PairSequences.Sft(pairs);
    }

    /// <inheritdoc/>
    public SummedLoss Loss(SequenceScores scores, IReadOnlyList<int> rows, IReadOnlyList<int> batch)
    {
        using var scope = NewDisposeScope();
        long count = rows.Count;
        Device device = scores.Sums.device;
        bool[] labels = [.. rows.Select(_rows.IsDesirable)];
        var responses = new LabelledLogProbs
        {
            Policy = scores.Sums.narrow(0, 0, count),
            Reference = _reference.Chosen(rows, device),
            Desirable = tensor(labels, device: device),
            Mismatched = _objective.NeedsMismatched ? (scores.Sums.narrow(0, count, count), _reference.Rejected(rows, device)) : null,
        };
        LabelledLosses losses = _objective.Loss(responses);
        Tensor sums = responses.Policy.detach(), ratios = responses.LogRatios().detach();
        List<KeyValuePair<string, Tensor>> logged = [];
        int desirable = batch.Count(_rows.IsDesirable);
        foreach ((string side, Tensor members, int of) in new[] { ("chosen", responses.Desirable, desirable), ("rejected", responses.Desirable.logical_not(), batch.Count - desirable) })
            if (of > 0) // a batch may have none: nothing is said of them then
                foreach ((string name, Tensor values) in new[] { ("rewards", losses.Rewards), ("logps", sums), ("log_ratios", ratios) })
                    logged.Add(new($"{name}/{side}", values * members * ((double)batch.Count / of))); // the mean over the batch is that over the side
        if (losses.Baseline is { } baseline)
            logged.Add(new("kl", baseline.expand(count).clone()));
        foreach ((string _, Tensor values) in logged)
            values.MoveToOuterDisposeScope();
        return new(losses.Losses.sum().MoveToOuterDisposeScope(), logged);
    }
}
