using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>Which kernel computed an attention, how far it lies from the plain twin, and how long it took.</summary>
/// <param name="Layout">How sequences lie.</param>
/// <param name="Type">The numbers' type.</param>
/// <param name="HeadWidth">Of queries, keys and values.</param>
/// <param name="Heads">Of queries.</param>
/// <param name="KeyHeads">Of keys and values.</param>
/// <param name="Kernel">By its operator in libtorch, or our own by its class.</param>
internal sealed record AttentionRow(string Layout, string Type, long HeadWidth, int Heads, int KeyHeads, string Kernel)
{
    /// <summary>The largest difference of the mix of values, the twin computing in float32 with the same rounded numbers.</summary>
    public required double OutputDifference { get; init; }

    /// <summary>The same of the gradients of queries, keys and values.</summary>
    public required double GradientDifference { get; init; }

    /// <summary>The largest of all differences over what its number is allowed: at most 1 where all is well.</summary>
    public required double ShareOfTolerance { get; init; }

    /// <summary>A forward and a backward pass.</summary>
    public required double Milliseconds { get; init; }
}

/// <summary>Attention as training, scoring and sampling ask for it, in every type, width and grouping that models have.</summary>
internal sealed class AttentionSection(CheckSetting setting)
{
    private const string Choice = """
        def forward(query, key, value, bias: Optional[Tensor], causal: bool, grouped: bool) -> int:
            return torch._fused_sdp_choice(query, key, value, bias, 0.0, causal, scale=None, enable_gqa=grouped)

        """;

    private static readonly Lazy<jit.CompilationUnit> s_choice = new(() => jit.compile(Choice));
    private static readonly ScalarType[] s_types = [ScalarType.BFloat16, ScalarType.Float32];
    private static readonly long[] s_widths = [64, 96, 128];
    private static readonly int[] s_sharers = [1, 4]; // query heads that read a key head

    /// <summary>A row for each layout, type, width and grouping.</summary>
    public static object Run(CheckSetting setting)
    {
        var section = new AttentionSection(setting);
        manual_seed(17);
        return new
        {
            rows = (from type in s_types
                    where type == ScalarType.Float32 || setting.Precision == Models.Precision.BFloat16
                    from width in s_widths
                    from sharers in s_sharers
                    from row in section.Rows(type, width, sharers)
                    select row).ToArray(),
        };
    }

    private IEnumerable<AttentionRow> Rows(ScalarType type, long width, int sharers)
    {
        (int heads, int pairs, int prompt, int chosen, int rejected) = setting.Scale.Attention;
        int keyHeads = heads / sharers, whole = prompt + chosen;
        PackedSpan[] spans = [.. Enumerable.Range(0, pairs).Select(pair => (long)pair * (whole + rejected))
            .SelectMany(start => new[] { new PackedSpan(start, whole), new PackedSpan(start + whole, rejected, start, prompt) })];
        yield return Packed(spans, () => Inputs(1, (spans[^1].Start + rejected, spans[^1].Start + rejected)));
        yield return Padded("padded, causal", () => Inputs(pairs, (whole, whole)), _ => new() { Causal = true });
        yield return Padded("one token after a cache", () => Inputs(pairs, (1, whole)), like => new() { Bias = LeftPadding(pairs, whole, like) });

        Tensor[] Inputs(long rows, (long Queries, long Keys) tokens) =>
        [
            randn([rows, heads, tokens.Queries, width], type, setting.Device),
            randn([rows, keyHeads, tokens.Keys, width], type, setting.Device), randn([rows, keyHeads, tokens.Keys, width], type, setting.Device),
        ];
    }

    private AttentionRow Packed(PackedSpan[] spans, Func<Tensor[]> make)
    {
        const string Layout = "packed, shared prompts";
        using var scope = NewDisposeScope();
        Tensor[] inputs = make();
        IVariableLengthOperator? by = VariableLengthOperators.For(inputs[0], inputs[0].shape[3]);
        if (by is null && !setting.OnCpu)
            return Row(Layout, inputs, "none: sequences are padded");
        var masks = PackedMasks.Of(spans, window: null, inputs[0], by);
        string kernel = by switch
        {
            FlashOperator => "_flash_attention_forward",
            EfficientOperator => "_efficient_attention_forward",
            _ => masks.Short ? nameof(ShortAttention) : "_scaled_dot_product_flash_attention_for_cpu",
        };
        return Compared(Row(Layout, inputs, kernel), inputs, x => PackedAttention.Of(x[0], x[1], x[2], masks), x => PackedAttention.Plain(x[0], x[1], x[2], spans));
    }

