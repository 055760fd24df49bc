using Alignment.Bench.Measuring;
using Alignment.Data.World;

namespace Alignment.Bench.Inputs;

/// <summary>Responses of the embedded world.</summary>
internal sealed record TextSet(int Texts) : IBenchmarkSize
{
    public Work Of(string method) => new(Tokens: Create().Sum(text => EmbeddedWorld.Tokenizer.Text.EncodeToIds(text).Count));

    /// <summary>The texts, the same at every call.</summary>
    public string[] Create() => [.. EmbeddedWorld.TrainingPairs(1, Texts).Select(pair => pair.Chosen)];

    public override string ToString() => FormattableString.Invariant($"{Texts} texts");
}
