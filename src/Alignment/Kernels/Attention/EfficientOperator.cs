using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>
/// Memory-efficient attention (Rabe and Staats 2021, arXiv 2112.05682) for sequences of different lengths: float32 too, and no grouped heads.
/// </summary>
internal sealed class EfficientOperator : IVariableLengthOperator
{
    private const long CausalFromTheLastKey = 2;

    // The operator gives four tensors and two lengths, and libtorch 2.10's C ABI takes results of one type alone: it pairs them with the types of the
    // reversed order. So the call is TorchScript's.
    private const string Script = """
        def forward(query, key, value, query_starts, key_starts, most_queries: int, most_keys: int, window: Optional[int]) -> List[Tensor]:
            results = torch._efficient_attention_forward(query, key, value, None, query_starts, key_starts, most_queries, most_keys, 0.0, 2, True, window_size=window)
            return [results[0], results[1], results[2], results[3]]

        """;

    private static readonly Lazy<jit.CompilationUnit> s_script = new(() => jit.compile(Script));

    private EfficientOperator()
    {
    }

    public static EfficientOperator Instance { get; } = new();

    public bool ServesGroups => false;

    public VariableLengthOutput Forward(QueryKeyValue inputs, PackedLayout layout)
    {
        using Tensor query = inputs.Query.unsqueeze(0), key = inputs.Key.unsqueeze(0), value = inputs.Value.unsqueeze(0);
        // output, log-normalisers and the two numbers of dropout
        var results = (Tensor[])s_script.Value.invoke("forward", query, key, value, layout.QueryStarts, layout.KeyStarts,
            layout.MostQueries, layout.MostKeys, layout.Window!);
        using Tensor row = results[0];
        return new(row.squeeze(0), results[1..]);
    }

    public QueryKeyValue Backward(QueryKeyValue inputs, VariableLengthOutput output, Tensor gradient, PackedLayout layout)
    {
        Tensor[] results = Tensors("aten::_efficient_attention_backward", 4, Row(gradient), Row(inputs.Query), Row(inputs.Key), Row(inputs.Value), None,
            Row(output.Mixed), Optional(Argument(layout.QueryStarts)), Optional(Argument(layout.KeyStarts)), Argument(layout.MostQueries),
            Argument(layout.MostKeys), Argument(output.Kept[0]), Argument(0.0), Argument(output.Kept[1]), Argument(output.Kept[2]),
            Argument(CausalFromTheLastKey), Argument(false), None, None, Window(layout), Argument(false));
        results[3].Dispose(); // the gradient of a bias that there is not
        return new(Own(results[0]), Own(results[1]), Own(results[2]));
    }

    // all sequences are one row: [1, tokens, heads, headWidth]
    private static ulong Row(Tensor sequences)
    {
        using Tensor row = sequences.unsqueeze(0);
        return Argument(row);
    }

    private static Tensor Own(Tensor row)
    {
        using (row)
            return row.squeeze(0);
    }

    // keys that a token sees, its own included
    private static ulong Window(PackedLayout layout) => layout.Window is { } window ? Optional(Argument(window)) : None;
}
