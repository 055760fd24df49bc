using Alignment.Data;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class ReferenceKeyTests
{
    private static readonly TokenizedPair s_pair = new("a:1", [1, 2], [3, 4], [5], false, false);

    [Test]
    public void Equal_content_has_equal_digits()
    {
        string key = Key();
        Assert.That(Key(), Is.EqualTo(key));
        Assert.That(key, Does.Match("^[0-9a-f]{20}$"));
    }

    [Test]
    public void Digits_stay() => Assert.That(Key(bias: true), Is.EqualTo("a1d284ae763eaec6a93d"), "what is stored is found again");

    // each differs from the first, and from the others
    [Test]
    public void Weights_names_shapes_types_and_every_part_of_a_pair_count()
    {
        string[] keys =
        [
            Key(),
            Key(weight: 2),
            Key(width: 4, rows: 1),
            Key(width: 1, rows: 4),
            Key(type: ScalarType.BFloat16),
            Key(bias: true),
            Key(pairs: []),
            Key(pairs: [s_pair, s_pair]),
            Key(pairs: [s_pair with { Source = "a:2" }]),
            Key(pairs: [s_pair with { Prompt = [1] }]),
            Key(pairs: [s_pair with { Prompt = [1, 3] }]),
            Key(pairs: [s_pair with { Chosen = [3] }]),
            Key(pairs: [s_pair with { Rejected = [6] }]),
            Key(pairs: [s_pair with { Chosen = [3], Rejected = [4, 5] }]),
            Key(pairs: [s_pair with { Chosen = s_pair.Rejected, Rejected = s_pair.Chosen }]),
        ];
        Assert.That(keys, Is.Unique);
    }

    [Test]
    public void Parameters_count_by_name_whatever_their_order()
    {
        using Linear one = Filled(2, 2, ScalarType.Float32, 1, bias: false), other = Filled(2, 2, ScalarType.Float32, 2, bias: false);
        using var forward = new Named(("a", one), ("b", other));
        using var backward = new Named(("b", other), ("a", one));
        using var swapped = new Named(("a", other), ("b", one));
        Assert.That(ReferenceKey.Of(backward, [s_pair]), Is.EqualTo(ReferenceKey.Of(forward, [s_pair])));
        Assert.That(ReferenceKey.Of(swapped, [s_pair]), Is.Not.EqualTo(ReferenceKey.Of(forward, [s_pair])));
    }

    private static string Key(long width = 2, long rows = 2, double weight = 1, ScalarType type = ScalarType.Float32, bool bias = false, TokenizedPair[]? pairs = null)
    {
        using Linear module = Filled(width, rows, type, weight, bias);
        return ReferenceKey.Of(module, pairs ?? [s_pair]);
    }

    private static Linear Filled(long width, long rows, ScalarType type, double weight, bool bias)
    {
        Linear linear = nn.Linear(width, rows, hasBias: bias, dtype: type);
        using IDisposable noGrad = no_grad();
        foreach (Tensor parameter in linear.parameters())
            parameter.fill_(weight);
        return linear;
    }

    private sealed class Named : nn.Module
    {
        public Named(params (string Name, nn.Module Module)[] modules) : base(nameof(Named))
        {
            foreach ((string name, nn.Module module) in modules)
                register_module(name, module);
        }
    }
}
