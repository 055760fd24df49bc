using Alignment.Distributed;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// Parameters that are used together, laid one behind the other and cut into a share for each rank (ZeRO stage 3: Rajbhandari et al. 2020, arXiv 1910.02054).
/// A rank keeps its share of weights, masters and gradients; the parameters themselves are there between <see cref="Fetch"/> and <see cref="Release"/> only.
/// </summary>
internal sealed class ShardedPart : IDisposable
{
    // parameters and shares begin at its multiples: kernels that take numbers in groups then take a share's in the groups of the whole parameter
    private const long Group = 64;

    private readonly ICollectives _ranks;
    private readonly Slot[] _slots;
    private readonly long _share;
    private readonly Tensor _weights, _master, _nothing; // [share]; the master of float32 weights is these themselves
    private Tensor? _whole, _gradient; // [ranks · share] while fetched; [share] float32

    /// <summary>Takes the parameters' numbers over; the parameters are empty afterwards.</summary>
    /// <param name="parameters">Of one dtype and device, contiguous.</param>
    /// <param name="ranks">Who shares them; each has the same numbers.</param>
    public ShardedPart(IReadOnlyList<(string Name, Tensor Parameter)> parameters, ICollectives ranks)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        _ranks = ranks;
        _slots = new Slot[parameters.Count];
        long end = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            (string name, Tensor parameter) = parameters[i];
            _slots[i] = new(name, parameter, parameter.shape, end, parameter.numel());
            end += RoundedUp(_slots[i].Count, Group);
        }

        _share = RoundedUp(end, Group * ranks.Ranks) / ranks.Ranks;
        Tensor like = parameters[0].Parameter;
        _weights = zeros(_share, like.dtype, like.device).DetachFromDisposeScope();
        _nothing = zeros(0, like.dtype, like.device).DetachFromDisposeScope();
        foreach (Slot slot in _slots)
        {
            (long from, long count, long at) = Own(slot);
            if (count > 0)
                _weights.narrow(0, at, count).copy_(slot.Parameter.view(-1).narrow(0, from, count));
            Aten.Point(slot.Parameter, _nothing);
        }

        _master = like.dtype == ScalarType.Float32 ? _weights : _weights.to(ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <summary>What this rank steps: a piece of each parameter, float32, of no number where the rank has none of it.</summary>
    public IEnumerable<ShardedPiece> Pieces() => _slots.Select(slot =>
    {
        (long from, long count, long at) = Own(slot);
        return new ShardedPiece(slot.Name, from, _weights.narrow(0, at, count), ReferenceEquals(_master, _weights) ? null : _master.narrow(0, at, count));
    });

    /// <summary>The gradient of each piece, in the order of <see cref="Pieces"/>, set to zero.</summary>
    public IEnumerable<Tensor> Gradients()
    {
        _gradient ??= empty(_share, ScalarType.Float32, _weights.device).DetachFromDisposeScope();
        _gradient.zero_();
        return _slots.Select(slot => Own(slot) is var (_, count, at) ? _gradient.narrow(0, at, count) : throw new InvalidOperationException());
    }

    /// <summary>Rounds the masters to the weights.</summary>
    public void Round()
    {
        using IDisposable noGrad = no_grad();
        if (!ReferenceEquals(_master, _weights))
            _weights.copy_(_master);
    }

    /// <summary>Puts the parameters in place, from the shares of all ranks.</summary>
    public void Fetch()
    {
        if (_whole is not null)
            return;
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        _whole = empty(_share * _ranks.Ranks, _weights.dtype, _weights.device).DetachFromDisposeScope();
        _ranks.AllGather(_weights, _whole);
        foreach (Slot slot in _slots)
            Aten.Point(slot.Parameter, slot.Of(_whole));
    }

    /// <summary>Takes the parameters away.</summary>
    public void Release()
    {
        using IDisposable noGrad = no_grad();
        if (_whole is null)
            return;
        foreach (Slot slot in _slots)
            Aten.Point(slot.Parameter, _nothing);
        _whole.Dispose();
        _whole = null;
    }

    /// <summary>Moves what lies on the parameters of all ranks to the gradients of the shares: rank 0's is added first.</summary>
    public void Reduce()
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor all = zeros(_share * _ranks.Ranks, ScalarType.Float32, _weights.device);
        foreach (Slot slot in _slots)
        {
            if (slot.Parameter.grad is not { } gradient)
                continue;
            slot.Of(all).copy_(gradient);
            slot.Parameter.grad = null;
        }
        _ranks.ReduceScatter(all, _gradient!);
    }

    /// <summary>The norm of each parameter's whole gradient, a scalar, with the bits of one rank that has it.</summary>
    public IEnumerable<(string Name, Tensor Norm)> Norms()
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor all = empty(_share * _ranks.Ranks, ScalarType.Float32, _weights.device);
        _ranks.AllGather(_gradient!, all);
        return [.. _slots.Select(slot => (slot.Name, slot.Of(all).norm().MoveToOuterDisposeScope()))];
    }

    /// <summary>Gives the parameters back for good, whole on every rank, and frees the shares.</summary>
    public void GiveBack()
    {
        Round();
        _gradient?.Dispose();
        Fetch();
        Dispose(); // the parameters hold the storage of the whole now
    }

    /// <summary>Frees the shares.</summary>
    public void Dispose()
    {
        foreach (Tensor? tensor in new[] { _weights, _master, _nothing, _whole, _gradient })
            tensor?.Dispose();
    }

    // this rank's piece of a parameter: where it begins in it, how long it is, where it begins in the share
    private (long From, long Count, long At) Own(Slot slot)
    {
        long begin = _ranks.Rank * _share, from = Math.Clamp(begin - slot.Start, 0, slot.Count), to = Math.Clamp(begin + _share - slot.Start, 0, slot.Count);
        return (from, to - from, to > from ? slot.Start + from - begin : 0);
    }

    private static long RoundedUp(long count, long multiple) => (count + multiple - 1) / multiple * multiple;

    private sealed record Slot(string Name, Tensor Parameter, long[] Shape, long Start, long Count)
    {
        public Tensor Of(Tensor whole) => whole.narrow(0, Start, Count).view(Shape);
    }
}

/// <summary>A rank's piece of a parameter.</summary>
/// <param name="Name">The parameter's.</param>
/// <param name="From">Where it begins in the flattened parameter.</param>
/// <param name="Weight">[count], the model's dtype.</param>
/// <param name="Master">[count] float32; null where the weight is float32, and its own master.</param>
internal sealed record ShardedPiece(string Name, long From, Tensor Weight, Tensor? Master)
{
    /// <summary>Its name in a checkpoint.</summary>
    public string Key(string prefix = "") => CheckpointPieces.Key(prefix + Name, From);
}
