using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>The numbers of all pairs as one tensor, [pairs]; results belong to the current dispose scope.</summary>
internal readonly record struct TensorNumber(Tensor Value) : IPairNumber<TensorNumber>
{
    public static TensorNumber operator -(TensorNumber x) => new(-x.Value);

    public static TensorNumber operator +(TensorNumber x, TensorNumber y) => new(x.Value + y.Value);

    public static TensorNumber operator -(TensorNumber x, TensorNumber y) => new(x.Value - y.Value);

    public static TensorNumber operator *(TensorNumber x, TensorNumber y) => new(x.Value * y.Value);

    public static TensorNumber operator /(TensorNumber x, TensorNumber y) => new(x.Value / y.Value);

    public static TensorNumber operator +(TensorNumber x, double y) => new(x.Value + y);

    public static TensorNumber operator -(TensorNumber x, double y) => new(x.Value - y);

    public static TensorNumber operator -(double x, TensorNumber y) => new(x - y.Value);

    public static TensorNumber operator *(TensorNumber x, double y) => new(x.Value * y);

    public static TensorNumber operator /(TensorNumber x, double y) => new(x.Value / y);

    public static TensorNumber Sigmoid(TensorNumber x) => new(sigmoid(x.Value));

    public static TensorNumber LogSigmoid(TensorNumber x) => new(nn.functional.logsigmoid(x.Value));

    public static TensorNumber Exp(TensorNumber x) => new(x.Value.exp());

    public static TensorNumber ExpM1(TensorNumber x) => new(x.Value.expm1());

    public static TensorNumber Log(TensorNumber x) => new(x.Value.log());

    public static TensorNumber Square(TensorNumber x) => new(x.Value.square());

    public static TensorNumber Relu(TensorNumber x) => new(x.Value.relu());

    public static TensorNumber AtMost(TensorNumber x, double limit) => new(x.Value.clamp_max(limit));
}
