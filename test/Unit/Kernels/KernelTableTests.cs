using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Alignment.Kernels.Attention;
using Alignment.Kernels.Layers;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels;

/// <summary>The table in src/Alignment/Kernels/README.md is what the code does.</summary>
public partial class KernelTableTests
{
    private const int Entry = 1, When = 3;

    private static readonly string[] s_stories = [.. new[] { typeof(SequenceLogProbs), typeof(PackedAttention), typeof(Linear), typeof(FusedAdamW) }
        .Select(type => type.Namespace!)];

    // a predicate of the table, and calls of its entry on either side
    private static readonly Dictionary<string, Func<Side[]>> s_choices = new()
    {
        ["LogProbRows.Serves"] = () => [LogProbs(ScalarType.Float32), LogProbs(ScalarType.Float64)],
        ["NarrowProduct.Serves"] = () => [Logits(ScalarType.BFloat16), Logits(ScalarType.Float32)],
        ["OneDnn.Serves"] = () => [Product(ScalarType.Float32), Product(ScalarType.Float64)],
        ["TokenProduct.Serves"] = () => [Tokens(1), Tokens(2)],
        ["TokenAttention.Serves"] = () => [Cached(16), Cached(8)],
        ["RotaryRows.Serves"] = () => [Turn(16), Turn(8)],
        ["ShortAttention.Serves"] = () => [Packed(ShortAttention.MostKeys), Packed(ShortAttention.MostKeys + 1)],
        ["KeyHeads.MustRepeat"] = () => [Grouped(2), Grouped(4)],
        ["RmsNormRows.Serves"] = () => [Norm(ScalarType.Float32), Norm(ScalarType.Float64)],
        ["GatedRows.Serves"] = () => [Gate(ScalarType.Float32), Gate(ScalarType.Float64)],
    };

