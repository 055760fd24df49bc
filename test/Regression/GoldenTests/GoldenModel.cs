using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>A golden model folder's rows, and their comparison where the attention mask is 1.</summary>
internal sealed class GoldenModel(GoldenTensors inputs)
{
    /// <summary>The rows of a folder of the first set.</summary>
    public GoldenModel(string folder)
        : this(GoldenTensors.Read(folder, "inputs.safetensors"))
    {
    }

    /// <summary>[rows, length] ids, padded on that side.</summary>
    public Tensor Tokens(string side) => inputs[side + ".input_ids"];

    /// <summary>[rows, length], 1 = real token.</summary>
    public Tensor Mask(string side) => inputs[side + ".attention_mask"];

    /// <summary>[rows, length, vocabulary], without gradients.</summary>
    public Tensor Logits(Decoder model, string side)
    {
        using IDisposable noGrad = no_grad();
        return ((ILanguageModel)model).Logits(model.HiddenStates(Tokens(side), Mask(side))).to(ScalarType.Float32);
    }

    /// <summary>The ids of a row without its padding.</summary>
    public int[] Row(string side, int row)
    {
        long[] ids = Tokens(side)[row].data<long>().ToArray(), mask = Mask(side)[row].data<long>().ToArray();
        return [.. ids.Where((_, i) => mask[i] == 1).Select(id => (int)id)];
    }

    /// <summary>Compares row by row; each is a case.</summary>
    /// <param name="tally">Counts.</param>
    /// <param name="what">Names the cases.</param>
    /// <param name="pair">Each [rows, length] or [rows, length, width].</param>
    /// <param name="side">Which padding.</param>
    /// <param name="tolerance">How far a number may be off.</param>
    public void Compare(GoldenTally tally, string what, (Tensor Found, Tensor Expected) pair, string side, Tolerance tolerance)
    {
        for (int row = 0; row < pair.Expected.shape[0]; row++)
        {
            tally.Begin($"{what}, row {row}");
            Tensor real = Mask(side)[row].nonzero().squeeze(1);
            tally.Close(what, GoldenTally.Numbers(pair.Found[row].index_select(0, real)), GoldenTally.Numbers(pair.Expected[row].index_select(0, real)), tolerance);
        }
    }
}