    private AttentionRow Padded(string layout, Func<Tensor[]> make, Func<Tensor, AttentionMask> mask)
    {
        using var scope = NewDisposeScope();
        Tensor[] inputs = make();
        AttentionMask own = mask(inputs[0]), wide = mask(inputs[0].to(ScalarType.Float32));
        return Compared(Row(layout, inputs, Chosen(inputs, own)), inputs,
            x => ScaledDotProductAttention.Of(x[0], x[1], x[2], own), x => ScaledDotProductAttention.Plain(x[0], x[1], x[2], wide));
    }

    private AttentionRow Compared(AttentionRow row, Tensor[] inputs, Func<Tensor[], Tensor> fast, Func<Tensor[], Tensor> plain)
    {
        // a key's gradient adds up what all that read it send, rounded each
        Near near = Near.Of(inputs[0].dtype), summed = near with { Absolute = 2 * near.Absolute };
        Tensor slope = randn_like(inputs[0]);
        Tensor[] actual = Passes(fast, inputs, slope), expected = Passes(plain, [.. inputs.Select(input => input.to(ScalarType.Float32))], slope.to(ScalarType.Float32));
        (double Largest, double Share)[] gaps = [.. actual.Zip(expected).Select((pair, i) => Gap(pair.First, pair.Second, i == 0 ? near : summed))];
        return row with
        {
            OutputDifference = gaps[0].Largest,
            GradientDifference = gaps[1..].Max(gap => gap.Largest),
            ShareOfTolerance = gaps.Max(gap => gap.Share),
            Milliseconds = 1000 * setting.Seconds(() => Passes(fast, inputs, slope)),
        };
    }

    // the mix of values, then the gradients of query, key and value
    private static Tensor[] Passes(Func<Tensor[], Tensor> attention, Tensor[] inputs, Tensor slope)
    {
        Tensor[] leaves = [.. inputs.Select(input => input.detach().clone().requires_grad_())];
        Tensor mixed = attention(leaves);
        mixed.backward([slope]);
        BackwardFailure.Rethrow();
        return [mixed.detach(), .. leaves.Select(leaf => leaf.grad!)];
    }

    private static (double Largest, double Share) Gap(Tensor actual, Tensor expected, Near near)
    {
        Tensor gap = (actual.to(ScalarType.Float32) - expected).abs();
        return (gap.max().cpu().item<float>(), (gap / (expected.abs() * near.Relative + near.Absolute)).max().cpu().item<float>());
    }

    // what libtorch takes for the call that the product makes
    private static string Chosen(Tensor[] inputs, AttentionMask mask)
    {
        (Tensor query, Tensor key, Tensor value) = (inputs[0].detach().clone().requires_grad_(), inputs[1], inputs[2]);
        if (KeyHeads.MustRepeat(query, key, mask))
            (key, value) = (KeyHeads.Repeated(key, query.shape[1]), KeyHeads.Repeated(value, query.shape[1]));
        var choice = (Scalar)s_choice.Value.invoke("forward", query, key, value, mask.Bias!, mask.Causal, query.shape[1] != key.shape[1]);
        return choice.ToInt64() switch // at::SDPBackend
        {
            0 => "math",
            1 => "flash",
            2 => "memory-efficient",
            3 => "cuDNN",
            var other => $"{other}",
        };
    }

    // row r begins r tokens later than the first
    private static Tensor LeftPadding(int rows, int keys, Tensor like)
    {
        Tensor bias = zeros([rows, 1, 1, keys], like.dtype, like.device);
        for (int row = 1; row < rows; row++)
            bias[row].narrow(2, 0, row).fill_(double.NegativeInfinity);
        return bias;
    }

    private static AttentionRow Row(string layout, Tensor[] inputs, string kernel) =>
        new(layout, $"{inputs[0].dtype}".ToLowerInvariant(), inputs[0].shape[3], (int)inputs[0].shape[1], (int)inputs[1].shape[1], kernel)
        { OutputDifference = 0, GradientDifference = 0, ShareOfTolerance = 0, Milliseconds = 0 };
}