    private static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "../../.."));

    private static string Source { get; } = Path.Combine(Root, "src/Alignment");

    private static string[][] Rows { get; } = [.. Filled(File.ReadLines(Path.Combine(Source, "Kernels/README.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(line => line.Split('|')))];

    private static string[] Names { get; } = [.. Rows.SelectMany(row => row).SelectMany(Code).Distinct()];

    private static IEnumerable<string> Choices => s_choices.Keys;

    [Test]
    public void Every_type_and_member_of_the_table_is_there() => Assert.That(
        from name in Names
        where char.IsUpper(name[0]) && !name.EndsWith("Bench", StringComparison.Ordinal)
        let parts = name.Split('.')
        let types = Types().Where(type => type.Name == parts[0])
        where !types.Any() || (parts.Length == 2 && !types.Any(type => type.GetMember(parts[1], BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance).Length > 0))
        select name, Is.Empty);

    [Test]
    public void Every_operator_of_the_table_is_called() => Assert.That(
        Names.Where(name => name.StartsWith("aten::", StringComparison.Ordinal) && !Sources().Any(file => File.ReadAllText(file).Contains($"\"{name}", StringComparison.Ordinal))), Is.Empty);

    [Test]
    public void Every_benchmark_of_the_table_is_there() => Assert.That(
        Names.Where(name => name.EndsWith("Bench", StringComparison.Ordinal) && !(File.Exists(Bench(name)) && File.ReadAllText(Bench(name)).Contains($"class {name}\n", StringComparison.Ordinal))),
        Is.Empty);

    [Test]
    public void Every_entry_of_the_four_stories_is_in_the_table() => Assert.That(
        from type in Types()
        where type.IsPublic && s_stories.Contains(type.Namespace)
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where method.GetParameters().Any(parameter => parameter.ParameterType == typeof(Tensor)) && !method.Name.StartsWith("op_", StringComparison.Ordinal)
        let name = $"{type.Name}.{method.Name}"
        where !Names.Contains(name)
        select name, Is.Empty);

    [Test]
    public void Every_choice_is_in_the_table_and_has_a_case_here()
    {
        string[] written = [.. Rows.SelectMany(row => Code(row[When])).Distinct().Order(StringComparer.Ordinal)];
        Assert.That(Choices.Order(StringComparer.Ordinal), Is.EqualTo(written));
        Assert.That(Types().Where(type => s_stories.Contains(type.Namespace) && type.GetMethod("Serves") is not null).Select(type => type.Name + ".Serves"), Is.SubsetOf(written));
    }

    [TestCaseSource(nameof(Choices))]
    public void A_choice_is_made_by_its_entries_alone(string choice)
    {
        string[] entries = [.. Rows.Where(row => Code(row[When]).Contains(choice)).SelectMany(row => Code(row[Entry])).Select(name => name.Split('.')[0])];
        string[] files = [.. Sources().Where(file => File.ReadAllText(file).Contains(choice + "(", StringComparison.Ordinal))];
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.Where(file => !entries.Any(entry => Regex.IsMatch(File.ReadAllText(file), $@"\b(class|record) {entry}\b"))), Is.Empty);
    }

    [TestCaseSource(nameof(Choices))]
    public void On_either_side_of_a_choice_its_own_kernel_runs(string choice)
    {
        using var scope = NewDisposeScope();
        Side[] sides = s_choices[choice]();
        foreach (Side side in sides)
        {
            Assert.That(side.Served, Is.EqualTo(side.Wanted));
            Assert.That(side.Actual.equal(side.OfKernel).all().item<bool>(), "the numbers of the kernel, bit for bit");
        }
        if (Simd.Fast && choice != "OneDnn.Serves") // which a processor decides, too
            Assert.That(sides.Select(side => side.Served), Is.EqualTo(new[] { true, false }));
    }

    private static Side LogProbs(ScalarType type)
    {
        (Tensor rows, Tensor head, Tensor targets) = (Ramp(3, 4).to(type), Ramp(5, 4).to(type), tensor(new long[] { 0, 4, 2 }));
        using var buffer = NewDisposeScope();
        Tensor logits = new LogitBuffer(rows, head, 15).Fill(new(0, 3, 0, 5));
        var sums = new TokenSums(empty(3, type), full(3, double.NegativeInfinity, ScalarType.Float64));
        bool wide = type == ScalarType.Float64;
        (wide || !Simd.Fast ? PlainLogProbRows.Passes : LogProbRows.Passes).Add(logits, targets, 0, sums);
        return new(LogProbRows.Serves(logits), Simd.Fast && !wide, buffer.MoveToOuter(ChunkedLogProbs.Of(rows, head, targets)), buffer.MoveToOuter(sums.LogProbs()));
    }

    private static Side Logits(ScalarType type)
    {
        (Tensor rows, Tensor head) = (Ramp(3, 4).to(type), Ramp(5, 4).to(type));
        bool wanted = type == ScalarType.BFloat16;
        Tensor kernel = wanted ? NarrowProduct.Of(rows, head) : OneDnn.Serves(rows) ? OneDnn.Product(rows, head) : rows.mm(head.t());
        return new(NarrowProduct.Serves(rows), wanted, new LogitBuffer(rows, head, 15).Fill(new(0, 3, 0, 5)), kernel);
    }

    private static Side Product(ScalarType type)
    {
        (Tensor x, Tensor weight) = (Ramp(3, 4).to(type), Ramp(5, 4).to(type));
        bool served = OneDnn.Serves(x);
        return new(served, served && type == ScalarType.Float32, Linear.Of(x, weight), served ? OneDnn.Product(x, weight) : nn.functional.linear(x, weight));
    }

    private static Side Tokens(long length)
    {
        (Tensor x, Tensor weight) = (Ramp(3, length, 16), Ramp(5, 16));
        using IDisposable noGrad = no_grad();
        bool served = TokenProduct.Serves(x, weight);
        return new(served, Simd.Fast && length == 1, Linear.Of(x, weight),
            served ? TokenProduct.Of(x, weight, null) : OneDnn.Serves(x) ? OneDnn.Product(x, weight) : nn.functional.linear(x, weight));
    }

    private static Side Cached(long width)
    {
        (Tensor query, Tensor key, var mask) = (Ramp(2, 4, 1, width), Ramp(2, 2, 3, width), new AttentionMask { Bias = zeros(2, 1, 1, 3) });
        using IDisposable noGrad = no_grad();
        bool served = TokenAttention.Serves(query, key, mask);
        Tensor kernel = served ? TokenAttention.Of(query, key, key, mask.Bias!) : ScaledDotProductAttention.Of(query.reshape(2, 2, 2, width), key, key, mask);
        return new(served, Simd.Fast && width == 16, ScaledDotProductAttention.OfToken(query, key, key, mask), kernel.view(2, 2, 2, width));
    }

    private static Side Turn(long width)
    {
        (Tensor heads, Tensor angles) = (Ramp(1, 3, 2, width), Ramp(1, 3, 1, width));
        bool wanted = Simd.Fast && width == 16;
        Tensor kernel = wanted ? RotaryRows.Forward(heads, angles, angles) : RotaryTurn.Plain(heads, angles, angles);
        return new(RotaryRows.Serves(heads, angles), wanted, RotaryTurn.Of(heads, angles, angles), kernel);
    }

    private static Side Packed(long tokens)
    {
        Tensor one = Ramp(1, 2, tokens, 4);
        PackedSpan[] spans = [new(0, tokens)];
        bool wanted = Simd.Fast && tokens <= ShortAttention.MostKeys;
        Tensor kernel = wanted ? ShortAttentionFunction.Of(one, one, one, PackedMasks.Of(spans, null, one))
            : PackedAttentionFunction.Of(one, one, one, PackedMasks.Long(spans, null, one));
        return new(ShortAttention.Serves(spans, one), wanted, PackedAttention.Of(one, one, one, PackedMasks.Of(spans, null, one)), kernel);
    }

    private static Side Grouped(long keyHeads)
    {
        (Tensor query, Tensor key) = (Ramp(1, 4, 3, 8), Ramp(1, keyHeads, 3, 8));
        Tensor repeated = key.repeat_interleave(4 / keyHeads, 1), kernel = nn.functional.scaled_dot_product_attention(query, repeated, repeated);
        return new(KeyHeads.MustRepeat(query, key, new()), keyHeads < 4, ScaledDotProductAttention.Of(query, key, key, new()), kernel);
    }

    private static Side Norm(ScalarType type)
    {
        (Tensor x, Tensor weight) = (Ramp(3, 20).to(type), Ramp(20).to(type));
        bool wanted = Simd.Fast && type == ScalarType.Float32;
        Tensor kernel = wanted ? RmsNormRows.Forward(x, weight, 1e-5)
            : AtenDispatcher.Tensor("aten::rms_norm", AtenDispatcher.Argument(x), AtenDispatcher.Argument([20L]),
                AtenDispatcher.Optional(AtenDispatcher.Argument(weight)), AtenDispatcher.Optional(AtenDispatcher.Argument(1e-5)));
        return new(RmsNormRows.Serves(x, weight), wanted, RmsNorm.Of(x, weight, 1e-5), kernel);
    }

    private static Side Gate(ScalarType type)
    {
        Tensor both = Ramp(3, 40).to(type);
        bool wanted = Simd.Fast && type == ScalarType.Float32;
        Tensor kernel = wanted ? GatedRows.Forward<SiluGate>(both.narrow(1, 0, 20), both.narrow(1, 20, 20)) : SwiGlu.Plain(both);
        return new(GatedRows.Serves(both), wanted, SwiGlu.Of(both), kernel);
    }

    // numbers of both signs
    private static Tensor Ramp(params long[] shape) => arange(shape.Aggregate((a, b) => a * b), ScalarType.Float32).sin().view(shape);

    // blank cells of entries take those of the row above
    private static IEnumerable<string[]> Filled(IEnumerable<string[]> rows)
    {
        string entry = "";
        foreach (string[] row in rows)
        {
            entry = string.IsNullOrWhiteSpace(row[Entry]) ? entry : row[Entry];
            row[Entry] = entry;
            yield return row;
        }
    }

    private static IEnumerable<string> Code(string cell) => Backticks().Matches(cell).Select(match => match.Groups[1].Value);

    private static IEnumerable<Type> Types() => typeof(PackedAttention).Assembly.GetTypes().Where(type => type.Namespace?.StartsWith("Alignment.Kernels.", StringComparison.Ordinal) == true);

    private static string[] Sources() => Directory.GetFiles(Path.Combine(Source, "Kernels"), "*.cs", SearchOption.AllDirectories);

    private static string Bench(string name) => Path.Combine(Root, "bench/Benchmarks", name + ".cs");

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Backticks();

    // what a predicate says, what it must say, what the entry gives, and what the kernel by itself does
    private sealed record Side(bool Served, bool Wanted, Tensor Actual, Tensor OfKernel);
}
