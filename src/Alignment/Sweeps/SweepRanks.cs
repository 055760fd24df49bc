using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>A sweep on several ranks: rank 0 goes through it, the others follow.</summary>
internal sealed partial class Sweep
{
    /// <summary>Of a rank other than 0, in place of everything else: does what rank 0 asks for until that calls <see cref="EndRanks"/>.</summary>
    public void Follow(CancellationToken cancel) => _ranks.Follow(cancel);

    /// <summary>Lets the other ranks go.</summary>
    public void EndRanks() => _ranks.End();

    /// <summary>What is stored of a point by the first judge, or why it failed, or neither.</summary>
    public (StoredRun? Run, string? Error) Find(GridPoint point)
    {
        StoredRun? run = Stored(point).Run;
        bool known = Grid.IsBeforeMethods(point) || Grid.SftPoints(_recipe).All(start => Stored(start).Run != null);
        return (run, run != null || !known ? null : _store.Error(_identity.Value.Of(point, Grid.IsBeforeMethods(point) ? null : SftWinner(CancellationToken.None).Weights).Run));
    }
}
