using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>FlashAttention-2 (Dao 2023, arXiv 2307.08691) for sequences of different lengths: bfloat16 and float16, grouped heads, windows.</summary>
internal sealed class FlashOperator : IVariableLengthOperator
{
    private FlashOperator()
    {
    }

    public static FlashOperator Instance { get; } = new();

    public bool ServesGroups => true;

    public VariableLengthOutput Forward(QueryKeyValue inputs, PackedLayout layout)
    {
        // output, log-normalisers, the two numbers of dropout, and a mask for debugging, which is empty
        Tensor[] results = Tensors("aten::_flash_attention_forward", 5, Argument(inputs.Query), Argument(inputs.Key), Argument(inputs.Value),
            Optional(Argument(layout.QueryStarts)), Optional(Argument(layout.KeyStarts)), Argument(layout.MostQueries), Argument(layout.MostKeys),
            Argument(0.0), Argument(true), Argument(false), None, Left(layout), Right(layout), None, None);
        results[4].Dispose();
        return new(results[0], results[1..4]);
    }

    public QueryKeyValue Backward(QueryKeyValue inputs, VariableLengthOutput output, Tensor gradient, PackedLayout layout)
    {
        Tensor[] results = Tensors("aten::_flash_attention_backward", 3, Argument(gradient), Argument(inputs.Query), Argument(inputs.Key), Argument(inputs.Value),
            Argument(output.Mixed), Argument(output.Kept[0]), Argument(layout.QueryStarts), Argument(layout.KeyStarts), Argument(layout.MostQueries),
            Argument(layout.MostKeys), Argument(0.0), Argument(true), Argument(output.Kept[1]), Argument(output.Kept[2]), None, Left(layout), Right(layout));
        return new(results[0], results[1], results[2]);
    }

    // keys before a token's own that it sees, the last of its keys being its own
    private static ulong Left(PackedLayout layout) => layout.Window is { } window ? Optional(Argument(window - 1)) : None;

    private static ulong Right(PackedLayout layout) => layout.Window is null ? None : Optional(Argument(0L));
}
