using System.Globalization;
using Alignment.Distributed;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// A model's weights, shared between ranks: of each part (embedding, blocks, head) the whole is there while a <see cref="BlockWalk"/> uses it, and what the walk
/// leaves on its parameters is summed over the ranks and shared, too.
/// </summary>
internal sealed class ShardedWeights : IPartWeights, IDisposable
{
    private const string Embedding = "model.embed_tokens.", Layers = "model.layers.";
    private readonly ShardedPart?[] _trained, _frozen; // [blocks + 2]
    private readonly string[] _order;
    private readonly bool _tied;

    /// <summary>Takes the model's parameters over: they are empty outside of walks until <see cref="GiveBack"/>.</summary>
    public ShardedWeights(ILanguageModel model, ICollectives ranks)
    {
        int parts = model.Shape.Layers + 2;
        _tied = model.Module.named_parameters().All(item => !item.name.StartsWith("lm_head.", StringComparison.Ordinal));
        IReadOnlyDictionary<string, Tensor> trained = model.Trained;
        _order = [.. trained.Keys];
        _trained = Parts(trained.Select(item => (item.Key, item.Value)));
        _frozen = Parts(model.Module.named_parameters().Where(item => !trained.ContainsKey(item.name)).Select(item => (item.name, (Tensor)item.parameter)));

        ShardedPart?[] Parts(IEnumerable<(string Name, Tensor Parameter)> parameters)
        {
            ILookup<int, (string, Tensor)> byPart = parameters.ToLookup(item => PartOf(item.Name, parts), item => item);
            return [.. Enumerable.Range(0, parts).Select(part => byPart.Contains(part) ? new ShardedPart([.. byPart[part]], ranks) : null)];
        }
    }

    private int Head => _trained.Length - 1;

    private IEnumerable<ShardedPart> Trained => _trained.OfType<ShardedPart>();

    /// <summary>What this rank steps: a piece of each trained parameter, in the model's order.</summary>
    public IReadOnlyList<ShardedPiece> Pieces() => InOrder(Trained.SelectMany(part => part.Pieces()), piece => piece.Name);

    /// <summary>Lays the pieces' gradients, zero at first, on what the optimiser steps; each <see cref="After"/> adds to them.</summary>
    public void LayGradients(IReadOnlyList<ShardedPiece> pieces)
    {
        Dictionary<string, Tensor> gradients = Trained.SelectMany(part => part.Pieces().Zip(part.Gradients(), (piece, gradient) => (piece.Name, gradient))).ToDictionary();
        foreach (ShardedPiece piece in pieces)
            (piece.Master ?? piece.Weight).grad = gradients[piece.Name];
    }

    /// <summary>The norm of the whole gradient.</summary>
    public double GradientNorm()
    {
        using var scope = NewDisposeScope();
        return Kernels.Optimiser.GradientNorm.OfNorms([.. InOrder(Trained.SelectMany(part => part.Norms()), item => item.Name).Select(item => item.Norm)]);
    }

    /// <summary>After a step: the weights are the masters rounded.</summary>
    public void Round()
    {
        foreach (ShardedPart part in Trained)
            part.Round();
    }

    /// <inheritdoc/>
    public void Before(int part, WalkDirection direction)
    {
        foreach (ShardedPart used in Used(part))
            used.Fetch();
    }

    /// <inheritdoc/>
    public void After(int part, WalkDirection direction)
    {
        foreach (ShardedPart used in Used(part))
            used.Release(); // before the gradients are laid side by side: both are as large as the part
        if (direction == WalkDirection.Backward)
            _trained[part]?.Reduce();
    }

    /// <summary>What a walk of the other ranks needs of one that has no rows for it.</summary>
    /// <param name="atHead">What the others do with all ranks while they are at the loss.</param>
    public void Attend(Action atHead)
    {
        for (int part = 0; part < Head; part++)
            Pass(part, WalkDirection.Forward);
        Before(Head, WalkDirection.Backward);
        atHead();
        After(Head, WalkDirection.Backward);
        for (int part = Head - 1; part >= 0; part--)
            if (part > 0 || _trained[0] != null)
                Pass(part, WalkDirection.Backward);
    }

    /// <summary>Scores without a gradient, or attends where there is nothing to score.</summary>
    public T? Score<T>(DecoderPath? path, Func<Tensor, T> score) where T : class
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor? hidden = null;
        for (int part = 0; part < Head; part++)
        {
            Before(part, WalkDirection.Forward);
            Tensor? next = path is null ? null : part == 0 ? path.Embed() : path.Block(part - 1, hidden!);
            hidden?.Dispose();
            hidden = next;
            After(part, WalkDirection.Forward);
        }

        Before(Head, WalkDirection.Forward);
        T? scored = path is null ? null : score(path.End(hidden!));
        After(Head, WalkDirection.Forward);
        return scored;
    }

    /// <summary>Gives the model its parameters back, whole on every rank, and frees the shares.</summary>
    public void GiveBack()
    {
        foreach (ShardedPart part in Trained.Concat(_frozen.OfType<ShardedPart>()))
            part.GiveBack();
    }

    /// <summary>Frees the shares.</summary>
    public void Dispose()
    {
        foreach (ShardedPart part in Trained.Concat(_frozen.OfType<ShardedPart>()))
            part.Dispose();
    }

    private void Pass(int part, WalkDirection direction)
    {
        Before(part, direction);
        After(part, direction);
    }

    // where the head is the embedding, it is used with both
    private IEnumerable<ShardedPart> Used(int part) =>
        new[] { _trained[part], _frozen[part], part == Head && _tied ? _trained[0] : null, part == Head && _tied ? _frozen[0] : null }.OfType<ShardedPart>();

    private IReadOnlyList<T> InOrder<T>(IEnumerable<T> items, Func<T, string> name)
    {
        Dictionary<string, T> byName = items.ToDictionary(name);
        return [.. _order.Select(key => byName[key])];
    }

    private static int PartOf(string name, int parts)
    {
        if (name.StartsWith(Embedding, StringComparison.Ordinal))
            return 0;
        return name.StartsWith(Layers, StringComparison.Ordinal)
            ? 1 + int.Parse(name[Layers.Length..name.IndexOf('.', Layers.Length)], CultureInfo.InvariantCulture) : parts - 1;
    }
}
