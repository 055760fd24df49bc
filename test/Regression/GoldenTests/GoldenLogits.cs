using System.Text.RegularExpressions;
using Alignment.Kernels.Attention;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>
/// expected_logits.safetensors. A tensor is called [variant.]side.logits: the variant is a configuration or a precision, the side the padding. float32
/// logits are also computed by cached decoding and in a packed batch.
/// </summary>
internal static partial class GoldenLogits
{
    private const string File = "expected_logits.safetensors";

    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        GoldenTensors expected = folder.Tensors(File);
        foreach (string name in expected.Names.Where(name => !GoldenLongRope.Compares(name)).Order(StringComparer.Ordinal))
            Check(folder, tally, name, expected);
        foreach (string name in folder.Tensors("inputs.safetensors").Names.Where(name => name.EndsWith(".position_ids", StringComparison.Ordinal)))
        {
            string side = name[..^".position_ids".Length];
            folder.Rows.Compare(tally, name, (DecoderPass.Positions(folder.Rows.Mask(side)), folder.Tensors("inputs.safetensors")[name]), side, new(0, 0));
        }
        if (folder.Expected.Find("pad_id_used") is { } pad)
            Padding(folder, tally, pad.Whole);
    }

    private static void Check(GoldenFolder folder, GoldenTally tally, string name, GoldenTensors expected)
    {
        if (Name().Match(name) is not { Success: true } parts)
            throw new NotSupportedException($"{folder.Name}/{File} has {name}, whose name no test here understands");
        (string variant, string side) = (parts.Groups["variant"].Value, parts.Groups["side"].Value);
        using var scope = NewDisposeScope();
        using Decoder model = Model(folder, variant);
        if (variant == "bf16compute")
        {
            Narrow(folder, tally, (folder.Rows.Logits(model, side), ""), (side, expected));
            Narrow(folder, tally, (GoldenPaths.Cached(model, folder.Rows, side), ", token by token"), (side, expected));
            Narrow(folder, tally, (GoldenPaths.Packed(model, folder.Rows, side), ", packed"), (side, expected));
            foreach ((string path, IVariableLengthOperator attention) in GoldenPaths.OfGpu(model))
                Narrow(folder, tally, (GoldenPaths.Packed(model, folder.Rows, side, attention), path), (side, expected));
            return;
        }
        folder.Rows.Compare(tally, name, (folder.Rows.Logits(model, side), expected[name]), side, GoldenTolerances.ModelLogits);
        if (variant.Length > 0)
            return;
        folder.Rows.Compare(tally, name + ", token by token", (GoldenPaths.Cached(model, folder.Rows, side), expected[name]), side, GoldenTolerances.ModelLogits);
        folder.Rows.Compare(tally, name + ", packed", (GoldenPaths.Packed(model, folder.Rows, side), expected[name]), side, GoldenTolerances.ModelLogits);
        foreach ((string path, IVariableLengthOperator attention) in GoldenPaths.OfGpu(model))
            folder.Rows.Compare(tally, name + path, (GoldenPaths.Packed(model, folder.Rows, side, attention), expected[name]), side, GoldenTolerances.ModelLogits);
    }

    private static Decoder Model(GoldenFolder folder, string variant) => variant switch
    {
        "" or "bf16weights" => folder.Load(),
        "bf16compute" => folder.Load(place: Placement.Of(Precision.BFloat16, CPU)),
        "window" => folder.Load(folder.Config("config.window.json")),
        "transformers_5_2_0" => folder.Load(folder.Config() with { WindowRotaryTheta = null }), // which scales layers with a window, too
        _ => throw new NotSupportedException($"{folder.Name}/{File} has logits of \"{variant}\", which no test here computes"),
    };

    // bfloat16 against float32 arithmetic on the same weights, and against the reference in bfloat16
    private static void Narrow(GoldenFolder folder, GoldenTally tally, (Tensor Logits, string Path) found, (string Side, GoldenTensors Tensors) expected)
    {
        string side = expected.Side;
        Tensor wide = expected.Tensors[$"bf16weights.{side}.logits"];
        folder.Rows.Compare(tally, $"bf16compute.{side}{found.Path}, from float32", (found.Logits, wide), side, GoldenTolerances.NarrowLogits);
        folder.Rows.Compare(tally, $"bf16compute.{side}.logits{found.Path}", (found.Logits, expected.Tensors[$"bf16compute.{side}.logits"]), side, GoldenTolerances.NarrowLogitsOfBoth);
        tally.Begin($"mean distance of bfloat16 from float32{found.Path}");
        tally.Close("mean", (found.Logits - wide).abs()[folder.Rows.Mask(side).ne(0)].mean().item<float>(), 0, GoldenTolerances.NarrowMean);
    }

    private static void Padding(GoldenFolder folder, GoldenTally tally, int pad)
    {
        tally.Begin("padding");
        foreach (string side in folder.Tensors("inputs.safetensors").Names.Where(name => name.EndsWith(".input_ids", StringComparison.Ordinal)).Select(name => name[..^".input_ids".Length]))
        {
            long[] ids = folder.Rows.Tokens(side).data<long>().ToArray(), mask = folder.Rows.Mask(side).data<long>().ToArray();
            tally.Same(side, ids.Where((_, i) => mask[i] == 0).Distinct(), mask.Contains(0) ? [(long)pad] : []);
        }
    }

    [GeneratedRegex(@"^((?<variant>\w+)\.)?(?<side>right|left)\.logits$")]
    private static partial Regex Name();
}
