using Alignment.Distributed;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Adds the gradient of a batch's loss to the shares of all ranks. Micro-batches go to the ranks in turn; after each round their gradients are added in the order
/// one rank would compute them in, so that with MPI the sums have the bits of one rank with these micro-batches. <see cref="BatchGradient"/> is that one rank.
/// </summary>
internal sealed class ShardedGradient(ILanguageModel model, IPolicyGoal goal, SpeedSettings speed, ShardedWeights weights)
{
    private readonly BlockWalk _walk = new(weights);
    private readonly ICollectives _ranks = speed.Ranks;

    /// <summary>Forward and backward passes of the whole batch, on all ranks together.</summary>
    /// <exception cref="NotFiniteNumberException">The loss is NaN or infinite; on every rank.</exception>
    public BatchSums Add(IReadOnlyList<int> batch)
    {
        int[][] parts = BatchGradient.Parts(batch, goal, speed);
        return goal.CouplesRows ? Coupled(parts, batch) : Separate(parts, batch);
    }

    // this rank's micro-batch of each round, null where the last round has none for it
    private IEnumerable<int[]?> Rounds(int[][] parts)
    {
        for (int first = 0; first < parts.Length; first += _ranks.Ranks)
            yield return parts.ElementAtOrDefault(first + _ranks.Rank);
    }

    private BatchSums Separate(int[][] parts, IReadOnlyList<int> batch)
    {
        double divisor = goal.Divisor(batch);
        var sums = new BatchSums();
        foreach (int[]? rows in Rounds(parts))
            Carry(rows, scores =>
            {
                SummedLoss? loss = scores == null ? null : goal.Loss(scores, rows!, batch);
                PartSums? own = loss == null ? null : PartSums.Of(loss, divisor, rows!.Length);
                foreach (double[] numbers in _ranks.Gather(own?.Numbers() ?? []).Where(numbers => numbers.Length > 0))
                    sums.Add(PartSums.Of(numbers, own));
                return loss is null ? null : loss.Sum / divisor;
            });
        return sums;
    }

    // as in BatchGradient.Coupled; every rank computes the loss of all rows' scores, and with it what the goal keeps for the next batch
    private BatchSums Coupled(int[][] parts, IReadOnlyList<int> batch)
    {
        double divisor = goal.Divisor(batch);
        using var scope = NewDisposeScope();
        var sums = new BatchSums();
        int[] all = [.. parts.SelectMany(rows => rows)];
        SequenceScores scores = Scores(parts);
        Tensor leaf = scores.Sums.requires_grad_();
        SummedLoss loss = goal.Loss(scores, all, batch);
        sums.Add(PartSums.Of(loss, divisor, all.Length));
        BatchGradient.Backward(loss.Sum / divisor);
        Tensor gradient = leaf.grad!.view(-1, all.Length); // [sequences of a row, batch]
        int[] starts = [.. parts.Select((_, i) => parts[..i].Sum(rows => rows.Length))];
        int round = 0;
        foreach (int[]? rows in Rounds(parts))
        {
            int part = round++ * _ranks.Ranks + _ranks.Rank;
            Carry(rows, own => own == null ? null : (own.Sums * gradient.narrow(1, starts[part], rows!.Length).reshape(-1)).sum());
        }
        return sums;
    }

    // sums and counts of all rows, and collisions where they are asked for, part behind part
    private SequenceScores Scores(int[][] parts)
    {
        List<Tensor> sums = [], counts = [], collisions = [];
        int first = 0, kinds = goal.Sequences(parts[0]).Collisions ? 3 : 2;
        foreach (int[]? rows in Rounds(parts))
        {
            double[] own = rows == null ? Attended() : Scored(rows);
            foreach ((int rank, double[] numbers) in _ranks.Gather(own).Index())
            {
                if (numbers.Length == 0)
                    continue;
                Tensor all = tensor(numbers, ScalarType.Float64).view(kinds, -1, parts[first + rank].Length); // [kinds, sequences of a row, rows]
                sums.Add(all[0].to(ScalarType.Float32, speed.Device));
                counts.Add(all[1].to(ScalarType.Int64, speed.Device));
                if (kinds == 3)
                    collisions.Add(all[2].to(speed.Device));
            }
            first += _ranks.Ranks;
        }
        return new(cat(sums, 1).flatten(), cat(counts, 1).flatten()) { Collisions = collisions.Count == 0 ? null : cat(collisions, 1).flatten() };

        double[] Scored(int[] rows)
        {
            using var scope = NewDisposeScope();
            (DecoderPath path, Func<Tensor, SequenceScores> score) = SequenceScoring.PathOf(model, goal.Sequences(rows), speed.Device);
            return weights.Score(path, hidden => Numbers(score(hidden)))!;
        }

        double[] Attended() => weights.Score<double[]>(null, _ => []) ?? [];
    }

    private static double[] Numbers(SequenceScores scores) =>
        [.. new[] { scores.Sums, scores.Counts, scores.Collisions }.OfType<Tensor>().SelectMany(values => values.to(ScalarType.Float64).cpu().data<double>().ToArray())];

    // from a loss of some rows' scores to the shares; a rank without rows attends
    private void Carry(int[]? rows, Func<SequenceScores?, Tensor?> loss)
    {
        using var scope = NewDisposeScope();
        if (rows == null)
        {
            weights.Attend(() => loss(null));
            return;
        }
        (DecoderPath path, Func<Tensor, SequenceScores> score) = SequenceScoring.PathOf(model, goal.Sequences(rows), speed.Device);
        _walk.Run([new(path, hidden => loss(score(hidden))!)]);
    }
}
