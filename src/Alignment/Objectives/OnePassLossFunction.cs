using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Objectives;

/// <summary>The autograd node of <see cref="OnePassLoss"/>: a result and the policy's two sums in, losses out.</summary>
internal sealed class OnePassLossFunction : SingleTensorFunction<OnePassLossFunction>
{
    public override string Name => nameof(OnePassLoss);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        var result = (OnePassResult)vars[0];
        ctx.save_data("result", result);
        return result.Place(result.Losses);
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        var result = (OnePassResult)ctx.get_data("result");
        double[] outer = PairColumns.Numbers(grad_output);
        return [null!, Times(result.ByChosen), Times(result.ByRejected)];

        Tensor Times(double[] slopes) => result.Place([.. slopes.Zip(outer, (slope, by) => slope * by)]);
    }
}
